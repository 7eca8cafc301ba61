"""What is guessed of cameras that contradict each other: a turned camera, a bad slot, a bad hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lotwise.cameras.slots.shared.agreement import Agreement
from lotwise.cameras.slots.shared.cause import likely_cause
from lotwise.datasets.frame import SlotState

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
Said = dict[str, dict[str, SlotState]]


def agree(count: int = 10, cameras: tuple[str, ...] = ("gate", "roof"), first: int = 100) -> Said:
    return {str(number): dict.fromkeys(cameras, "free") for number in range(first, first + count)}


def differ(count: int, cameras: tuple[str, str] = ("gate", "roof"), first: int = 0) -> Said:
    one, other = cameras
    return {str(number): {one: "free", other: "occupied"} for number in range(first, first + count)}


def past(days: int = 8, bad_hours: tuple[int, ...] = (), bad_place: str = "") -> Agreement:
    """Days on which two cameras agreed on places 0 and 1, but for these hours and this place."""
    known = Agreement()
    for hour in range(24 * days):
        moment = NOON - timedelta(hours=hour)
        for place in ("0", "1", "2"):
            bad = moment.hour in bad_hours or place == bad_place
            known.count(place, {"gate": "free", "roof": "occupied" if bad else "free"}, "free", moment)
    return known


def test_two_cameras_cannot_tell_which_of_them_was_turned() -> None:
    cause = likely_cause("0", differ(6) | agree(4), past(), 12)
    assert (cause.kind, cause.cameras) == ("turned", ("gate", "roof"))
    assert "gate or roof was turned" in cause.words


def test_a_third_camera_tells() -> None:
    third = agree(8, ("roof", "yard"), 200) | differ(5, ("gate", "yard"), 300)
    cause = likely_cause("0", differ(6) | agree(4) | third, past(), 12)
    assert (cause.kind, cause.cameras) == ("turned", ("gate",))


def test_one_slot_that_always_differs_is_drawn_badly() -> None:
    known = Agreement()
    for hour in range(24 * 10):
        moment = NOON - timedelta(hours=hour)
        known.count("0", {"gate": "free", "roof": "occupied"}, "occupied", moment)
        for place in range(1, 20):
            known.count(str(place), {"gate": "free", "roof": "free"}, "free", moment)
    cause = likely_cause("0", differ(1) | agree(19), known, 12)
    assert (cause.kind, cause.cameras) == ("slot", ("gate",))  # what was decided was what the roof said


def test_a_detector_that_fails_at_night() -> None:
    known = past(40, bad_hours=(22, 23, 0))
    assert likely_cause("0", differ(9) | agree(1), known, 23).kind == "hour"
    assert likely_cause("0", differ(9) | agree(1), known, 14).kind == "turned"


def test_the_first_bad_night_is_no_rule() -> None:
    known = past(40)
    for place in range(40):
        known.count(str(place), {"gate": "free", "roof": "occupied"}, "free", NOON.replace(hour=23))
    assert likely_cause("0", differ(9) | agree(1), known, 23).kind == "turned"


def test_a_single_contradiction_has_no_cause_yet() -> None:
    cause = likely_cause("0", differ(1) | agree(9), Agreement(), 12)
    assert cause.kind == "unclear" and "look at both pictures" in cause.words
