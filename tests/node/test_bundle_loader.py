"""Bundles are loaded beside the loop, tried again after a while, and given once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.datasets.errors import InputError
from lotwise.node.bundle_loader import LOAD_RETRY_S, BundleLoader
from tests.cameras.bundles import write_constant_bundle
from tests.node.cameras import Later


class Loading:
    """A loader of one fixed bundle, whose executor does nothing until it is told to."""

    def __init__(self, bundle: Path) -> None:
        self.seconds, self.executor, self.loaded = 0.0, Later(), 0
        self.error: Exception | None = None
        self.loader = BundleLoader(bundle, self._load, self.executor, lambda: self.seconds)

    def _load(self, folder: Path) -> Detector:
        self.loaded += 1
        if self.error is not None:
            raise self.error
        return load_detector(folder)

    def get(self) -> Detector | str | None:
        return self.loader.get("")


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(write_constant_bundle(tmp_path / "bundle"))


def test_it_is_loaded_once_and_given_once(loading: Loading) -> None:
    assert [loading.get(), loading.get()] == [None, None]
    assert loading.executor.run() == 1
    assert isinstance(loading.get(), Detector)
    assert loading.loaded == 1
    assert loading.get() is None  # asked for anew


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (InputError("bundle: changed since it was exported"), "bundle: changed since it was exported"),
        (MemoryError("no room"), ": cannot be loaded (MemoryError('no room'))"),
    ],
)
def test_one_that_cannot_be_loaded_is_told_once_and_tried_again_later(
    loading: Loading, error: Exception, says: str
) -> None:
    loading.error = error
    loading.get()
    loading.executor.run()
    assert loading.get() == says
    loading.error = None
    loading.seconds += LOAD_RETRY_S - 1
    assert loading.get() is None
    assert loading.executor.run() == 0
    loading.seconds += 1
    loading.get()
    assert loading.executor.run() == 1
    assert isinstance(loading.get(), Detector)


def test_a_registry_that_has_changed_is_tried_at_once(loading: Loading) -> None:
    loading.error = InputError("absent")
    loading.get()
    loading.executor.run()
    loading.get()
    loading.loader.retry_at_once()
    loading.get()
    assert loading.executor.run() == 1


def test_what_is_not_wanted_any_more_is_dropped(loading: Loading) -> None:
    loading.get()
    loading.executor.run()
    loading.loader.keep_only({"another", None})
    assert loading.get() is None
    assert loading.executor.run() == 1


def test_a_detector_that_is_given_back_needs_no_loading(loading: Loading, tmp_path: Path) -> None:
    detector = load_detector(tmp_path / "bundle")
    loading.loader.put("", detector)
    assert loading.get() is detector
    assert loading.loaded == 0
