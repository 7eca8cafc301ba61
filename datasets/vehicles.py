"""Which classes of a detector or of a label file are vehicles, and from which score on a box is reported as one."""

VEHICLE_CLASSES = ("car", "bus", "truck", "vehicle")
"""Names as COCO's and most other label sets have them; ``vehicle`` is the one class of Lotwise's own students."""

DEFAULT_CONFIDENCE = 0.25
"""Score from which on boxes are reported, where a bundle sets no threshold of its own; Ultralytics' default too."""
