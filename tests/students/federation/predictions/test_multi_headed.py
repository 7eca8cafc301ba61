"""Multi-headed distillation: the main head stays private, the further heads are taught and thrown away."""

import numpy as np
import pytest
import torch

from lotwise.students.federation.graph.topologies import ring
from lotwise.students.federation.method import Parcel, module_arrays
from lotwise.students.federation.predictions.auxiliary_heads import AuxiliaryHeads
from lotwise.students.federation.predictions.multi_headed import HeadsHook, MultiHeaded
from lotwise.students.federation.predictions.soft_detections import message_bytes
from lotwise.students.federation.work import Work
from tests.models import tiny_yolo
from tests.students.federation.tiny_cameras import TinyCamera, reference_set, run

NODES = ["C1", "C2", "C3"]


def cameras():
    return {node: TinyCamera(tiny_yolo(0), wish) for node, wish in zip(NODES, (0.1, 0.5, 0.9), strict=True)}


def method_of(folder, **settings):
    settings = {"work": Work(2, rate=0.05), "keep": 84} | settings
    return MultiHeaded(reference=reference_set(folder, 2), graph=ring(NODES), **settings)


def test_the_main_head_gets_no_gradient_from_peers(tmp_path):
    method = method_of(tmp_path)
    made = cameras()
    after = run(method, made, 1)
    student = made["C1"].student
    auxiliary = AuxiliaryHeads(student, 1)
    peers = method._peers(method.outgoing(after.state, 2, NODES)["C1"])
    student.zero_grad()
    HeadsHook(auxiliary, method, peers, 0.01, (0,)).extra_loss(student, 0)["peers"].backward()
    head = student.model[-1]
    assert all(p.grad is None or not p.grad.any() for p in (*head.cv2.parameters(), *head.cv3.parameters()))
    assert any(p.grad is not None and p.grad.any() for p in student.model[15].parameters())  # the neck
    assert any(p.grad is not None and p.grad.any() for p in auxiliary.parameters())


def test_main_head_is_as_if_alone_where_the_trunk_is_held(tmp_path):
    """With the trunk frozen, nothing of what peers say can reach the main head by any way."""
    from lotwise.students.federation.alone import Alone

    heads = {}
    for name, method in {"alone": Alone(Work(2, rate=0.05)), "headed": method_of(tmp_path)}.items():
        made = cameras()
        for camera in made.values():
            for layer in camera.student.model[:-1]:
                layer.requires_grad_(False)
        after = run(method, made, 3)
        heads[name] = {k: v for k, v in after.kept["C1"].group("weights").items() if k.startswith("model.22.")}
    assert all((heads["alone"][name] == array).all() for name, array in heads["headed"].items())


@pytest.mark.parametrize("count", [1, 2])
def test_messages_are_one_a_head_and_edge(tmp_path, count):
    method = method_of(tmp_path, heads=count, keep=10)
    after = run(method, cameras(), 1)
    told = method.outgoing(after.state, 2, NODES)
    one = message_bytes(2, 10, (64, 64))
    assert after.received["C1"] == count * one + 8
    assert told["C1"].bytes() == 2 * count * one + 8
    assert set(told["C1"].arrays) == {f"{number} {node}" for number in range(count) for node in ("C2", "C3")}


def test_further_heads_learn_and_are_left_out(tmp_path):
    own, shared = (method_of(tmp_path / deploy, deploy=deploy) for deploy in ("own", "shared"))
    made = cameras()
    begun = module_arrays(made["C1"].student)
    after = run(own, made, 3)
    kept = after.kept["C1"]
    told = own.outgoing(after.state, 4, NODES)["C1"]
    mine, others = own.student(told, kept, made["C1"]), shared.student(told, kept, made["C1"])
    assert set(mine) == set(others) == set(begun)
    changed = {name for name in begun if (mine[name] != others[name]).any()}
    assert changed and all(name.startswith(("model.22.cv2", "model.22.cv3")) for name in changed)
    made["C1"].load(others)
    auxiliary = AuxiliaryHeads(made["C1"].student, 1)
    assert all(
        (auxiliary.arrays()["auxiliary 1"][name] == array).all() for name, array in kept.group("auxiliary 1").items()
    )


def test_nobody_has_said_anything_in_the_first_round(tmp_path):
    method = method_of(tmp_path)
    camera = cameras()["C1"]
    _, kept = method.on_node(Parcel({}, {"round": 1}), None, camera)
    head = {name.replace("0.", "cv2.", 1): a for name, a in kept.group("auxiliary 1").items() if name.startswith("0.")}
    begun = {name.removeprefix("model.22."): array for name, array in camera.begun.items()}
    assert head and all((begun[name] == array).all() for name, array in head.items())


def test_what_a_copy_of_the_head_says_is_what_the_head_says(tmp_path):
    student, reference = tiny_yolo(0), reference_set(tmp_path)
    main, copy = AuxiliaryHeads(student, 1).say(student, reference.pictures)
    torch.testing.assert_close(main.logits, copy.logits)
    torch.testing.assert_close(main.distances, copy.distances)
    assert np.isfinite(copy.logits.detach().numpy()).all()
