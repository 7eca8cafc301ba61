"""Libraries that run a model file on the edge, behind one form."""

from lotwise.cameras.detection.backends.network import Backend, Network, can_run, load_network

__all__ = ["Backend", "Network", "can_run", "load_network"]
