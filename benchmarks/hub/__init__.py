"""What a hub bears."""
