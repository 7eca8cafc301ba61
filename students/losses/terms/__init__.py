"""The loss terms, one a file."""
