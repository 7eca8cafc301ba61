"""What defines each method that exchanges weights, on parabolas whose optimum is known."""

import numpy as np
import pytest

from lotwise.students.federation.alone import Alone
from lotwise.students.federation.method import Parcel
from lotwise.students.federation.weights.fedavg import FedAvg
from lotwise.students.federation.weights.fedlin import FedLin
from lotwise.students.federation.weights.fednova import FedNova
from lotwise.students.federation.weights.fedprox import FedProx
from lotwise.students.federation.weights.fedshuffle import FedShuffle
from lotwise.students.federation.weights.mime import Mime, MimeLite
from lotwise.students.federation.weights.scaffold import Scaffold
from lotwise.students.federation.work import Work
from tests.students.federation.quadratic import Quadratic, error, optimum, reached, run

STEPS = Work(steps=5, rate=0.1)
EPOCHS = Work(epochs=1, rate=0.02)
MOVING = [Scaffold, FedNova, FedShuffle, FedLin, MimeLite, Mime]


def different(sizes: tuple[int, ...] = (10, 10, 10, 10), steep: bool = True) -> dict[str, Quadratic]:
    """Four cameras of which no two agree; with ``steep`` they do not even agree on what matters."""
    slopes = [(1.0, 4.0), (4.0, 1.0), (2.0, 0.5), (0.5, 3.0)] if steep else [(1.0, 1.0)] * 4
    lowest = [(1.0, -0.5), (-0.5, 1.0), (0.8, 0.6), (-0.4, -0.7)]
    return {
        f"C{i}": Quadratic(*pair, examples=n) for i, (*pair, n) in enumerate(zip(slopes, lowest, sizes, strict=True))
    }


def test_fedavg_is_the_mean_weighted_by_frames() -> None:
    nodes = different((1, 2, 3, 14))
    method = FedAvg(STEPS)
    begin = method.begin(list(nodes), nodes["C0"].weights())
    replies = {name: method.on_node(begin, None, node.new_round(1))[0] for name, node in nodes.items()}
    told = method.gather(begin, 1, replies).group("weights")["w"]
    parts = [reply.group("weights")["w"] * n for reply, n in zip(replies.values(), (1, 2, 3, 14), strict=True)]
    np.testing.assert_allclose(told, sum(parts) / 20, rtol=1e-12)
    assert not np.allclose(told, np.mean([reply.group("weights")["w"] for reply in replies.values()], 0))


def test_fedprox_without_mu_is_fedavg_and_with_much_stays() -> None:
    one, other = (reached(run(method, different(), 3)) for method in (FedAvg(STEPS), FedProx(STEPS, mu=0.0)))
    np.testing.assert_array_equal(one, other)
    assert np.abs(one).max() > 0.05
    held = reached(run(FedProx(STEPS, mu=1e6), different(), 3))
    assert np.abs(held).max() < 1e-4


def test_fedprox_ends_where_its_objective_is_lowest() -> None:
    """Many steps of one camera: a (w - b) + mu (w - x) = 0."""
    node = Quadratic((1.0, 4.0), (1.0, -0.5))
    found = reached(run(FedProx(Work(steps=300, rate=0.05), mu=2.0), {"C0": node}, 1))
    np.testing.assert_allclose(found, [1 * 1.0 / 3, 4 * -0.5 / 6], atol=0.01)


def test_scaffold_reaches_the_optimum_that_fedavg_misses() -> None:
    assert error(FedAvg(STEPS), different(), 30) > 0.05
    assert error(Scaffold(STEPS), different(), 40) < 1e-3


def test_the_corrections_of_scaffold_sum_to_zero() -> None:
    ended = run(Scaffold(STEPS), different(), 5)
    c = ended.state.group("control")["w"]
    own = [kept.group("control")["w"] for kept in ended.kept.values()]
    assert min(np.abs(one - c).max() for one in own) > 0.1
    np.testing.assert_allclose(sum(c - one for one in own), 0, atol=1e-12)


def test_a_camera_that_joins_late_does_not_tear_scaffold_off() -> None:
    method, nodes = Scaffold(STEPS), different()
    state = method.begin(list(nodes), nodes["C0"].weights())
    kept: dict[str, Parcel] = {}
    for number in range(1, 51):
        there = [name for name in nodes if name != "C3" or number > 10]
        replies = {}
        for name, told in method.outgoing(state, number, there).items():
            replies[name], kept[name] = method.on_node(told, kept.get(name), nodes[name].new_round(number))
        state = method.gather(state, number, replies)
    assert np.linalg.norm(state.group("weights")["w"] - optimum(nodes)) < 1e-3


def test_fednova_is_not_biased_by_how_many_steps_a_camera_makes() -> None:
    """Cameras alike in slope: what is left of the error is the weighting alone."""
    sizes = (1, 2, 4, 9)
    slow = Work(epochs=1, rate=0.01)
    assert error(FedAvg(slow), different(sizes, steep=False), 80) > 0.1
    assert error(FedNova(slow), different(sizes, steep=False), 80) < 0.02
    # Of one step each there is nothing to be mended.
    once = Work(steps=1, rate=0.05)
    np.testing.assert_allclose(
        reached(run(FedNova(once), different(sizes), 3)), reached(run(FedAvg(once), different(sizes), 3)), rtol=1e-12
    )


def test_fednova_steps_as_its_equation_says() -> None:
    """Its step is not divided by the sum of tau_eff p_i / tau_i."""
    nodes = different((2, 4, 8, 26))
    ended = reached(run(FedNova(EPOCHS), nodes, 1))
    p = np.array([2, 4, 8, 26]) / 40
    alone = [run(FedAvg(EPOCHS), {name: node}, 1).state.group("weights")["w"] for name, node in nodes.items()]
    tau = np.array([2, 4, 8, 26])
    expected = (p * tau).sum() * sum(p_i * y / t for p_i, y, t in zip(p, alone, tau, strict=True))
    np.testing.assert_allclose(ended, expected, rtol=1e-9)


def test_fedlin_reaches_the_optimum_though_steps_and_slopes_differ() -> None:
    sizes = (2, 4, 8, 26)
    method = FedLin(Work(epochs=1, steps=10, rate=0.05))
    assert error(method, different(sizes), 40, by_examples=False) < 1e-3
    assert error(FedAvg(EPOCHS), different(sizes), 30, by_examples=False) > 0.05


def test_fedlin_gives_every_camera_the_same_way_to_go() -> None:
    nodes = different((2, 4, 8, 26))
    run(FedLin(Work(epochs=1, steps=10, rate=0.05)), nodes, 1)
    assert [node.rates[0] * node.batches for node in nodes.values()] == pytest.approx([0.5] * 4)


def test_fedshuffle_is_fedavg_where_all_have_as_many_frames() -> None:
    one, other = (reached(run(method, different(), 4)) for method in (FedAvg(EPOCHS), FedShuffle(EPOCHS)))
    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_fedshuffle_removes_the_bias_of_sizes() -> None:
    sizes = (2, 4, 6, 8)
    slow = Work(epochs=1, rate=0.01)
    assert error(FedAvg(slow), different(sizes, steep=False), 100) > 0.05
    assert error(FedShuffle(slow), different(sizes, steep=False), 100) < 0.02


def test_a_camera_of_few_frames_steps_no_longer_than_allowed() -> None:
    nodes = different((1, 10, 10, 20))
    run(FedShuffle(EPOCHS, most=4.0), nodes, 2)
    assert [node.rates[1] / EPOCHS.rate for node in nodes.values()] == pytest.approx([4, 2, 2, 1])


def test_mimelite_steps_with_the_servers_momentum() -> None:
    method, node = MimeLite(Work(steps=1, rate=0.1), momentum=0.75), Quadratic((1.0, 4.0), (1.0, -0.5))
    x, m = node.weights(), {"w": np.array([3.0, -2.0]), "norm.weight": np.zeros(2), "norm.bias": np.zeros(2)}
    reply, _ = method.on_node(Parcel({"weights": x, "momentum": m}), None, node)
    slope = np.array([1.0, 4.0]) * (x["w"] - [1.0, -0.5])
    np.testing.assert_allclose(reply.group("move")["w"], -0.1 * (0.25 * slope + 0.75 * m["w"]), rtol=1e-12)
    np.testing.assert_allclose(reply.group("gradient")["w"], slope, rtol=1e-12)


def test_the_servers_momentum_is_made_of_gradients_at_its_own_weights() -> None:
    nodes = different((1, 2, 3, 14))
    ended = run(MimeLite(STEPS, momentum=0.75), nodes, 1)
    slopes = [node.examples / 20 * (node.a * (0 - node.b)).numpy() for node in nodes.values()]
    np.testing.assert_allclose(ended.state.group("momentum")["w"], 0.25 * sum(slopes), rtol=1e-12)


def test_mime_reaches_the_optimum_that_mimelite_misses() -> None:
    assert error(Mime(STEPS, momentum=0.5), different(), 40) < 1e-3
    assert error(MimeLite(STEPS, momentum=0.5), different(), 40) > 0.02


@pytest.mark.parametrize("kind", [FedAvg, FedProx, *MOVING], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("batch_norm", ["local", "shared"])
def test_norms_stay_or_travel_and_counters_stay_integers(kind, batch_norm) -> None:
    nodes = different((1, 2, 3, 4))
    work = Work(steps=5, rate=0.05)
    ended = run(kind(work, batch_norm=batch_norm), nodes, 2)
    weights = ended.state.group("weights")
    assert weights["w"].dtype == np.float64
    told = kind(work, batch_norm=batch_norm).outgoing(ended.state, 2 * ended_exchanges(kind) + 1, ["C0"])["C0"]
    if batch_norm == "local":
        assert set(weights) == {"w"}
        counters = [kept.group("norms")["norm.num_batches_tracked"] for kept in ended.kept.values()]
        assert {int(one) for one in counters} == {10}
    else:
        assert weights["norm.num_batches_tracked"].dtype == np.int64
        assert int(weights["norm.num_batches_tracked"]) == 10
    deployed = kind(work).student(told, ended.kept["C0"], nodes["C0"])
    nodes["C0"].load(deployed)
    assert int(nodes["C0"].weights()["norm.num_batches_tracked"]) == 10


def ended_exchanges(kind: type) -> int:
    return kind().exchanges


@pytest.mark.parametrize("kind", MOVING, ids=lambda kind: kind.__name__)
def test_arithmetic_with_adamw_is_refused(kind) -> None:
    with pytest.raises(ValueError, match="plain SGD"):
        kind(Work(optimizer="adamw"))


@pytest.mark.parametrize(
    ("method", "down", "up"),
    [
        (FedAvg(STEPS), 1, 1),
        (FedProx(STEPS), 1, 1),
        (FedNova(STEPS), 1, 1),
        (FedShuffle(EPOCHS), 1, 1),
        (Scaffold(STEPS), 2, 2),
        (MimeLite(STEPS), 2, 2),
        (FedLin(STEPS), 3, 2),
        (Mime(STEPS), 4, 2),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else type(value).__name__,
)
def test_a_message_is_as_large_as_the_docs_say(method, down, up) -> None:
    """In multiples of the weights that travel, from the second round on; 8 bytes a number on top."""
    nodes = different()
    first, second = (run(method, nodes, rounds) for rounds in (1, 2))
    weights = 2 * 8
    assert second.sent["C0"] - first.sent["C0"] == pytest.approx(down * weights, abs=8)
    assert second.received["C0"] - first.received["C0"] == pytest.approx(up * weights, abs=8 * 3)


def test_alone_exchanges_nothing() -> None:
    nodes = different()
    ended = run(Alone(Work(steps=200, rate=0.05)), nodes, 2)
    assert set(ended.sent.values()) == {0}
    assert set(ended.received.values()) == {16}
    for name, node in nodes.items():
        np.testing.assert_allclose(ended.kept[name].group("weights")["w"], node.b.numpy(), atol=1e-3)
