"""The speed, memory and accuracy of the node beside Ultralytics; start with ``compare.py``."""
