"""Frames of weaker neighbours that this node detects."""
