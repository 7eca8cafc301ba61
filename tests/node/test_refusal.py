"""Which refusal a camera tells of: of a bundle that is newer than what runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from lotwise.node.refusal import Refusal, newest_refusal
from tests.cameras.bundles import add


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Of three bundles, exported one after the other; the second is live."""
    made = Registry(tmp_path / "bundles")
    for number, score in enumerate((0.9, 0.8, 0.7)):
        identity = add(made, tmp_path, score)
        os.utime(made.folder / identity / "manifest.json", (1000 + number, 1000 + number))
    made.promote(by_age(made)[1])
    return made


def by_age(registry: Registry) -> list[str]:
    return [version.identity for version in reversed(registry.versions())]


def test_nothing_was_refused(registry: Registry) -> None:
    assert newest_refusal(registry.folder, registry.state()) is None


def test_a_newer_bundle_was_refused(registry: Registry) -> None:
    newest = by_age(registry)[2]
    registry.start_shadow(newest)
    registry.refuse(newest, "sees ghosts")
    assert newest_refusal(registry.folder, registry.state()) == Refusal(newest, "sees ghosts")


def test_a_bundle_that_was_rolled_back(registry: Registry) -> None:
    newest = by_age(registry)[2]
    registry.promote(newest)
    registry.roll_back("misses the far row")
    assert newest_refusal(registry.folder, registry.state()) == Refusal(newest, "misses the far row")


def test_what_was_refused_before_the_live_one_came_is_over(registry: Registry) -> None:
    oldest = by_age(registry)[0]
    registry.start_shadow(oldest)
    registry.refuse(oldest, "sees ghosts")
    assert newest_refusal(registry.folder, registry.state()) is None
