"""The tutorials' pickle: plain lists are read in every protocol, everything else is refused and never run."""

import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.slot_formats import opencv_pickle
from lotwise.cameras.site.slot_formats.given_file import Hints
from lotwise.cameras.site.slot_formats.read import slots_from_bytes
from lotwise.datasets.errors import InputError

HINTS = Hints(canvas=(1100, 720), slot=(107, 48))
POSITIONS = [(49, 145), (50, 191), (900, 600), (50, 240)]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("entries", [POSITIONS, [list(one) for one in POSITIONS], POSITIONS * 700, POSITIONS[:1]])
def test_corners_are_read_in_every_protocol(protocol: int, entries: list[object]) -> None:
    found = slots_from_bytes("CarParkPos", pickle.dumps(entries, protocol), HINTS).slots
    assert len(found) == len(entries)
    np.testing.assert_allclose(found[0].box(1100, 720), [49, 145, 49 + 107, 145 + 48], atol=1e-3)


def test_without_a_size_the_flag_is_named() -> None:
    with pytest.raises(InputError, match="give --slot WIDTHxHEIGHT"):
        slots_from_bytes("CarParkPos", pickle.dumps(POSITIONS), Hints(canvas=(1100, 720)))


class Evil:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_in_the_file_is_ever_run(tmp_path: Path, protocol: int) -> None:
    data = pickle.dumps([(1, 2), Evil(tmp_path / "made")], protocol)
    with pytest.raises(InputError, match=r"more than lists, tuples and whole numbers \(\w+\), which is never run"):
        slots_from_bytes("CarParkPos", data, HINTS)
    assert not (tmp_path / "made").exists()


def shared_references() -> bytes:
    """Two thousand times the same list of a thousand points: 20 kB that stand for two million corners."""
    points = [(number, 7) for number in range(1000)]
    return pickle.dumps([points] * 2000)


def nested() -> bytes:
    """Lists of the same list twice, thirty deep: a thousand million numbers if it is written out."""
    value: list[object] = [(1, 2)]
    for _ in range(30):
        value = [value, value]
    return pickle.dumps(value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pickle.dumps([(1.5, 2)]), r"whole numbers \(BINFLOAT\)"),
        (pickle.dumps([("a", 2)]), "whole numbers"),
        (pickle.dumps({"a": 1}), "whole numbers"),
        (pickle.dumps([np.array([1, 2])]), "whole numbers"),
        (pickle.dumps([(True, 2)]), "whole numbers"),
        (pickle.dumps([(1 << 200, 2)]), "whole numbers"),
        (pickle.dumps(7), r"expected a pickled list \[\(x, y\), …\]"),
        (pickle.dumps([1, 2]), r"expected a pickled list"),
        (pickle.dumps([(1, 2, 3, 4)]), r"entry 1: expected a pickled list"),  # x, y, w, h or two corners: not guessed
        (pickle.dumps([(1, 2), (1, 2, 3)]), r"entry 1: expected a pickled list"),
        (pickle.dumps([]), "no slot is drawn in it"),
        (pickle.dumps(POSITIONS)[:-4], "a broken pickle"),
        (b"\x80\x04]q", "a broken pickle"),
        (b"\x80\x04.", "a broken pickle"),
        (b"\x80\x04t.", "a broken pickle"),
        (b"\x80\x04h\x05.", "a broken pickle"),
        (b"\x80\x04K\x01K\x02a.", "a broken pickle"),
        (b"\x80\x04" + b"(" * 40_000 + b"t" * 40_000 + b".", r"expected a pickled list"),
        (b"\x80\x04" + b"]" * 110_000 + b".", "far more than slots"),
        (shared_references(), "far more than slots"),
        (nested(), "expected a pickled list"),
    ],
)
def test_bombs_and_broken_pickles_are_one_line(data: bytes, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencv_pickle, "MAX_INSTRUCTIONS", 100_000)
    with pytest.raises(InputError, match=why) as refusal:
        slots_from_bytes("CarParkPos", data, HINTS)
    assert "\n" not in str(refusal.value)


def test_shared_lists_are_not_written_out_in_memory() -> None:
    data = shared_references()
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="far more than slots"):
            slots_from_bytes("CarParkPos", data, HINTS)
        assert tracemalloc.get_traced_memory()[1] < 5e6  # two million pairs would take a hundred
    finally:
        tracemalloc.stop()
