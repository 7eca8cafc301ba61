"""Fixtures of the site file's tests."""

from tests.cameras.site.fixtures import lot

__all__ = ["lot"]
