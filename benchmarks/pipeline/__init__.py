"""What the stages of a run cost."""
