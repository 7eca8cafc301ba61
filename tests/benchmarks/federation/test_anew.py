"""Cameras that begin anew with what all have said."""

import numpy as np

from benchmarks.federation.anew import learn_anew
from lotwise.students.federation.predictions.soft_detections import message_bytes
from lotwise.students.federation.predictions.student_says import predict
from tests.models import tiny_yolo
from tests.students.federation.tiny_cameras import TinyCamera, reference_set


def test_what_all_have_said_is_where_each_begins(tmp_path) -> None:
    reference = reference_set(tmp_path)

    def make():
        return {f"C{i}": TinyCamera(tiny_yolo(0), wish, 4, True) for i, wish in enumerate((0.1, 0.5, 0.9))}

    made = make()
    for camera in made.values():
        camera.train(20, rate=0.05)
    alone = {node: camera.weights() for node, camera in made.items()}
    spoken = {node: predict(camera.student, reference.pictures).scores for node, camera in made.items()}
    begun = []

    def train(cameras):
        begun.extend(predict(camera.student, reference.pictures).scores for camera in cameras.values())
        return {node: camera.weights() for node, camera in cameras.items()}, 1.0

    students, seconds, sent = learn_anew(make, alone, train, reference, 84, 40, 0.004, 0)
    target, untouched = np.mean(list(spoken.values()), axis=0), predict(tiny_yolo(0), reference.pictures).scores
    assert np.abs(begun[0] - target).mean() < 0.7 * np.abs(untouched - target).mean()
    np.testing.assert_allclose(begun[0], begun[1], atol=0.05)
    assert sent == message_bytes(3, 84, reference.input)
    assert seconds > 1 and set(students) == set(alone)
