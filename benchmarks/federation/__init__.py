"""Cameras that learn from each other, against cameras that learn alone; start with ``compare.py``."""
