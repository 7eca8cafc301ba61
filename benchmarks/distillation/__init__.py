"""Students against what a user would do otherwise; start with ``compare.py``."""
