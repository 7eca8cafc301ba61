"""What collected frames show."""
