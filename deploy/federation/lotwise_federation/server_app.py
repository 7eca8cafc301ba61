"""The server's app."""

from lotwise.students.federation.flower.deployed_server import server_app as app

__all__ = ["app"]
