"""One reader a file: the layouts in which frames and their truth come."""
