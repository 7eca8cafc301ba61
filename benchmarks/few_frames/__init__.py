"""Students of one to eight frames against the untouched nano; start with ``compare.py``."""
