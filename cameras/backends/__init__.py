"""Libraries that run a model file on the edge, behind one form."""

from cameras.backends.network import Backend, Network, load_network

__all__ = ["Backend", "Network", "load_network"]
