"""A camera's student from its labelled frames: what is left in the folder, and which round counts."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.datasets.progress import no_progress
from lotwise.students.distillation import distill as distillation
from lotwise.students.distillation import learn as learning
from lotwise.students.distillation.learn import Learned, learn
from lotwise.students.distillation.self_training import RoundScore
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.taught import taught_detections
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

SETTINGS = DistillSettings(size=96, epochs=1, min_steps=1, batch=3)
GOOD, BAD = RoundScore(0.9, 0.9, 0.9), RoundScore(0.8, 0.9, 0.9)


@pytest.fixture(scope="module")
def known(site, weights, tmp_path_factory) -> SimpleNamespace:
    """The frames of one camera and what the teacher said of them."""
    frames = site.of_camera("C1")
    oracle = Oracle(weights.teacher, OracleSettings(scales=(96,), grid=96, latent_bytes=20_000))
    store = KnowledgeStore.open(tmp_path_factory.mktemp("knowledge"), oracle.identity, {})
    return SimpleNamespace(frames=frames, keys=label(site.frames, oracle, store).keys, store=store)


@pytest.fixture
def taught(known, weights) -> Callable[..., Learned]:
    def run(folder: Path, **changed) -> Learned:
        others = changed.pop("others", ())
        progress = changed.pop("progress", no_progress)
        settings = SETTINGS.model_copy(update=changed)
        return learn(
            weights.student, ("vehicle",), known.frames, known.keys, known.store, settings, folder, progress, others
        )

    return run


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def student(folder: Path) -> str:
    return fingerprint(load_model(folder / "student.safetensors"))


def test_one_round_leaves_the_student_and_the_audit_and_is_not_done_twice(taught, known, tmp_path: Path) -> None:
    told: list[int] = []
    first = taught(tmp_path, progress=lambda _, step, *__: told.append(step))
    assert (first.kept, first.rounds, first.size, first.trained.steps) == (1, (), (96, 96), 2)
    assert files(tmp_path) == {"student.safetensors", "consensus.jsonl", "last.pt", "log.jsonl"}
    assert student(tmp_path) == fingerprint(first.trained.student)
    lines = [json.loads(line) for line in (tmp_path / "consensus.jsonl").read_text().splitlines()]
    assert {line["frame"] for line in lines} == {frame.name for frame in known.frames}
    assert told == [1, 2]

    (tmp_path / "student.safetensors").unlink()
    again = taught(tmp_path, progress=lambda _, step, *__: told.append(step))
    assert told == [1, 2]
    assert student(tmp_path) == fingerprint(again.trained.student) == fingerprint(first.trained.student)


def test_consensus_teaches_another_student(taught, tmp_path: Path) -> None:
    with_it, without = (taught(tmp_path / str(asked), consensus=asked).trained for asked in (True, False))
    assert fingerprint(with_it.student) != fingerprint(without.student)


@pytest.mark.parametrize(("scores", "kept"), [((GOOD, GOOD), 2), ((GOOD, BAD), 1), ((BAD, GOOD), 2)])
def test_of_two_rounds_the_second_counts_unless_it_drifted(
    taught, tmp_path: Path, monkeypatch, scores: tuple[RoundScore, RoundScore], kept: int
) -> None:
    judged = iter(scores)
    monkeypatch.setattr(learning, "score_round", lambda *_: next(judged))
    found = taught(tmp_path, rounds=2)
    assert (found.kept, found.rounds) == (kept, scores)
    second = {"second/student.safetensors", "second/last.pt", "second/log.jsonl"}
    assert {"student.safetensors", "consensus.jsonl", "last.pt", "log.jsonl", *second} == files(tmp_path)
    assert student(tmp_path) == fingerprint(found.trained.student)
    assert (student(tmp_path) == student(tmp_path / "second")) == (kept == 2)


def test_two_rounds_are_judged_and_not_done_twice(taught, known, tmp_path: Path, monkeypatch) -> None:
    refined: list[dict[str, Detections]] = []
    refine = learning.refine
    monkeypatch.setattr(learning, "refine", lambda *given: refined.append(refine(*given)) or refined[-1])
    told: list[int] = []
    first = taught(tmp_path, rounds=2, progress=lambda _, step, *__: told.append(step))
    assert told == [1, 2, 1, 2]
    assert len(first.rounds) == 2
    assert all(0 <= figure <= 1 for one in first.rounds for figure in (one.sure, one.agreement, one.steadiness))
    own = taught_detections(known.frames, known.keys, known.store, SETTINGS)
    assert any(not np.array_equal(refined[0][name].scores, own[name].scores) for name in own)

    before = student(tmp_path)
    again = taught(tmp_path, rounds=2, progress=lambda _, step, *__: told.append(step))
    assert told == [1, 2, 1, 2]
    assert (again.kept, again.rounds, student(tmp_path)) == (first.kept, first.rounds, before)


def test_frames_of_other_cameras_are_learned_from_as_the_teacher_sees_them(taught, site, known, tmp_path: Path) -> None:
    others = site.of_camera("C2")
    found = taught(tmp_path, others=others)
    assert found.trained.steps == -(-(len(known.frames) + len(others)) // SETTINGS.batch)
    frames = {json.loads(line)["frame"] for line in (tmp_path / "consensus.jsonl").read_text().splitlines()}
    assert frames == {frame.name for frame in known.frames}


def test_a_student_that_has_settled_is_stopped_by_its_agreement(taught, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(distillation, "CHECK_EVERY", 1)
    monkeypatch.setattr(learning, "agreement_check", lambda samples: lambda student: 0.5)
    assert taught(tmp_path, epochs=20).trained.steps == 8  # asked at 2, 4 and 6; a fifth, made a whole epoch
