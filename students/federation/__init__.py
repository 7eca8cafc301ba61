"""Cameras learn from each other: methods as pure rounds, and one adapter that runs any of them on Flower."""
