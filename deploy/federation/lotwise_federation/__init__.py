"""What Flower carries to server and nodes: two names, whose code is installed there."""
