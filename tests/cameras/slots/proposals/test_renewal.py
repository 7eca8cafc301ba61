"""Proposals beside what a person said before."""

from __future__ import annotations

from lotwise.cameras.site.slot_entry import SlotEntry, SlotStatus
from lotwise.cameras.slots.proposals.renewal import renewed


def entry(name: str, x: float, status: SlotStatus = "proposed") -> SlotEntry:
    corners = ((x, 0.4), (x + 0.04, 0.4), (x + 0.04, 0.45), (x, 0.45))
    return SlotEntry(id=name, polygon=corners, status=status)


def test_what_a_person_said_stays_and_is_not_proposed_again() -> None:
    before = [entry("1", 0.1, "accepted"), entry("2", 0.2, "rejected"), entry("A9", 0.5), entry("A2", 0.7, "accepted")]
    after = renewed(before, [entry("A1", 0.105), entry("A2", 0.205), entry("A3", 0.3), entry("A2", 0.6)])
    assert [(one.id, one.status) for one in after] == [
        ("1", "accepted"),
        ("2", "rejected"),
        ("A2", "accepted"),
        ("A3", "proposed"),
        ("A2-2", "proposed"),  # elsewhere, and its name was taken
    ]
    assert after[:3] == (before[0], before[1], before[3])


def test_without_a_file_all_is_new() -> None:
    proposed = [entry("A1", 0.1), entry("A2", 0.2)]
    assert renewed([], proposed) == tuple(proposed)
