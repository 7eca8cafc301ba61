"""Whether a camera can be trusted, told by its own signals without any truth, and since when it cannot."""
