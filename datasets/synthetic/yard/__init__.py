"""Furniture on a lot: where it stands and for how long, how it marks the ground, where it shows in a frame."""
