"""What students invent among furniture, and what they find; start with ``measure.py``."""
