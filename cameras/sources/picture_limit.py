"""How large a picture of a running camera may be. No NumPy here: decoder processes import it too."""

MAX_CAMERA_PIXELS = 40_000_000
"""Pixels above which a camera's picture is refused before it is decoded: an 8K camera has 33 million.

FFmpeg takes about ten bytes for each (measured: 985 MB for a PNG of 9900x9900, a file of 95 KB), and a node decodes
several cameras at once. Files that are read for training may be larger (``image_header.MAX_PIXELS``)."""
