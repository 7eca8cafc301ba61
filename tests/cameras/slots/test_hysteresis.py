"""Each kind of hysteresis can be chosen by its name."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import numpy as np
import pytest

from lotwise.cameras.site.hysteresis import HysteresisKind, HysteresisSettings
from lotwise.cameras.slots import SlotReading
from lotwise.cameras.slots.hysteresis import KINDS, open_hysteresis
from lotwise.datasets.frame import Slot

START = datetime(2024, 5, 1, 12, tzinfo=UTC)
SLOTS = (Slot("a", np.array([[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]], np.float32)),)


def test_every_name_that_the_settings_know_has_its_kind() -> None:
    assert set(KINDS) == set(get_args(HysteresisKind))


@pytest.mark.parametrize("kind", get_args(HysteresisKind))
def test_every_kind_tells_what_it_reads_for_long_and_forgets_it_at_a_loss(kind: HysteresisKind) -> None:
    states = open_hysteresis(SLOTS, HysteresisSettings(kind=kind), {}, START)
    assert states.starting
    assert states.now["a"].state == "unknown"
    changes = [
        change
        for second in range(10)
        for change in states.update({"a": SlotReading("occupied", 0.9)}, (), START + timedelta(seconds=second))
    ]
    assert [(change.slot, change.after.state) for change in changes] == [("a", "occupied")]
    assert (states.starting, states.pending) == (False, False)
    assert [change.after.state for change in states.lose("black", START + timedelta(seconds=11))] == ["unknown"]
    assert states.now["a"].why == "black"
    assert states.pending
