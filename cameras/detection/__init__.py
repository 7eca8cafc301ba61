"""From a frame to boxes: the detector, the backends that run it, and how far two detectors agree."""
