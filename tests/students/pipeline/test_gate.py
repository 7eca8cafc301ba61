"""The promotion gate: who goes live, on real registries."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import BundleRole, read_manifest
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, load_detector
from lotwise.cameras.registry.use import RegistriesInUse
from lotwise.datasets.frame import Dataset, Detections
from lotwise.datasets.load import load
from lotwise.datasets.readers.open import open_dataset
from lotwise.eval.collect import collect
from lotwise.eval.live_of_run import live_models
from lotwise.students.export.bundle import write_bundle
from lotwise.students.pipeline import adapt as stages
from lotwise.students.pipeline import export as exporting
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.expected_f1 import MAX_THRESHOLD, MIN_THRESHOLD, judge
from lotwise.students.pipeline.gate import agreements_with_teacher, decide, decide_unmeasured, invention_refusal
from lotwise.students.pipeline.measure import Measured
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.tune import Tuning
from lotwise.verbs.export import print_live_bundles
from tests.conftest import Weights
from tests.models import tiny_yolo
from tests.students.pipeline.plans import call, plan_of


@pytest.mark.parametrize(
    ("student", "baseline", "live", "shadow", "winner", "outcome"),
    [
        (0.1, 0.0, None, False, "student", "promoted"),  # nothing is live
        (0.1, 0.2, None, True, "baseline", "promoted"),  # nothing that it could run beside
        (0.8, 0.7, 0.8, False, "student", "promoted"),  # at least as good
        (0.9, 0.7, 0.8, True, "student", "shadow"),
        (0.79, 0.7, 0.8, False, "student", "kept"),
        (0.79, 0.7, 0.8, True, "student", "kept"),
        (0.7, 0.9, 0.8, False, "baseline", "promoted"),
        (float("nan"), 0.7, 0.8, False, "baseline", "kept"),
        (float("nan"), float("nan"), 0.8, False, "baseline", "kept"),
    ],
)
def test_who_is_promoted(
    student: float, baseline: float, live: float | None, shadow: bool, winner: str, outcome: str
) -> None:
    scores = {"student": student, "baseline": baseline} | ({} if live is None else {"live": live})
    decision = decide(scores, shadow)
    assert (decision.winner, decision.outcome, decision.missing_frames) == (winner, outcome, 0)
    assert decision.why


@pytest.mark.parametrize(("student", "winner"), [(0.72, "student"), (0.709, "baseline"), (0.7, "baseline")])
def test_by_a_margin_where_few_frames_measure(student: float, winner: str) -> None:
    decision = decide({"student": student, "baseline": 0.7}, margin=0.01)
    assert (decision.winner, decision.outcome) == (winner, "promoted")


@pytest.mark.parametrize(
    ("invented", "boxes", "by_nano", "refused"),
    [(0, 100, 0, False), (2, 100, 0, False), (3, 100, 0, True), (1, 5, 0, False), (2, 5, 0, True), (5, 100, 3, False)],
)
def test_who_invents_too_much(invented: int, boxes: int, by_nano: int, refused: bool) -> None:
    student = Tuning(None, 0.25, 0.25, 0.9, invented, boxes, 4)
    assert bool(invention_refusal(student, Tuning(None, 0.25, 0.25, 0.8, by_nano, 90, 4))) == refused


def test_a_refused_student_is_not_the_winner_however_well_it_agrees() -> None:
    assert decide({"student": 0.99, "baseline": 0.5}, refusal="it invents").winner == "baseline"


@pytest.mark.parametrize(
    ("pictures", "can_hold_out", "has_live", "outcome", "missing", "why"),
    [
        (1, False, False, "promoted", 1, "the only picture there is, .* give at least 1 more frame"),
        (1, False, True, "kept", 1, "the only picture there is, .* give at least 1 more frame"),
        (8, True, False, "promoted", 0, "all 8 pictures there are, .* hold frames out with --holdout"),
        (8, True, True, "kept", 0, "all 8 pictures there are, .* hold frames out with --holdout"),
    ],
)
def test_no_student_goes_live_unmeasured(
    pictures: int, can_hold_out: bool, has_live: bool, outcome: str, missing: int, why: str
) -> None:
    decision = decide_unmeasured(pictures, can_hold_out, has_live)
    assert (decision.winner, decision.outcome, decision.missing_frames) == ("baseline", outcome, missing)
    assert re.search(why, decision.why)


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
            exporting, "measure_camera", lambda _job, _folders, live: measured(scores, live is not None)
        )
    stages.export(run, **asked)


def measured(scores: dict[str, float], has_live: bool, invented: int = 0) -> Measured:
    """What is measured of bundles with these agreements; the student draws so many boxes where the teacher has none."""
    tunings: dict[BundleRole, Tuning] = {
        "student": Tuning(None, 0.25, 0.25, scores["student"], invented, 100, 4),
        "baseline": Tuning(None, 0.25, 0.25, scores["baseline"], 0, 100, 4),
    }
    return Measured(tunings, live_f1=scores["live"] if has_live else None)


def foreign_live(run: Run, site: Dataset, training: dict[str, object] | None = None) -> str:
    """Make a bundle of other weights live, as another run of the same slots would have."""
    registry = run.registry("C1")
    folder = registry.folder / ".other"
    check = [load(frame) for frame in site.of_camera("C1")[:1]]
    slots = site.slots["C1"]
    write_bundle(
        tiny_yolo(9), folder, camera="C1", role="student", size=(96, 96), slots=slots, check=check, training=training
    )
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


def test_in_the_shadow_where_a_node_uses_the_live_bundle(labelled: Run, site, monkeypatch) -> None:
    live = foreign_live(labelled, site)
    used = RegistriesInUse([labelled.registry("C1").folder])
    scores = {"student": 0.7, "baseline": 0.4, "live": 0.6}
    again(labelled, monkeypatch, scores)
    record, state = labelled.record("C1"), labelled.registry("C1").state()
    assert record is not None
    assert (state.live, state.shadow) == (live, record.bundle)
    again(labelled, monkeypatch, scores, shadow=False)
    used.close()
    record = labelled.record("C1")  # what was measured of the export stands in the bundle, so its identity may be new
    assert record is not None
    assert labelled.registry("C1").state().live == record.bundle


@pytest.mark.parametrize("learned", [0, 2])
def test_the_live_bundle_is_measured_as_the_new_one_is_on_what_it_did_not_learn_from(
    labelled: Run, site, monkeypatch, learned: int
) -> None:
    from lotwise.teacher.index import open_labels

    before, labels = labelled.record("C1"), open_labels(labelled.knowledge)
    assert before is not None
    pictures = [labels.keys[name] for name in before.test[:learned]]
    live = foreign_live(labelled, site, {"pictures": pictures})
    again(labelled, monkeypatch)
    record = labelled.record("C1")
    assert record is not None
    assert record.gate is not None
    plan = labelled.plan()
    frames = [frame for frame in site.of_camera("C1") if frame.name in record.test[learned:]]
    detector = load_detector(labelled.registry("C1").path(live))
    expected = expected_vehicles(site.of_camera("C1"), labels, plan.distill)
    said = {frame.name: detector([load(frame)], MIN_REPORTED_SCORE)[0] for frame in frames}
    judged = judge((found, expected[name]) for name, found in said.items())
    assert record.gate.agreement_with_teacher["live"] == pytest.approx(judged.f1(detector.confidence))
    assert ("(on 1 frame that the live one did not learn from)" in record.gate.why) == bool(learned)


def test_a_student_that_draws_what_the_teacher_never_has_does_not_go_live(labelled: Run, monkeypatch) -> None:
    shutil.rmtree(labelled.registry("C1").folder)
    scores = {"student": 0.9, "baseline": 0.4}
    monkeypatch.setattr(exporting, "measure_camera", lambda *_: measured(scores, False, invented=9))
    for record in labelled.records().values():
        labelled.save(record.model_copy(update={"bundle": None, "baseline": None, "live": None, "gate": None}))
    stages.export(labelled)
    record = labelled.record("C1")
    assert record is not None
    assert record.gate is not None
    assert (record.gate.winner, record.live) == ("baseline", record.baseline)
    assert record.gate.invented == {"student": 9, "baseline": 0}
    assert "9 of its 100 boxes where the teacher has none" in record.gate.refused
    (live,) = [one for one in live_models(labelled, [record])]
    assert "the student was refused: it draws 9 of its 100 boxes" in live.why


def test_new_bundles_say_how_they_were_tuned(adapted: Path) -> None:
    run = Run(adapted)
    for record in run.records().values():
        for identity in (record.bundle, record.baseline):
            manifest = read_manifest(run.registry(record.camera).path(identity))
            said = manifest.measured["thresholds"]
            assert said["frames"] == len(record.test)
            assert manifest.slot_confidence is not None
            assert manifest.slot_confidence <= manifest.confidence
            raw = manifest.confidence if manifest.calibration is None else manifest.calibration.raw(manifest.confidence)
            assert MIN_THRESHOLD - 0.001 <= raw <= MAX_THRESHOLD + 0.001


def test_other_settings_of_the_export_are_heeded(labelled: Run) -> None:
    before, plan = labelled.record("C1"), labelled.plan()
    assert before is not None and before.exported == plan.export
    labelled.begin(plan.model_copy(update={"export": plan.export.model_copy(update={"tune": False, "trust": False})}))
    # Nobody knows how an older version has exported its bundles; they stay.
    labelled.save(before.model_copy(update={"exported": None}))
    stages.export(labelled)
    after = labelled.record("C1")
    assert after is not None and after.bundle == before.bundle
    labelled.save(before)
    stages.export(labelled)
    after = labelled.record("C1")
    assert after is not None and after.bundle != before.bundle
    assert after.training == before.training
    manifest = read_manifest(labelled.registry("C1").folder / str(after.bundle))
    assert manifest.calibration is None and "thresholds" not in manifest.measured
    last = labelled.registry("C1").state()
    stages.export(labelled)
    assert labelled.record("C1") == after and labelled.registry("C1").state() == last


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


def forget_left_out(run: Run) -> None:
    """Make the records as an earlier version left them where nothing was held out."""
    for record in run.records().values():
        run.save(record.model_copy(update={"test": record.train, "left_out": None, "bundle": None, "baseline": None}))


def test_without_held_out_frames_no_student_goes_live(labelled: Run, site: Dataset) -> None:
    shutil.rmtree(labelled.registry("C1").folder)
    forget_left_out(labelled)
    stages.export(labelled)
    record = labelled.record("C1")
    assert record is not None
    assert record.gate is not None
    assert labelled.registry("C1").state().live == record.live == record.baseline != record.bundle
    assert record.bundle in labelled.registry("C1").identities()  # there to be promoted by hand
    assert (record.gate.outcome, record.gate.missing_frames) == ("promoted", 0)
    assert record.gate.agreement_with_teacher == {}
    assert "hold frames out with --holdout" in record.gate.why


def test_without_held_out_frames_the_live_one_stays(labelled: Run, site: Dataset) -> None:
    live = foreign_live(labelled, site)
    forget_left_out(labelled)
    stages.export(labelled)
    record = labelled.record("C1")
    assert record is not None
    assert record.gate is not None
    assert (record.gate.outcome, record.live, labelled.registry("C1").state().live) == ("kept", live, live)
    assert "nothing shows that it is better" in record.gate.why


@pytest.fixture
def one_frame(site: Dataset, tmp_path: Path) -> Dataset:
    """The rendered site with a single frame of C1."""
    root = Path(shutil.copytree(site.root, tmp_path / "lot"))
    for path in sorted(root.glob("C1/**/*.jpg"))[1:]:
        path.unlink()
    return open_dataset("synthetic", root)


def test_the_student_of_one_frame_does_not_go_live(one_frame, weights: Weights, tmp_path: Path, capsys) -> None:
    run, plan = Run(tmp_path / "run"), plan_of(one_frame, weights, cameras=("C1",))
    stages.adapt(run, plan)
    record, registry = run.record("C1"), run.registry("C1")
    assert record is not None
    assert record.gate is not None
    assert record.train == record.test
    assert read_manifest(registry.live()).role == "baseline"
    assert registry.state().live == record.live == record.baseline
    assert read_manifest(registry.path(record.bundle)).role == "student"
    gate = record.gate
    assert (gate.winner, gate.outcome, gate.missing_frames) == ("baseline", "promoted", 1)
    assert gate.agreement_with_teacher == {}

    print_live_bundles(run)
    said = " ".join(capsys.readouterr().out.split())
    assert f"C1: live is the untouched nano, {registry.live()}" in said
    assert gate.why in said
    found = collect(run, replace(one_frame, frames=[one for one in one_frame.frames if one.name in record.test]))
    assert [one.why for one in found.live] == [gate.why]
    assert "thresholds were chosen on these very frames" in " ".join(found.notes)
    assert read_manifest(registry.live()).measured["thresholds"]["how"] == (
        "chosen on the 1 frame that the student learned from; the untouched nano learned from none"
    )


def put_last_frame(lot: Dataset, site: Dataset, content: Path) -> None:
    """Give C1 its last frame again, with these pixels."""
    target = lot.root / sorted(site.root.glob("C1/**/*.jpg"))[-1].relative_to(site.root)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(content, target)


def test_one_frame_under_two_names_is_one_frame(one_frame, site, weights: Weights, tmp_path: Path) -> None:
    (only,) = one_frame.root.glob("C1/**/*.jpg")
    put_last_frame(one_frame, site, only)
    run = Run(tmp_path / "run")
    stages.adapt(run, plan_of(open_dataset("synthetic", one_frame.root), weights, cameras=("C1",)))
    record = run.record("C1")
    assert record is not None
    assert record.gate is not None
    assert not set(record.train) & set(record.test)
    assert (record.live, record.gate.missing_frames) == (record.baseline, 1)


def test_a_second_frame_lets_the_student_be_measured(one_frame, site, weights: Weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path / "run"), plan_of(one_frame, weights, cameras=("C1",))
    stages.adapt(run, plan)
    put_last_frame(one_frame, site, sorted(site.root.glob("C1/**/*.jpg"))[-1])
    stages.adapt(run, plan)
    record = run.record("C1")
    assert record is not None
    assert record.gate is not None
    assert set(record.gate.agreement_with_teacher) == {"student", "baseline", "live"}
    assert record.gate.missing_frames == 0


def test_the_command_line_lets_it_run_in_the_shadow(labelled: Run, site, monkeypatch, capsys) -> None:
    live = foreign_live(labelled, site)
    same = dict.fromkeys(("student", "baseline", "live"), 0.5)
    monkeypatch.setattr(exporting, "measure_camera", lambda _job, _folders, live: measured(same, live is not None))
    for record in labelled.records().values():
        labelled.save(record.model_copy(update={"bundle": None, "baseline": None, "live": None, "gate": None}))
    call("export", "--run", str(labelled.folder), "--shadow")
    assert f"in the shadow of the live bundle, {labelled.registry('C1').folder / live}" in capsys.readouterr().out
