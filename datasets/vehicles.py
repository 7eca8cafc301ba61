"""Which classes of a detector or of a label file are vehicles."""

VEHICLE_CLASSES = ("car", "bus", "truck", "vehicle")
"""Names as COCO's and most other label sets have them; ``vehicle`` is the one class of Lotwise's own students."""
