"""What working on cameras side by side costs."""
