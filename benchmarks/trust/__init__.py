"""How well a camera's own signals tell, without labels, how well its slots are read."""
