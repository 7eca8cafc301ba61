"""What people decide by button: each action is one value that is shown, changed, noted and changed back."""
