"""All that is wrong with slots that are being drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.site.slot_problems import slot_problems
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.datasets.errors import InputError

GOOD = ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2), (0.1, 0.2))


def shape(name: str, *corners: tuple[float, float], at: float = 0.0) -> SlotShape:
    return SlotShape(id=name, polygon=tuple((x + at, y) for x, y in corners or GOOD))


CROSSED = shape("x", (0.5, 0.5), (0.6, 0.6), (0.6, 0.5), (0.5, 0.6))
FLAT = shape("f", (0.5, 0.5), (0.6, 0.5), (0.7, 0.5))
PIXELS = shape("p", (50, 50), (60, 50), (60, 60))
TWO = shape("t", (0.5, 0.5), (0.6, 0.6))


def test_sound_slots_have_no_problems() -> None:
    assert slot_problems([shape("1"), shape("2", at=0.1), shape("3", at=0.17)]) == ()  # neighbours may cover a little
    assert slot_problems([]) == ()


def test_everything_wrong_is_told_at_once() -> None:
    slots = [shape("1"), CROSSED, shape("1", at=0.5), shape("2", at=0.02), FLAT]
    found = {(problem.kind, problem.slots, problem.refused): problem.why for problem in slot_problems(slots)}
    assert set(found) == {
        ("shape", (1,), True),
        ("shape", (4,), True),
        ("id", (0, 2), True),
        ("overlap", (0, 3), False),
    }
    assert "crosses itself" in found["shape", (1,), True]
    assert "slot 1: is there twice" in found["id", (0, 2), True]
    assert "1 and 2 lie on one place (80%)" in found["overlap", (0, 3), False]


@pytest.mark.parametrize("slot", [CROSSED, FLAT, PIXELS, TWO, shape("o", at=-0.5)])
def test_what_a_slot_file_is_refused_for_is_told_in_the_same_words(slot: SlotShape, tmp_path: Path) -> None:
    file = tmp_path / "slots.json"
    file.write_text(json.dumps([slot.model_dump()]))
    with pytest.raises(InputError) as refused:
        read_slot_file(file)
    (problem,) = slot_problems([slot])
    assert problem.refused
    assert problem.why in str(refused.value)
