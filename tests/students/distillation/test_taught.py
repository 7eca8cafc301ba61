"""What is taught of a camera's frames: the consensus by the settings, marked where only the teacher speaks."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.distillation import taught as teaching
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.taught import AUDIT, taught_detections
from lotwise.students.losses.targets import AS_SAID
from lotwise.teacher.consensus import ConsensusSettings, Finding, Verdict, camera_consensus
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

SETTINGS = DistillSettings(size=96)


@pytest.fixture(scope="module")
def known(site, weights, tmp_path_factory) -> SimpleNamespace:
    """The frames of one camera and what the teacher said of them."""
    frames = site.of_camera("C1")
    oracle = Oracle(weights.teacher, OracleSettings(scales=(96,), grid=0))
    store = KnowledgeStore.open(tmp_path_factory.mktemp("knowledge"), oracle.identity, {})
    return SimpleNamespace(frames=frames, keys=label(frames, oracle, store).keys, store=store)


def test_what_is_taught_is_the_consensus_of_the_settings(known, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"positive_threshold": 0.2, "ignore_threshold": 0.1})
    found = taught_detections(known.frames, known.keys, known.store, settings, tmp_path)
    verdicts = camera_consensus(
        known.frames, known.keys, known.store, ConsensusSettings(positive_threshold=0.2, ignore_threshold=0.1)
    )
    assert list(found) == [frame.name for frame in known.frames]
    for name, detections in found.items():
        assert np.array_equal(detections.boxes, verdicts[name].detections.boxes)
        assert np.array_equal(detections.scores, verdicts[name].detections.scores)
    assert (tmp_path / AUDIT).is_file()


def test_without_consensus_the_teachers_own_word_is_taught(known, tmp_path: Path) -> None:
    plain = SETTINGS.model_copy(update={"consensus": False})
    found = taught_detections(known.frames, known.keys, known.store, plain, tmp_path)
    for frame in known.frames:
        own = known.store.get(known.keys[frame.name]).detections
        assert np.array_equal(found[frame.name].boxes, own.boxes)
        assert np.array_equal(found[frame.name].scores, own.scores)
    assert not list(tmp_path.iterdir())


def test_boxes_that_only_the_teacher_speaks_for_are_marked(known, monkeypatch) -> None:
    name = known.frames[0].name
    found = Detections.of([[0, 0, 9, 9], [20, 0, 29, 9]], [0.4, 0.3])
    findings = (Finding("untold", 0.4, None), Finding("raised", 0.2, None))
    monkeypatch.setattr(teaching, "camera_consensus", lambda *_: {name: Verdict(found, findings)})
    as_said = SETTINGS.model_copy(update={"untold": "as said"})
    taught = taught_detections(known.frames, known.keys, known.store, as_said)
    assert taught[name].labels.tolist() == [AS_SAID, 0]
    assert np.array_equal(taught[name].scores, found.scores)
    assert taught_detections(known.frames, known.keys, known.store, SETTINGS)[name].labels.tolist() == [0, 0]


@pytest.mark.parametrize("furniture", ["vehicle", "doubt", "background"])
def test_the_settings_say_what_is_taught_of_furniture(known, monkeypatch, furniture) -> None:
    asked = []
    monkeypatch.setattr(teaching, "camera_consensus", lambda *given: asked.append(given[3]) or {})
    taught_detections(known.frames, known.keys, known.store, SETTINGS.model_copy(update={"furniture": furniture}))
    assert asked == [replace(ConsensusSettings(), furniture=furniture)]


def test_the_settings_say_what_is_taught_of_what_cannot_be_told(known, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(teaching, "camera_consensus", lambda *given: asked.append(given[3]) or {})
    taught_detections(known.frames, known.keys, known.store, SETTINGS.model_copy(update={"untold": "raised"}))
    assert asked == [replace(ConsensusSettings(), untold="raised")]
