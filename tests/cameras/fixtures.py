"""Fixtures that the tests of cameras and of the node share."""

from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from tests.cameras.bundles import add


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "bundles")


@pytest.fixture
def three(registry: Registry, tmp_path: Path) -> tuple[str, str, str]:
    """Identities of three bundles in the registry, oldest first; the first is live."""
    first, second, third = (add(registry, tmp_path, score) for score in (0.9, 0.7, 0.6))
    registry.promote(first)
    return first, second, third
