"""The published table of CNR-EXT, made anew: all its cameras, own students and one for all, beside the figures."""
