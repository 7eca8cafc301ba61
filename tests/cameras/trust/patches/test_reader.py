"""A patch reader is written and read again, and a file that is none is told in one line."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.trust.patches.reader import (
    EDGE_WEIGHTS,
    PATCHES,
    PATTERN_WEIGHTS,
    Linear,
    PatchReader,
    read_patch_reader,
    write_patch_reader,
)
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot


def reader(offset: float = -0.1) -> PatchReader:
    """What has edges, or light and dark in it, is a car."""
    by_pattern = np.zeros(PATTERN_WEIGHTS)
    by_pattern[65:67] = 1.0  # in the middle
    return PatchReader(
        edges=Linear(weights=(0.01,) * EDGE_WEIGHTS, offset=offset),
        pattern=Linear(weights=tuple(by_pattern), offset=offset),
    )


def test_it_reads_each_slot_twice() -> None:
    image = np.full((100, 200, 3), 50, np.uint8)
    image[40:60, 40:60] = 220
    corners = np.array([[0.1, 0.2], [0.4, 0.2], [0.4, 0.8], [0.1, 0.8]], np.float32)
    slots = [Slot("car", corners), Slot("free", corners + np.array([0.5, 0])), Slot("gone", corners + np.array([2, 0]))]
    assert reader()(image, slots) == {"car": (True, True), "free": (False, False)}
    assert reader()(image, []) == {}


def test_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / PATCHES
    write_patch_reader(path, reader(0.5))
    assert read_patch_reader(path) == reader(0.5)


@pytest.mark.parametrize(
    "content", ["no JSON", "{}", '{"edges": {"weights": [1], "offset": 0}, "pattern": {"weights": [1], "offset": 0}}']
)
def test_what_is_no_reader_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / PATCHES
    path.write_text(content)
    with pytest.raises(InputError, match=r"patches\.json: .*; export the bundle again"):
        read_patch_reader(path)
    with pytest.raises(InputError, match="copy the whole bundle again"):
        read_patch_reader(tmp_path / "gone")
