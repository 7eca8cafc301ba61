"""What a node remembers: enough to go on after a kill, and to say the same again to a server that forgot a round."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.students.federation.local_training import LocalTraining
from lotwise.students.federation.node_side import NodeSide
from lotwise.students.federation.parcel import Parcel
from lotwise.students.federation.weights.fedavg import FedAvg
from lotwise.students.federation.work import Work
from tests.models import tiny_yolo
from tests.students.distillation.test_distill import Rectangles
from tests.students.federation.test_local_training import SETTINGS

METHOD = FedAvg(Work(steps=1, rate=1e-3, optimizer="adamw"))


def node(folder: Path) -> NodeSide:
    return NodeSide(folder, METHOD, lambda decay: LocalTraining(tiny_yolo(), Rectangles(), SETTINGS, decay), rounds=4)


def replies(folder: Path, numbers: list[int], forgetful: bool) -> list[Parcel]:
    """A server that says back what it heard; a forgetful node is a new process each time."""
    state = METHOD.begin(["C1"], LocalTraining(tiny_yolo(), Rectangles(), SETTINGS).weights())
    kept, found = node(folder), []
    for number in numbers:
        here = node(folder) if forgetful else kept
        told = METHOD.outgoing(state, number, ["C1"])["C1"]
        found.append(here.exchange(number, told))
        state = METHOD.gather(state, number, {"C1": found[-1]})
    return found


def same(one: Parcel, other: Parcel) -> bool:
    pairs = zip(one.group("weights").values(), other.group("weights").values(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_a_node_that_is_started_anew_each_round_does_what_one_does_that_never_ends(tmp_path: Path) -> None:
    whole, parts = (replies(tmp_path / str(forgets), [1, 2, 3], forgets) for forgets in (False, True))
    assert all(same(a, b) for a, b in zip(whole, parts, strict=True))
    assert len(list((tmp_path / "True").glob("*"))) == 2  # no more than is needed is kept


def test_the_same_question_gets_the_same_answer(tmp_path: Path) -> None:
    told = METHOD.begin(["C1"], LocalTraining(tiny_yolo(), Rectangles(), SETTINGS).weights())
    side = node(tmp_path)
    side.exchange(1, told)
    first, again = side.exchange(2, told), side.exchange(2, told)
    assert same(first, again)
    assert not same(first, side.exchange(3, told))


@pytest.mark.parametrize("broken", [b"", b"half a file"])
def test_a_broken_memory_is_none(tmp_path: Path, broken: bytes) -> None:
    told = METHOD.begin(["C1"], LocalTraining(tiny_yolo(), Rectangles(), SETTINGS).weights())
    fresh = node(tmp_path / "fresh").exchange(2, told)
    side = node(tmp_path / "broken")
    side.exchange(1, told)
    (tmp_path / "broken" / "exchange-00001.safetensors").write_bytes(broken)
    assert same(side.exchange(2, told), fresh)


def test_a_node_that_took_no_part_deploys_what_the_server_has(tmp_path: Path) -> None:
    start = LocalTraining(tiny_yolo(3), Rectangles(), SETTINGS).weights()
    told = METHOD.begin(["C1"], start)
    local, weights = node(tmp_path).student(1, told)
    local.load(weights)
    name = next(iter(told.group("weights")))
    np.testing.assert_array_equal(local.weights()[name], start[name])
