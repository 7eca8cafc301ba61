"""A camera's app."""

from lotwise.students.federation.flower.deployed_client import client_app as app

__all__ = ["app"]
