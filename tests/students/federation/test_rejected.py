"""One broken camera does not spoil a round: it is named, with what was wrong, and the others go on."""

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.method import Parcel
from lotwise.students.federation.rejected import sort_out
from lotwise.students.federation.rounds import Federated, exchange
from lotwise.students.federation.weights.fedavg import FedAvg
from lotwise.students.federation.weights.fedlin import FedLin
from lotwise.students.federation.weights.scaffold import Scaffold
from lotwise.students.federation.work import Work
from tests.students.federation.quadratic import Quadratic

WORK = Work(steps=2, rate=0.1)


def replies_of(method):
    nodes = {name: Quadratic((1.0, 1.0), (1.0, 2.0)) for name in ("C1", "C2")}
    state = method.begin(list(nodes), nodes["C1"].weights())
    told = method.outgoing(state, 1, list(nodes))
    return state, {name: method.on_node(told[name], None, node)[0] for name, node in nodes.items()}


def broken(reply: Parcel, group: str, name: str, array) -> Parcel:
    return Parcel({**reply.arrays, group: {**reply.group(group), name: array}}, reply.numbers)


@pytest.mark.parametrize(
    ("method", "group", "array", "said"),
    [
        (FedAvg(WORK), "weights", np.array([np.nan, 0.0]), "'w' hold NaN or infinity"),
        (FedAvg(WORK), "weights", np.zeros(3), r"of shape \(3,\) instead of \(2,\)"),
        (Scaffold(WORK), "move", np.array([np.inf, 0.0]), "'w' hold NaN or infinity"),
        (Scaffold(WORK), "control", np.zeros((2, 1)), r"control 'w' are of shape \(2, 1\)"),
        (FedLin(WORK), "gradient", np.zeros(5), r"gradient 'w' are of shape \(5,\)"),
    ],
    ids=["NaN", "shape", "infinite move", "shape of control", "shape of gradient"],
)
def test_broken_arrays_are_rejected_and_the_node_is_named(method, group, array, said) -> None:
    state, replies = replies_of(method)
    good, why = sort_out(method, state, replies | {"C2": broken(replies["C2"], group, "w", array)})
    assert list(good) == ["C1"]
    assert list(why) == ["C2"]
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(why["C2"])
    method.gather(state, 1, good)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (lambda reply: Parcel({}, reply.numbers), "without 'weights'"),
        (lambda reply: Parcel(reply.arrays), "without the number 'examples'"),
        (lambda reply: Parcel(reply.arrays, {"examples": 0}), "'examples' is 0; above 0"),
        (lambda reply: Parcel(reply.arrays, {"examples": float("nan")}), "'examples' is nan"),
        (lambda reply: Parcel({"weights": {}}, reply.numbers), "lack 'w'"),
        (lambda reply: broken(reply, "weights", "x", np.zeros(1)), "hold 'x', which nobody asked for"),
    ],
    ids=["no weights", "no number", "no frames", "NaN frames", "a part", "too much"],
)
def test_whatever_else_does_not_fit(reply, said: str) -> None:
    method = FedAvg(WORK)
    state, replies = replies_of(method)
    _, why = sort_out(method, state, {"C1": reply(replies["C1"])})
    assert said in why["C1"]


class Sick(Quadratic):
    def weights(self):
        return {
            name: np.full_like(array, np.nan) if name == "w" else array for name, array in super().weights().items()
        }


def test_a_round_goes_on_without_the_sick_camera_and_says_so() -> None:
    method = FedAvg(WORK)
    well, sick = Quadratic((1.0, 1.0), (1.0, 2.0)), Sick((1.0, 1.0), (1.0, 2.0))
    begin = Federated(method.begin(["C1", "C2"], well.weights()))
    after = exchange(method, begin, 1, {"C1": well, "C2": sick})
    assert list(after.rejected[1]) == ["C2"]
    np.testing.assert_allclose(after.state.group("weights")["w"], well.weights()["w"])


def test_nobody_left_is_an_error() -> None:
    method, sick = FedAvg(WORK), Sick((1.0, 1.0), (1.0, 2.0))
    begin = Federated(method.begin(["C2"], Quadratic((1.0, 1.0), (1.0, 2.0)).weights()))
    with pytest.raises(InputError, match="exchange 1: no valid reply; C2"):
        exchange(method, begin, 1, {"C2": sick})
