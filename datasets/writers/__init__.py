"""Detections written as label files that other tools read."""
