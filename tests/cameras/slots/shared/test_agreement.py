"""How well cameras agree: errors that weigh, rates by hour and slot, and what is kept in a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.cameras.slots.shared.agreement import MAX_ERROR, Agreement
from lotwise.cameras.slots.shared.sighting import USUAL_ERRORS
from lotwise.datasets.errors import InputError

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_a_camera_of_which_nothing_is_known_has_the_usual_error() -> None:
    assert Agreement().error("gate", "7", "free") == USUAL_ERRORS["free"]


def test_errors_are_learned_by_state_and_slot_and_never_in_an_afternoon() -> None:
    known = Agreement()
    for _ in range(10):
        known.count("7", {"gate": "free", "roof": "occupied"}, "occupied", NOON)
    assert known.error("gate", "7", "free") < 0.4  # ten comparisons are an hour and a half
    for _ in range(2000):
        known.count("7", {"gate": "free", "roof": "occupied"}, "occupied", NOON)
        known.count("7", {"gate": "occupied", "roof": "occupied"}, "occupied", NOON)
        known.count("8", {"gate": "free", "roof": "free"}, "free", NOON)
    assert known.error("gate", "7", "free") == MAX_ERROR
    assert known.error("gate", "7", "occupied") < 0.01
    assert known.error("gate", "8", "free") < 0.01
    assert known.error("roof", "7", "occupied") < 0.01


def test_a_camera_that_was_mended_is_believed_again() -> None:
    known = Agreement()
    for _ in range(1000):
        known.count("7", {"gate": "free", "roof": "occupied"}, "occupied", NOON)
    worst = known.error("gate", "7", "free")
    for _ in range(8000):
        known.count("7", {"gate": "free", "roof": "free"}, "free", NOON)
    assert known.error("gate", "7", "free") < worst / 4


def test_where_nothing_was_decided_nobody_is_called_wrong_but_the_difference_counts() -> None:
    known = Agreement()
    known.count("7", {"gate": "free", "roof": "occupied"}, "unknown", NOON)
    assert known.wrong_of_slot("gate", "7").compared == 0
    assert known.of_slot("gate", "7").share == known.of_camera("gate").share == 1.0


def test_rates_by_hour() -> None:
    known = Agreement()
    for day in range(3):
        for hour in range(24):
            said = {"gate": "free", "roof": "occupied" if hour in (23, 0) else "free"}
            known.count("7", said, "free", NOON.replace(hour=0) + timedelta(days=day, hours=hour))  # type: ignore[arg-type]
    assert known.of_camera("gate", range(23, 25)).share == pytest.approx(1.0)
    assert known.of_camera("gate", range(3, 22)).share == 0.0
    assert (known.days_in_hour("roof", 23), known.days_in_hour("roof", 12)) == (3, 0)
    assert known.of_camera("gate").compared == pytest.approx(72, abs=0.1)
    assert known.of_camera("yard").share is None


def test_a_file_keeps_it() -> None:
    known = Agreement()
    known.count("7", {"gate": "free", "roof": "occupied"}, "free", NOON)
    again = Agreement.from_json(json.loads(json.dumps(known.as_json())))
    assert again.error("roof", "7", "occupied") == known.error("roof", "7", "occupied")
    assert again.of_camera("gate") == known.of_camera("gate")
    assert again.days_in_hour("gate", 12) == 1


@pytest.mark.parametrize(
    "content",
    [None, [], {}, {"slots": [], "hours": {"gate": [1]}}, {"slots": [["a", "7", [[1]]]], "hours": {}},
     {"slots": [["a", "7", [[1, -1], [0, 0], [0, 0]]]], "hours": {}}],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(content: object) -> None:
    with pytest.raises(InputError):
        Agreement.from_json(content)
