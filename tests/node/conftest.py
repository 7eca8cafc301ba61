"""Fixtures of the node's tests."""

from tests.cameras.fixtures import registry, three
from tests.cameras.site.fixtures import lot

__all__ = ["lot", "registry", "three"]
