"""Distributed Distillation: the state tracks the mean of all soft decisions, and disagreement falls with rho."""

import numpy as np
import pytest

from lotwise.students.federation.graph.topologies import random_regular, ring
from lotwise.students.federation.predictions.distributed_distillation import DistributedDistillation
from lotwise.students.federation.predictions.soft_detections import message_bytes
from lotwise.students.federation.work import Work
from tests.models import tiny_yolo
from tests.students.federation.tiny_cameras import TinyCamera, reference_set, run

NODES = ["C1", "C2", "C3", "C4", "C5"]
WORK = Work(1, rate=0.05)


def cameras(nodes=NODES, last_layers=False):
    return {
        node: TinyCamera(tiny_yolo(0), wish, 4, last_layers)
        for node, wish in zip(nodes, np.linspace(0.1, 0.9, 5), strict=False)
    }


def scores(federated, group):
    return np.stack([kept.group(group)["score"] for kept in federated.kept.values()])


@pytest.mark.parametrize("keep", [84, 7])
def test_the_states_keep_the_mean_of_the_soft_decisions_on_a_ring(tmp_path, keep):
    """Also where most of each state is not sent."""
    method = DistributedDistillation(reference=reference_set(tmp_path, 2), graph=ring(NODES), work=WORK, keep=keep)
    after = run(method, cameras(), 3)
    state, said = scores(after, "state"), scores(after, "said")
    np.testing.assert_allclose(state.mean(0), said.mean(0), atol=1e-5)
    boxes = [np.mean([k.group(g)["box"] for k in after.kept.values()], axis=0) for g in ("state", "said")]
    np.testing.assert_allclose(boxes[0], boxes[1], atol=1e-4)
    assert np.abs(state - said).max() > 1e-3


def test_the_states_come_to_the_mean_where_nobody_moves(tmp_path):
    method = DistributedDistillation(
        reference=reference_set(tmp_path, 2), graph=ring(NODES[:4]), rho=0.0, work=Work(0), keep=84
    )
    made = cameras(NODES[:4])
    for place, camera in enumerate(made.values()):
        camera.begun = tiny_yolo(place).state_dict()
        camera.begun = {name: tensor.numpy() for name, tensor in camera.begun.items()}
    after = run(method, made, 10)
    state, said = scores(after, "state"), scores(after, "said")
    assert np.abs(said - said.mean(0)).max() > 0.05
    np.testing.assert_allclose(state, np.broadcast_to(said.mean(0), state.shape), atol=2e-3)


def test_disagreement_falls_with_rho(tmp_path):
    reference = reference_set(tmp_path, 2)
    found = []
    for rho in (0.0, 0.1, 1.0):
        method = DistributedDistillation(
            reference=reference, graph=ring(NODES[:3]), rho=rho, work=Work(5, rate=0.004), keep=84
        )
        found.append(scores(run(method, cameras(NODES[:3], last_layers=True), 3), "said").std(0).mean())
    assert found[0] > 1.1 * found[1] > 1.1 * found[2]


def test_neighbours_messages_are_told_with_their_weights(tmp_path):
    reference = reference_set(tmp_path, 2)
    graph = random_regular(NODES, 2, 1)
    method = DistributedDistillation(reference=reference, graph=graph, work=WORK, keep=10)
    after = run(method, cameras(), 1)
    told = method.outgoing(after.state, 2, NODES)
    for node, parcel in told.items():
        assert set(parcel.arrays) == set(graph.neighbours[node])
        assert parcel.number("weight " + graph.neighbours[node][0]) == pytest.approx(1 / 3)
        assert parcel.bytes() == 2 * message_bytes(2, 10, (64, 64)) + 8 * 4
    assert after.received["C1"] == message_bytes(2, 10, (64, 64)) + 8


def test_all_begin_anew_where_one_did_not_reply(tmp_path):
    """The mean would no longer be kept otherwise."""
    reference = reference_set(tmp_path, 2)
    method = DistributedDistillation(reference=reference, graph=ring(NODES), work=WORK, keep=84)
    made = cameras()
    after = run(method, made, 2)
    lost = {node: arrays for node, arrays in after.state.arrays.items() if node != "C3"}
    told = method.outgoing(type(after.state)(lost), 3, NODES)
    kept = {node: method.on_node(told[node], after.kept[node], made[node])[1] for node in NODES}
    state, said = (np.stack([one.group(g)["score"] for one in kept.values()]) for g in ("state", "said"))
    np.testing.assert_array_equal(state, said)
