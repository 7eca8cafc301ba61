"""The main job end to end on a tiny site: done once, gone on with after a kill, never done twice."""

import json
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import parse_manifest, read_manifest
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES, read_seen_boxes
from lotwise.cameras.trust.reference import read_reference
from lotwise.command_line import main
from lotwise.datasets.errors import InputError
from lotwise.eval.collect import collect
from lotwise.students.distillation import learn as learning
from lotwise.students.distillation.self_training import RoundScore
from lotwise.students.export.settings import ExportSettings
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.export import export_bundles
from lotwise.students.pipeline.label import label_frames
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import train_students
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.index import open_labels
from tests.conftest import Weights
from tests.students.pipeline.plans import only, plan_of

DEADLINE_S = 300


@pytest.fixture
def done(adapted: Path) -> tuple[Run, Plan]:
    return Run(adapted), Run(adapted).plan()


def files(run: Run) -> dict[str, float]:
    kept = (path for path in run.folder.rglob("*") if path.is_file())
    return {path.relative_to(run.folder).as_posix(): path.stat().st_mtime_ns for path in kept}


def test_every_camera_gets_a_live_bundle_measured_on_days_it_did_not_learn_from(done, site) -> None:
    run, _ = done
    records = run.records()
    assert list(records) == ["C1", "C2"]
    for camera, record in records.items():
        assert (len(record.train), len(record.test), record.held_out) == (3, 3, True)
        assert {name.split("/")[1] for name in record.train}.isdisjoint(name.split("/")[1] for name in record.test)
        live = run.registry(camera).live()
        assert live.name == record.live in (record.bundle, record.baseline)
        manifest = read_manifest(live)
        assert (manifest.camera, manifest.input) == (camera, (96, 96))
        assert [shape.id for shape in manifest.slots] == [slot.id for slot in site.slots[camera]]
        # What it learned from, so that a later gate does not measure it on that.
        keys, said = open_labels(run.knowledge).keys, read_manifest(run.registry(camera).path(str(record.bundle)))
        assert said.training["pictures"] == sorted(keys[name] for name in record.train)
        gate = record.gate.agreement_with_teacher
        assert (gate["student"] >= gate["baseline"]) == (record.live == record.bundle)
        assert (run.camera(camera) / "train" / "loss.png").stat().st_size > 1000


def test_the_audit_of_the_consensus_lies_beside_the_student_and_tells_of_training_frames_alone(done) -> None:
    run, _ = done
    for camera, record in run.records().items():
        audit = (run.camera(camera) / "train" / "consensus.jsonl").read_text().splitlines()
        assert {json.loads(line)["frame"] for line in audit} == set(record.train)
        assert (record.training["rounds"], record.training["round"]) == ([], 1)


def test_with_two_rounds_the_record_tells_how_both_stand(site, weights, tmp_path: Path, monkeypatch) -> None:
    good, bad = RoundScore(0.9, 0.9, 0.9), RoundScore(0.5, 0.9, 0.9)
    judged = iter((good, bad))
    monkeypatch.setattr(learning, "score_round", lambda *_: next(judged))
    run, plan = Run(tmp_path), plan_of(site, weights, cameras=("C1",))
    run.begin(plan.model_copy(update={"distill": plan.distill.model_copy(update={"rounds": 2, "epochs": 1})}))
    one = only(site, "C1")
    (record,) = train_students(run, one, label_frames(run, one))
    assert record == run.record("C1")
    assert record.training["rounds"] == [asdict(good), asdict(bad)]
    assert record.training["round"] == 1
    train = run.camera("C1") / "train"
    assert fingerprint(load_model(train / "student.safetensors")) == record.training["weights"]
    assert (train / "second" / "student.safetensors").is_file()


def test_a_second_run_does_nothing_twice(done) -> None:
    run, plan = done
    before, told = files(run), []
    labels = adapt(run, plan, lambda *words: told.append(words)).labels
    assert labels.predicted == 0
    assert not [words for words in told if words[0].startswith("train")]
    after = files(run)
    assert set(after) == set(before)
    rewritten = {name for name in after if after[name] != before[name]}
    heavy = [name for name in rewritten if name.endswith((".onnx", "last.pt")) or name.startswith("knowledge/")]
    assert [name for name in heavy if not name.endswith("oracle.json")] == []


def test_a_camera_that_cannot_be_checked_is_not_deployed(site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path), plan_of(site, weights)
    run.begin(plan)
    one = only(site, "C1")
    labels = label_frames(run, one)
    train_students(run, one, labels)
    record = run.record("C1")
    assert record is not None
    left = replace(one, frames=tuple(frame for frame in one.frames if frame.name in record.train))
    with pytest.raises(InputError, match="not one of its 3 test frames"):
        export_bundles(run, left, labels)
    export_bundles(run, one, labels)
    assert run.registry("C1").live().is_dir()


@pytest.mark.slow
def test_the_live_bundle_gets_an_int8_model_or_says_why_not(site, weights, tmp_path) -> None:
    pytest.importorskip("nncf", reason="INT8 models are made by NNCF: pip install 'lotwise[train]'")
    run = Run(tmp_path)
    adapt(run, plan_of(site, weights, cameras=("C1",), export=ExportSettings(samples=2)))
    record = run.record("C1")
    assert record is not None
    live = run.registry("C1").live()
    manifest = read_manifest(live)
    assert manifest.identity == record.live
    said = manifest.measured["int8"]
    assert said == record.gate.int8
    assert ("int8" in manifest.models) != ("refused" in said)
    (other,) = {record.bundle, record.baseline} - {record.live}
    assert "int8" not in read_manifest(live.parent / other).measured


HELD_OUT = FewFramesSettings(pictures=1)
"""Frames are held out however few there are, and none left out in turn."""


def test_with_few_frames_only_the_chosen_and_the_held_out_ones_are_labelled(done, site, weights, tmp_path) -> None:
    everything, few = done[0], Run(tmp_path)
    plan = plan_of(site, weights, frames=2, cameras=("C1",), few_frames=HELD_OUT)
    labels = adapt(few, plan).labels
    full, record = everything.record("C1"), few.record("C1")
    assert full is not None
    assert record is not None
    assert (record.test, record.held_out) == (full.test, full.held_out)
    assert len(record.train) == 2
    assert {*record.train, *record.unchosen} == set(full.train)
    assert set(labels.keys) == {*record.train, *record.test}
    assert record.note.endswith("learned from 2 chosen frames of 3")
    assert few.registry("C1").live().is_dir()
    # The teacher is spared the frames that were not chosen when the report is made, too.
    assert {frame.name for frame in collect(few, site).evidence.frames} == set(record.test)

    told: list[str] = []
    again = adapt(few, plan, lambda stage, *_: told.append(stage)).labels
    assert (again.predicted, again.unchosen) == (0, frozenset(record.unchosen))
    assert "train C1" not in told


def test_with_few_frames_of_which_none_can_be_read_one_is_named(site, weights, tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.begin(plan_of(site, weights, frames=2))
    gone = replace(site.footage, frames=tuple(replace(frame, path=tmp_path / "gone.jpg") for frame in site.frames))
    with pytest.raises(InputError, match=r"none of 12 frames can be learned from; the first: .*gone\.jpg"):
        label_frames(run, gone)


def test_weights_that_are_no_student_are_named_before_any_labelling(site, weights, tmp_path: Path) -> None:
    bad = tmp_path / "bad.pt"
    bad.write_bytes(b"nothing")
    run = Run(tmp_path / "run")
    with pytest.raises(InputError, match=r"bad\.pt"):
        adapt(run, plan_of(site, weights, student=str(bad)))
    assert not run.folder.exists()


def command_line(arguments: list[str], said: Path) -> None:
    """What a fresh process does."""
    with said.open("w") as sys.stderr, said.with_suffix(".out").open("w") as sys.stdout:
        main(arguments)


def start(run: Run, site, weights: Weights) -> BaseProcess:
    """``lotwise adapt`` in a process of its own, forked from one that has imported what it needs."""
    settings = run.folder.with_suffix(".yaml")
    settings.write_text("{size: 96, epochs: 12, min_steps: 1, batch: 2}\n")
    arguments = [
        "adapt", "--dataset", "synthetic", "--root", str(site.root), "--cameras", "C1", "--settings", str(settings),
        "--teacher", str(weights.teacher), "--student", str(weights.student), "--scales", "96", "--tiles", "3",
        "--out", str(run.folder),
    ]  # fmt: skip
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["lotwise.students.pipeline.adapt", "lotwise.eval.collect"])
    process = processes.Process(target=command_line, args=(arguments, run.folder.with_suffix(".err")))
    process.start()
    return process


def kill_when(process: BaseProcess, seen: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not seen():
        process.join(0.01)
        assert process.exitcode is None, "ended before it could be killed"
        assert time.monotonic() < end, "nothing happened"
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.slow
def test_killed_while_labelling_and_while_training_and_run_again(site, weights, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    kill_when(start(run, site, weights), lambda: any(run.knowledge.glob("*/*/*.safetensors")))
    stored = {path: path.stat().st_mtime_ns for path in run.knowledge.glob("*/*/*.safetensors")}
    assert 0 < len(stored) < 6

    log = run.camera("C1") / "train" / "log.jsonl"
    kill_when(start(run, site, weights), lambda: log.is_file() and b"\n" in log.read_bytes())
    assert all(path.stat().st_mtime_ns == when for path, when in stored.items())
    assert 0 < len(log.read_text().splitlines()) < 12

    third = start(run, site, weights)
    third.join(DEADLINE_S)
    said = run.folder.with_suffix(".err").read_text()
    assert third.exitcode == 0, said
    assert "label: 6 done (0 new, 0 unreadable)" in said
    assert [json.loads(line)["epoch"] for line in log.read_text().splitlines()] == list(range(1, 13))
    assert run.registry("C1").live().is_dir()
    assert json.loads((run.folder / "report.json").read_text())["rows"]


def test_a_bundle_carries_the_boxes_that_slots_are_learned_from(adapted: Path) -> None:
    for record in Run(adapted).records().values():
        registry = Run(adapted).registry(record.camera)
        manifest = parse_manifest(registry.folder / str(record.bundle))
        seen = read_seen_boxes(registry.folder / str(record.bundle) / SEEN_BOXES)
        assert SEEN_BOXES in manifest.files and seen is not None
        assert len(seen.frames) == len(record.train)
        assert {(frame.taken, frame.by) for frame in seen.frames} == {(None, "")}


def test_student_and_nano_both_carry_what_they_know_of_themselves(adapted: Path) -> None:
    run = Run(adapted)
    for camera, record in run.records().items():
        for bundle in (record.bundle, record.baseline):  # the one that did not win may be promoted by hand
            reference = read_reference(run.registry(camera).path(str(bundle)))
            assert reference is not None and reference.frames > 0
