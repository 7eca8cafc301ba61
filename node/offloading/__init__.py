"""Frames of this node that a stronger neighbour detects, as long as that pays."""
