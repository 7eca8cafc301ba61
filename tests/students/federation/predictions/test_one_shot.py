"""One-shot distillation: whole trainings from the same start, the second with what all others have said."""

import numpy as np
import pytest

from lotwise.students.federation.method import Parcel
from lotwise.students.federation.predictions.one_shot import OneShot, between, stretches
from lotwise.students.federation.predictions.soft_detections import message_bytes
from lotwise.students.federation.predictions.student_says import predict
from lotwise.students.federation.work import Work
from tests.models import tiny_yolo
from tests.students.federation.tiny_cameras import TinyCamera, reference_set, run

WORK = Work(4, rate=0.05)


def cameras(count, last_layers=False):
    wishes = np.linspace(0.1, 0.9, count)
    return {f"C{i}": TinyCamera(tiny_yolo(0), wish, last_layers=last_layers) for i, wish in enumerate(wishes)}


def weights(federated, node="C0"):
    return federated.kept[node].group("weights")


def same(one, other):
    return all(np.array_equal(one[name], other[name]) for name in one)


def test_each_round_begins_anew(tmp_path):
    """Where nothing is heard, two rounds make the student that one makes, bit for bit."""
    method = OneShot(reference=reference_set(tmp_path), work=WORK)
    assert same(weights(run(method, cameras(1), 1)), weights(run(method, cameras(1), 2)))
    deaf = OneShot(reference=reference_set(tmp_path), work=WORK, weight=0.0)
    assert same(weights(run(deaf, cameras(2), 1)), weights(run(deaf, cameras(2), 2)))


def test_cameras_come_closer_on_the_reference_set(tmp_path):
    reference = reference_set(tmp_path)
    method = OneShot(reference=reference, work=Work(20, rate=0.05), weight=20.0, keep=84, average=0.1)
    found = []
    for rounds in (1, 2):
        made = cameras(3, last_layers=True)
        after, scores = run(method, made, rounds), []
        for node, camera in made.items():
            camera.load(weights(after, node))
            scores.append(predict(camera.student, reference.pictures).scores)
        found.append(float(np.std(scores, axis=0).mean()))
    assert found[1] < 0.5 * found[0]


def test_a_camera_hears_the_others_and_not_itself(tmp_path):
    method = OneShot(reference=reference_set(tmp_path, 2), work=WORK, keep=10)
    made = cameras(2)
    after = run(method, made, 1)
    told = method.outgoing(after.state, 2, list(made))
    for node, other in (("C0", "C1"), ("C1", "C0")):
        heard, said = (
            method.read(arrays).dense(method.anchors) for arrays in (told[node].group("mean"), after.state.group(other))
        )
        np.testing.assert_allclose(heard.scores, said.scores, rtol=2e-3)
        np.testing.assert_allclose(heard.weighted, said.weighted, rtol=2e-3, atol=1e-3)
    assert after.received["C0"] == message_bytes(2, 10, (64, 64)) + 8
    assert told["C0"].bytes() == message_bytes(2, 10, (64, 64)) + 8


def test_who_speaks_and_what_is_deployed_lies_between_start_and_student(tmp_path):
    """At 0 the untouched nano speaks, whatever the cameras have learned, and is deployed."""
    method = OneShot(reference=reference_set(tmp_path, 2), work=WORK, speak_at=0.0, share=0.0, keep=10)
    made = cameras(2)
    after = run(method, made, 1)
    assert same(after.state.group("C0"), after.state.group("C1"))
    made["C0"].new_round(2)
    parameters = made["C0"].trainable
    deployed = method.student(Parcel(), after.kept["C0"], made["C0"])
    assert all(np.array_equal(deployed[name], made["C0"].begun[name]) for name in parameters)
    assert not same({n: weights(after)[n] for n in parameters}, {n: deployed[n] for n in parameters})


def test_the_deployed_student_is_the_mean_of_what_was_learned_alone_and_with_the_others(tmp_path):
    method = OneShot(reference=reference_set(tmp_path, 2), work=WORK, weight=20.0, keep=84, share=1.0, own=0.25)
    first = cameras(2)
    alone = weights(run(method, first, 1))
    made = cameras(2)
    after = run(method, made, 2)
    both, deployed = weights(after), method.student(Parcel(), after.kept["C0"], made["C0"])
    parameters = made["C0"].trainable
    assert not same({n: alone[n] for n in parameters}, {n: both[n] for n in parameters})
    for name in parameters:
        np.testing.assert_allclose(deployed[name], 0.75 * both[name] + 0.25 * alone[name], rtol=1e-5, atol=1e-6)


def test_between_moves_weights_and_leaves_counters() -> None:
    start, end = {"w": np.float32([0, 4]), "n": np.array(1)}, {"w": np.float32([2, 4]), "n": np.array(7)}
    found = between(start, end, 0.5)
    assert found["w"].tolist() == [1, 4]
    assert found["w"].dtype == np.float32
    assert found["n"] == 7


def test_the_rate_rises_and_falls() -> None:
    rates = [rate for _, rate in stretches(100)]
    assert len(rates) == 20
    assert rates.index(max(rates)) in (1, 2)
    assert rates[-1] == pytest.approx(0.02, abs=0.01)
    assert stretches(0) == []
