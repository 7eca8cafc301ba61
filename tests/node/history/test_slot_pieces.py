"""All slots at once give the pieces that one event after the other gives, whatever happens to the node."""

from __future__ import annotations

import numpy as np
import pytest

from lotwise.node.history.recorded import NodeEvent, Recorded, SlotEvents
from lotwise.node.history.timeline import timeline
from lotwise.node.journal.database import from_micros
from tests.node.history.one_by_one import pieces_one_by_one

BRIDGE_US = 60


def recorded_by_chance(seed: int, happens: float = 0.1, recordings: float = 0.0) -> Recorded:
    """Events of five slots of two cameras and one place of the site; times are few, so that many are equal.

    Args:
        seed: of chance.
        happens: share of events that are of the node, 0..1.
        recordings: share of slot events after which a camera begins or ends to play a recording.
    """
    chance = np.random.default_rng(seed)
    keys = [("C1", "1"), ("C1", "2"), ("C1", "3"), ("C2", "1"), ("", "gate")]
    columns: dict[tuple[str, str], list[tuple[object, ...]]] = {}
    of_node: list[NodeEvent] = []
    state, recording, clock, number = dict.fromkeys(keys, 0), dict.fromkeys(("C1", "C2", ""), False), 1000, 0
    for _ in range(300):
        number += 1 + int(chance.random() < 0.02)
        clock += int(chance.integers(0, 30))
        if chance.random() < happens:
            kind = ("started", "ended", "clock")[int(chance.integers(3))]
            if kind == "clock":
                clock, was = max(1, clock + int(chance.integers(-200, 200))), clock
                of_node.append(NodeEvent(number, kind, clock, was))
            else:
                until = clock - int(chance.integers(0, 20)) if chance.random() < 0.5 else None
                clock += int(chance.integers(0, 120))
                cameras = [None, frozenset({"C1"}), frozenset({"C1", "C2"})][int(chance.integers(3))]
                of_node.append(NodeEvent(number, kind, clock, until, cameras))
            continue
        key = keys[int(chance.integers(len(keys)))]
        if chance.random() < recordings:
            recording[key[0]] = not recording[key[0]]
        before = state[key] if chance.random() < 0.8 else int(chance.integers(3))  # else events were lost
        state[key] = (before + int(chance.integers(1, 3))) % 3
        time = clock - (150 if chance.random() < 0.02 else 0)  # set back, and nobody told
        since = time - int(chance.integers(-5, 60))
        columns.setdefault(key, []).append(
            (number, time, since, before, state[key], recording[key[0]], float(chance.random()))
        )
    slots = {
        key: SlotEvents(
            *(np.array(column, np.int64) for column in list(zip(*rows, strict=True))[:5]),
            np.array([row[5] for row in rows], np.bool_),
            np.array([row[6] for row in rows], np.float64),
        )
        for key, rows in columns.items()
    }
    present = {"C1": frozenset({"1", "2"}), "C2": frozenset({"1"}), "": frozenset({"gate"})}
    return Recorded(slots, of_node, present, clock)


@pytest.mark.parametrize("recordings", [0.0, 0.03], ids=["live", "with recordings"])
@pytest.mark.parametrize("happens", [0.0, 0.02, 0.3], ids=["nothing happens", "seldom", "often"])
def test_all_slots_at_once_give_what_one_event_after_the_other_gives(happens: float, recordings: float) -> None:
    for seed in range(10):
        recorded = recorded_by_chance(seed, happens, recordings)
        held = recorded.last + 100
        found = timeline(recorded, from_micros(held), BRIDGE_US / 1e6)
        expected, going_on = pieces_one_by_one(recorded, held, BRIDGE_US)
        assert {key: list(pieces) for key, pieces in found.pieces.items()} == expected
        assert found.open == going_on


def test_chance_gives_everything_that_may_happen() -> None:
    states, carried, open_ends = set(), set(), set()
    for seed in range(20):
        expected, going_on = pieces_one_by_one(recorded_by_chance(seed), 10**6, BRIDGE_US)
        open_ends.add(bool(going_on))
        for pieces in expected.values():
            states |= {piece.state for piece in pieces}
            carried |= {piece.carried for piece in pieces}
    assert states == {"free", "occupied", "unknown"}
    assert carried == open_ends == {True, False}
