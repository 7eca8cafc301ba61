"""The edge: bundles, the detector and slots. Never imports torch."""
