"""A node that runs for long among faults; start with ``run.py``."""
