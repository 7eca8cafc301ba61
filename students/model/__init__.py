"""The student as a network."""
