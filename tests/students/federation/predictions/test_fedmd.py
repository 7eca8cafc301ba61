"""FedMD: one camera changes nothing, several come closer to their mean."""

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.alone import Alone
from lotwise.students.federation.method import Parcel
from lotwise.students.federation.predictions.fedmd import FedMD
from lotwise.students.federation.predictions.soft_detections import SoftDetections, message_bytes
from lotwise.students.federation.predictions.student_says import predict
from lotwise.students.federation.work import Work
from tests.models import tiny_yolo
from tests.students.federation.tiny_cameras import TinyCamera, reference_set, run

WORK = Work(2, rate=0.05)


def cameras(count):
    wishes = np.linspace(0.1, 0.9, count)
    return {f"C{i}": TinyCamera(tiny_yolo(0), wish) for i, wish in enumerate(wishes)}


def test_one_node_changes_nothing(tmp_path):
    """Bit for bit what the camera would have become alone."""
    one = (
        run(FedMD(reference=reference_set(tmp_path), work=WORK, digest_steps=2), cameras(1), 2)
        .kept["C0"]
        .group("weights")
    )
    alone = run(Alone(WORK), cameras(1), 2).kept["C0"].group("weights")
    assert all((one[name] == alone[name]).all() for name in alone)


def disagreement(federated, made, reference):
    scores = []
    for node, camera in made.items():
        camera.load(federated.kept[node].group("weights"))
        scores.append(predict(camera.student, reference.pictures).scores)
    return float(np.std(scores, axis=0).mean())


def test_cameras_come_closer_on_the_reference_set(tmp_path):
    reference = reference_set(tmp_path)
    work = Work(1, rate=0.05)
    found = {}
    for name, method in {
        "alone": Alone(work),
        "fedmd": FedMD(reference=reference, work=work, digest_steps=5, keep=84),
    }.items():
        made = cameras(3)
        found[name] = disagreement(run(method, made, 3), made, reference)
    assert found["fedmd"] < 0.8 * found["alone"]


def test_the_mean_is_that_of_all_and_is_as_large_as_one_message(tmp_path):
    reference = reference_set(tmp_path)
    method = FedMD(reference=reference, work=WORK, keep=84)
    made = cameras(2)
    after = run(method, made, 1)
    told = method.outgoing(after.state, 2, list(made))["C0"]
    scores = []
    for node, camera in made.items():
        camera.load(after.kept[node].group("weights"))
        scores.append(predict(camera.student, reference.pictures).scores)
    said = SoftDetections.of_arrays(told.group("mean"), 3, 84).dense(84)
    np.testing.assert_allclose(said.scores, np.mean(scores, axis=0), atol=1e-3)
    assert told.bytes() == message_bytes(3, 84, reference.input) + 2 * 8  # two numbers: the round, and what it is about
    assert after.received["C0"] == message_bytes(3, 84, reference.input) + 8


def test_some_pictures_each_round(tmp_path):
    method = FedMD(reference=reference_set(tmp_path, 6), work=WORK, digest_steps=1, keep=10, pictures=2)
    after = run(method, cameras(2), 3)
    assert after.received["C0"] == 3 * (message_bytes(2, 10, (64, 64)) + 8)


@pytest.mark.parametrize("first", [0, 5])
def test_a_first_round_of_its_own_length(tmp_path, first):
    made = cameras(2)
    steps = []
    for camera in made.values():
        train = camera.train
        camera.train = lambda count, *a, train=train, **more: (steps.append(count), train(1, *a, **more))[1]
    run(FedMD(reference=reference_set(tmp_path, 2), work=WORK, first=first, digest_steps=1, keep=10), made, 2)
    assert steps == [first or 2] * 2 + [1, 2] * 2


def test_a_reply_of_another_reference_set_is_refused(tmp_path):
    few, many = reference_set(tmp_path / "few", 2), reference_set(tmp_path / "many", 3)
    made = cameras(2)
    reply, _ = FedMD(reference=few, work=WORK).on_node(Parcel({}, {"round": 1}), None, made["C0"])
    with pytest.raises(InputError, match="soft detections of 3 pictures expected"):
        FedMD(reference=many, work=WORK).check(Parcel(), reply)
