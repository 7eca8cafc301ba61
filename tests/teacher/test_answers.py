"""The teacher's word on any frame: from the store where there is one, and the weights only where there is none."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.load import load
from lotwise.teacher.answers import TeacherAnswers
from lotwise.teacher.index import LabelIndex, Labels
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

SETTINGS = OracleSettings(scales=(64,), grid=0)


@pytest.fixture
def labels(site, weights, tmp_path: Path) -> Labels:
    oracle = Oracle(weights.teacher, SETTINGS)
    store = KnowledgeStore.open(tmp_path / "knowledge", oracle.identity, {})
    done = label(site.frames[:2], oracle, store)
    return Labels(LabelIndex(oracle=oracle.identity, frames=dict(done.frames)), store)


def gone() -> Oracle:
    return Oracle("nowhere/teacher.pt", SETTINGS)


def test_known_frames_need_no_weights_and_no_key(site, labels: Labels, monkeypatch) -> None:
    monkeypatch.setattr("lotwise.teacher.answers.content_key", lambda image: pytest.fail("hashed"))
    answers = TeacherAnswers(labels, gone)
    for frame in site.frames[:2]:
        own = labels.store.get(labels.keys[frame.name]).detections
        assert np.array_equal(answers.detections(frame, load(frame)).boxes, own.boxes)


def test_a_known_picture_under_another_name_needs_no_weights(site, labels: Labels, tmp_path: Path) -> None:
    path = Path(shutil.copy(site.frames[0].path, tmp_path / "copy.jpg"))
    frame = replace(site.frames[0], name="copy.jpg", path=path)
    assert len(TeacherAnswers(labels, gone).detections(frame, load(frame)).boxes)


def test_a_new_frame_is_looked_at_once(site, labels: Labels, weights) -> None:
    loaded: list[Oracle] = []

    def oracle() -> Oracle:
        loaded.append(Oracle(weights.teacher, SETTINGS))
        return loaded[-1]

    answers = TeacherAnswers(labels, oracle)
    for frame in site.frames[2:4]:
        found = answers.detections(frame, load(frame))
        own = loaded[0].predict(load(frame)).detections
        assert found.boxes.round(2).tolist() == own.boxes.round(2).tolist()
    assert len(loaded) == 1
    assert len(labels.store) == 4


def test_a_frame_of_the_same_name_with_another_picture_is_another_frame(site, labels: Labels, tmp_path: Path) -> None:
    path = Path(shutil.copy(site.frames[5].path, tmp_path / "other.jpg"))
    frame = replace(site.frames[0], path=path)
    with pytest.raises(InputError, match=r"other\.jpg: the teacher never looked at this frame, and now: .*teacher\.pt"):
        TeacherAnswers(labels, gone).detections(frame, load(frame))


def test_other_weights_are_not_taken_for_the_teachers(site, labels: Labels, weights) -> None:
    frame = site.frames[3]
    answers = TeacherAnswers(labels, lambda: Oracle(weights.student, SETTINGS))
    with pytest.raises(InputError, match=r"student\.safetensors are not\s+those that labelled the run"):
        answers.detections(frame, load(frame))
