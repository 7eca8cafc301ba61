"""Fixtures of the tests of cameras."""

from tests.cameras.fixtures import registry, three

__all__ = ["registry", "three"]
