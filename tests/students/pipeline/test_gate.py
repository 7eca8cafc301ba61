"""The promotion gate: who goes live, on real registries."""

import shutil
from pathlib import Path

import pytest

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.frame import Dataset, Detections
from lotwise.datasets.load import load
from lotwise.students.export.bundle import write_bundle
from lotwise.students.pipeline import adapt as stages
from lotwise.students.pipeline import export as exporting
from lotwise.students.pipeline.gate import agreements_with_teacher, decide
from lotwise.students.pipeline.run import Run
from tests.conftest import Weights
from tests.models import tiny_yolo
from tests.students.pipeline.plans import call, plan_of


@pytest.mark.parametrize(
    ("new", "live", "held_out", "shadow", "outcome"),
    [
        (0.1, None, True, False, "promoted"),  # nothing is live
        (0.1, None, False, True, "promoted"),  # nothing that it could run beside
        (0.8, 0.8, True, False, "promoted"),  # at least as good
        (0.9, 0.8, True, True, "shadow"),
        (0.79, 0.8, True, False, "kept"),
        (0.79, 0.8, True, True, "kept"),
        (0.99, 0.8, False, False, "kept"),  # only frames that it learned from: no gate
        (float("nan"), 0.8, True, False, "kept"),
    ],
)
def test_who_is_promoted(new: float, live: float | None, held_out: bool, shadow: bool, outcome: str) -> None:
    decision = decide(new, live, held_out, shadow)
    assert decision.outcome == outcome
    assert decision.why


def test_all_are_measured_against_what_the_teacher_teaches() -> None:
    box, other = [10, 10, 50, 40], [60, 60, 90, 90]

    class Sees:
        def __init__(self, *boxes: list[int]) -> None:
            self.boxes = boxes

        def __call__(self, images: list) -> list[Detections]:
            return [Detections.of(self.boxes, [0.9] * len(self.boxes)) for _ in images]

    said = Detections.of([box, other], [0.9, 0.2])  # the second is not taught
    found = agreements_with_teacher({"one": Sees(box), "both": Sees(box, other), "none": Sees()}, [(None, said)], 0.5)
    assert found == {"one": 1.0, "both": pytest.approx(2 / 3), "none": 0.0}


@pytest.fixture
def labelled(adapted: Path, tmp_path: Path) -> Run:
    """The finished run of the main job, to be changed: as if its bundles were another run's."""
    return Run(Path(shutil.copytree(adapted, tmp_path / "run")))


def again(run: Run, monkeypatch: pytest.MonkeyPatch, scores: dict[str, float] | None = None, **asked) -> None:
    """Export once more, where wanted with agreements as given."""
    for record in run.records().values():
        run.save(record.model_copy(update={"bundle": None, "baseline": None, "live": None, "gate": None}))
    if scores is not None:
        monkeypatch.setattr(
            exporting, "agreements_with_teacher", lambda detectors, *_: {n: scores[n] for n in detectors}
        )
    stages.export(run, **asked)


def foreign_live(run: Run, site: Dataset) -> str:
    """Make a bundle of other weights live, as another run would have."""
    registry = run.registry("C1")
    folder = registry.folder / ".other"
    check = [load(frame) for frame in site.of_camera("C1")[:1]]
    write_bundle(tiny_yolo(9), folder, camera="C1", role="student", size=(96, 96), check=check)
    identity = registry.add(folder)
    registry.promote(identity)
    return identity


def test_a_live_bundle_that_agrees_better_stays(labelled: Run, site, monkeypatch, capsys) -> None:
    live = foreign_live(labelled, site)
    again(labelled, monkeypatch, {"student": 0.5, "baseline": 0.4, "live": 0.6})
    record = labelled.record("C1")
    assert record is not None
    assert record.gate is not None
    assert labelled.registry("C1").state().live == record.live == live
    assert (record.gate.outcome, record.gate.winner) == ("kept", "student")
    assert "0.600 against 0.500" in record.gate.why
    assert record.bundle in labelled.registry("C1").identities()  # there to be promoted by hand

    from lotwise.verbs.export import print_live_bundles

    print_live_bundles(labelled)
    assert f"C1: live stays the bundle before, {labelled.registry('C1').live()}" in capsys.readouterr().out


def test_a_newcomer_that_is_as_good_is_promoted_and_the_other_remembered(labelled: Run, site, monkeypatch) -> None:
    live = foreign_live(labelled, site)
    again(labelled, monkeypatch, {"student": 0.6, "baseline": 0.4, "live": 0.6})
    record, state = labelled.record("C1"), labelled.registry("C1").state()
    assert record is not None
    assert (state.live, state.before, state.on_probation) == (record.bundle, live, True)


def test_in_the_shadow_only_if_asked(labelled: Run, site, monkeypatch) -> None:
    live = foreign_live(labelled, site)
    again(labelled, monkeypatch, {"student": 0.7, "baseline": 0.4, "live": 0.6}, shadow=True)
    record, state = labelled.record("C1"), labelled.registry("C1").state()
    assert record is not None
    assert record.gate is not None
    assert (state.live, state.shadow, record.gate.outcome) == (live, record.bundle, "shadow")


def test_the_live_bundle_is_measured_as_the_new_one_is(labelled: Run, site, monkeypatch) -> None:
    live = foreign_live(labelled, site)
    again(labelled, monkeypatch)
    record = labelled.record("C1")
    assert record is not None
    assert record.gate is not None
    plan = labelled.plan()
    from lotwise.teacher.index import open_labels

    labels = open_labels(labelled.knowledge)
    frames = [frame for frame in site.of_camera("C1") if frame.name in record.test]
    detector = load_detector(labelled.registry("C1").path(live))
    said = [labels.detections(frame) for frame in frames]
    taught = [one[one.scores >= plan.distill.positive_threshold] for one in said]
    pairs = [(detector([load(frame)])[0], one) for frame, one in zip(frames, taught, strict=True)]
    assert record.gate.agreement_with_teacher["live"] == pytest.approx(agreement(pairs))


def test_a_live_bundle_that_was_harmed_does_not_stand_in_the_way(labelled: Run, site, monkeypatch) -> None:
    live = foreign_live(labelled, site)
    model = labelled.registry("C1").folder / live / "model.onnx"
    model.chmod(0o644)
    model.write_bytes(b"harmed")
    again(labelled, monkeypatch)
    record = labelled.record("C1")
    assert record is not None
    assert record.gate is not None
    assert record.gate.outcome == "promoted"
    assert set(record.gate.agreement_with_teacher) == {"student", "baseline"}


def test_without_held_out_frames_the_live_one_stays(site, weights: Weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path), plan_of(site, weights, cameras=("C1",), holdout=0.0)
    stages.adapt(run, plan)
    first = run.registry("C1").state().live
    changed = plan.model_copy(update={"distill": plan.distill.model_copy(update={"seed": 5})})
    stages.adapt(run, changed)
    record = run.record("C1")
    assert record is not None
    assert record.gate is not None
    assert (record.gate.outcome, run.registry("C1").state().live) == ("kept", first)
    assert "nothing shows that the new bundle is better" in record.gate.why


def test_the_command_line_lets_it_run_in_the_shadow(labelled: Run, site, monkeypatch, capsys) -> None:
    live = foreign_live(labelled, site)
    monkeypatch.setattr(exporting, "agreements_with_teacher", lambda models, *_: dict.fromkeys(models, 0.5))
    for record in labelled.records().values():
        labelled.save(record.model_copy(update={"bundle": None, "baseline": None, "live": None, "gate": None}))
    call("export", "--run", str(labelled.folder), "--shadow")
    assert f"in the shadow of the live bundle, {labelled.registry('C1').folder / live}" in capsys.readouterr().out
