"""Rollouts: a new recipe goes to one camera, then to groups of nodes, and stops by itself where it is refused."""
