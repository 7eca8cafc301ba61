"""What is expected of a frame: what is taught, what is left open, and what the teacher has anywhere."""

from types import SimpleNamespace

import numpy as np
import pytest

from lotwise.datasets.frame import Detections, Frame
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.losses.targets import AS_SAID
from lotwise.students.pipeline import expectation
from lotwise.students.pipeline.expectation import expected_vehicles

ONE, TWO, THREE = [0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]


@pytest.fixture
def labels() -> SimpleNamespace:
    said = {"a": Detections.of([ONE, TWO], [0.64, 0.05]), "b": Detections.of([THREE], [0.36])}
    return SimpleNamespace(keys={"a": "1", "b": "2"}, store=None, detections=lambda frame: said[frame.name], said=said)


def test_what_is_expected(labels, monkeypatch, tmp_path) -> None:
    taught = {
        "a": Detections.of([ONE, TWO], [0.64, 0.05]),
        "b": Detections.of([THREE, TWO], [0.36, 0.2], [AS_SAID, 0]),
    }
    monkeypatch.setattr(expectation, "taught_detections", lambda *_, **__: taught)
    frames = [Frame("C1", name, tmp_path / name) for name in ("a", "b")]
    found = expected_vehicles(frames, labels, DistillSettings())
    assert found["a"].taught.boxes.tolist() == [ONE]
    assert found["a"].taught.scores.tolist() == pytest.approx([0.8])
    assert found["b"].taught.scores.tolist() == pytest.approx([0.36, 0.2**0.5])  # the first is taught as said
    assert found["a"].left_open.tolist() == [TWO, ONE]  # in doubt, and where a sure vehicle stood on some frame
    assert found["b"].left_open.tolist() == [ONE]
    assert np.array_equal(found["a"].told, found["b"].told)
    assert found["a"].told.tolist() == [ONE, TWO, THREE]
