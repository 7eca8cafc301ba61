"""A rendered parking site with exact truth: embedded data for the demo, the tests and the embedded teacher."""

from lotwise.datasets.synthetic.site import read_synthetic, render_site
from lotwise.datasets.synthetic.stream import random_lot_frames

__all__ = ["random_lot_frames", "read_synthetic", "render_site"]
