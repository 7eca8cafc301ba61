"""Libraries that run a model file on the edge, behind one form."""

from lotwise.cameras.detection.backends.network import LoadNetwork, Network, can_run, load_network
from lotwise.cameras.site.detector import Backend

__all__ = ["Backend", "LoadNetwork", "Network", "can_run", "load_network"]
