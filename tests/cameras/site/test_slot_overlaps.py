"""Two slots drawn on one place are told; neighbours that touch or cover a little of each other are not."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.site.slot_overlaps import overlap_note, overlapping_slots
from lotwise.datasets.frame import Slot


def slot(name: str, x: float, y: float, width: float = 0.1, height: float = 0.1, lean: float = 0.0) -> Slot:
    corners = [[x + lean, y], [x + width + lean, y], [x + width, y + height], [x, y + height]]
    return Slot(name, np.array(corners, np.float32))


@pytest.mark.parametrize(
    ("slots", "pairs"),
    [
        ([slot("1", 0.1, 0.1), slot("2", 0.2, 0.1)], []),  # side by side
        ([slot("1", 0.1, 0.1), slot("2", 0.1, 0.1)], [("1", "2")]),  # the same twice, under two names
        ([slot("1", 0.1, 0.1), slot("2", 0.12, 0.11)], [("1", "2")]),  # drawn again, not quite alike
        ([slot("1", 0.1, 0.1), slot("2", 0.13, 0.13, 0.03, 0.03)], [("1", "2")]),  # one within the other
        ([slot("1", 0.1, 0.1), slot("2", 0.17, 0.1)], []),  # covers less than a third
        ([slot("1", 0.1, 0.1, lean=0.08), slot("2", 0.19, 0.1, lean=0.08)], []),  # a slanting row
        ([slot(str(n), 0.1, 0.1) for n in range(3)], [("0", "1"), ("0", "2"), ("1", "2")]),
        ([], []),
    ],
)
def test_slots_on_one_place(slots: list[Slot], pairs: list[tuple[str, str]]) -> None:
    assert sorted((one.id, other.id) for one, other, _ in overlapping_slots(slots)) == pairs
    assert bool(overlap_note(slots)) == bool(pairs)


def test_many_pairs_are_one_line() -> None:
    note = overlap_note([slot(str(n), 0.1, 0.1) for n in range(6)])
    assert "0 and 1 (100%)" in note
    assert "and 10 more" in note


@pytest.mark.shared
def test_no_real_lot_has_slots_on_one_place(shared: Path) -> None:
    data = shared / "data"
    lots = [next((data / "pklot" / lot).rglob("*.xml")) for lot in ("PUCPR", "UFPR05")]
    assert all(overlap_note(read_slot_file(path)) == "" for path in (*data.rglob("camera*.csv"), *lots))
