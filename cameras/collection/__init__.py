"""Frames of running cameras, collected over hours or days to learn from."""
