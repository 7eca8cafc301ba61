"""One nano detector per camera, learned from the stored knowledge alone."""
