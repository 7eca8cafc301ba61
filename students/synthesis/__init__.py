"""Data-free distillation: metadata instead of frames leave the camera, and the student learns from dreams."""
