"""The node judges itself: frames sampled now and then, a verdict of each camera, and frames that are new to it."""
