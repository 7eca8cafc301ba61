"""The edge: sources, view health, detectors, slots, publishing, and the node that runs them. Never imports torch."""
