"""Which model is live stands first in every report, and headline and verdict speak of that model."""

import json
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from lotwise.command_line import main
from lotwise.datasets.frame import Detections, Truth
from lotwise.eval.collect import collect
from lotwise.eval.comparison import Report, to_json, verdict
from lotwise.eval.evaluation import evaluate
from lotwise.eval.live import LiveModel
from lotwise.eval.live_of_run import live_models
from lotwise.eval.make_report import make_report
from lotwise.eval.markdown import markdown
from lotwise.eval.page.page import page
from lotwise.eval.page.pictures import draw_pictures
from lotwise.eval.protocols import PROTOCOLS, SLOTS, TEACHER, VEHICLES, Protocol
from lotwise.students.pipeline.run import Run
from tests.eval.lots import box, evidence, slot, vehicles, write_images

LIVE = (
    LiveModel("C1", "student", "a" * 16, "it agrees better"),
    LiveModel("C2", "baseline", "b" * 16, "the student was refused: it agrees less"),
)
LINE = (
    "Live on C1: the student (it agrees better). "
    "Live on C2: the untouched nano (the student was refused: it agrees less)."
)
TWO = Detections.of([box(0), box(1)], [0.9, 0.8])
ONE = Detections.of([box(0)], [0.9])
INVENTED = Detections.of([box(0), box(1), *(box(column, 2) for column in range(6))], [0.9] * 8)
KNOWN = {name: Truth(vehicles([box(0), box(1)]), {"1": "occupied", "2": "occupied"}) for name in ("C1/1", "C2/1")}
SLOTS_OF_BOTH = dict.fromkeys(("C1", "C2"), (slot("1", 0), slot("2", 1)))


def some(folder: Path = Path("lot")):
    """The student is refused on C2, where it finds all vehicles and draws six boxes that are none."""
    seen = {
        "teacher": {"C1/1": TWO, "C2/1": TWO},
        "baseline": {"C1/1": ONE, "C2/1": ONE},
        "student": {"C1/1": TWO, "C2/1": INVENTED},
        "live": {"C1/1": TWO, "C2/1": ONE},
    }
    return evidence(seen, KNOWN, SLOTS_OF_BOTH, folder)


def told(protocol: Protocol = VEHICLES) -> Report:
    return evaluate(protocol, some(), live=LIVE)


def test_verdict_and_headline_speak_of_the_live_model_not_of_a_refused_student() -> None:
    said = verdict(told())
    assert "student" not in said
    assert "live 0.75" in said
    assert "The live model is better than the baseline on 1 of 2 cameras." in said
    assert "Of the 3 boxes that it draws at work, 3 are right" in said
    headline = page(told()).partition("<h1>")[2].partition("</h1>")[0]
    assert headline == (
        "The live model finds 75 of 100 vehicles (the untouched nano 50); 0 of 100 boxes it draws are wrong (0)"
    )


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_the_first_line_says_what_is_live_and_why(protocol) -> None:
    report = told(protocol)
    assert markdown(report).splitlines()[0] == LINE
    assert next(iter(to_json(report).items())) == ("live", LINE)
    assert to_json(report)["live_models"][1]["model"] == "baseline"
    assert page(report).partition("<main>")[2].split()[:3] == ["<p", 'class="running">Live', "on"]


def test_rows_of_the_others_are_what_they_are_without_the_live_model() -> None:
    without = replace(some(), predictions={role: of for role, of in some().predictions.items() if role != "live"})
    plain = evaluate(VEHICLES, without)
    assert [row for row in told().rows if row.role != "live"] == list(plain.rows)
    assert "live" not in {row.role for row in plain.rows}


def test_a_camera_without_any_live_model_leaves_the_others_comparable() -> None:
    partly = some()
    of_live = {name: found for name, found in partly.predictions["live"].items() if name != "C2/1"}
    partly = replace(partly, predictions={**partly.predictions, "live": of_live})
    report = evaluate(VEHICLES, partly, live=(LIVE[0], LiveModel("C2", "none", None, "nothing was promoted")))
    assert {role: row.images for role, row in report.of_camera("all").items()}["student"] == 2
    assert report.of_camera("all")["live"].images == 1
    assert report.of_camera("C2")["live"].note == "no model is live here"
    assert any("leaves out C2" in note for note in report.notes)


def test_where_every_camera_runs_the_untouched_nano_it_is_not_compared_with_itself() -> None:
    nowhere = tuple(replace(one, kind="baseline") for one in LIVE)
    text = page(evaluate(VEHICLES, some(), live=nowhere))
    assert text.partition("<h1>")[2].partition("</h1>")[0] == (
        "The live model finds 75 of 100 vehicles; 0 of 100 boxes it draws are wrong"
    )


def test_a_live_model_that_is_drawn_already_is_not_drawn_twice(tmp_path) -> None:
    drawn = some(tmp_path)
    write_images(drawn)
    text = page(evaluate(VEHICLES, drawn, live=LIVE), draw_pictures(VEHICLES, drawn))
    assert text.count("<figure>") == 2 * 3
    assert "<b>Student, which is live here</b>" in text
    assert "<b>Baseline, which is live here</b>" in text
    other = (LIVE[0], replace(LIVE[1], kind="other"))
    assert page(evaluate(VEHICLES, drawn, live=other), draw_pictures(VEHICLES, drawn)).count("<figure>") == 2 * 3 + 1


@pytest.fixture
def run(adapted: Path, tmp_path: Path) -> Run:
    return Run(Path(shutil.copytree(adapted, tmp_path / "run", symlinks=True)))


def live_of(run: Run) -> dict[str, LiveModel]:
    return {one.camera: one for one in live_models(run, list(run.records().values()))}


def gated(run: Run, winner: str, outcome: str, live: str) -> None:
    """Camera C1 as the gate leaves it: who agreed better, what became of it, and what is live."""
    record = run.record("C1")
    scores = {"student": 0.9, "baseline": 0.8} if winner == "student" else {"student": 0.7, "baseline": 0.8}
    asked = {"winner": winner, "outcome": outcome, "agreement_with_teacher": scores, "why": "the old one agrees better"}
    run.registry("C1").promote(getattr(record, live))
    changed = {"gate": record.gate.model_copy(update=asked), "live": getattr(record, live)}
    run.save(record.model_copy(update=changed))


@pytest.mark.parametrize(
    ("winner", "outcome", "live", "why"),
    [
        ("student", "promoted", "bundle", "the student agrees with the teacher by 0.900, the untouched nano by 0.800"),
        (
            "baseline", "promoted", "baseline",
            "the student was refused: the student agrees with the teacher by 0.700, the untouched nano by 0.800",
        ),
        ("student", "kept", "baseline", "the new student was refused: the old one agrees better"),
        ("student", "shadow", "baseline", "the new student runs in its shadow first: the old one agrees better"),
    ],
)  # fmt: skip
def test_why_a_model_is_live_is_told_by_the_gate(run, winner, outcome, live, why) -> None:
    gated(run, winner, outcome, live)
    one = live_of(run)["C1"]
    assert one.kind == ("student" if live == "bundle" else "baseline")
    assert one.why == why


def test_why_an_unmeasured_student_is_not_live_is_told(run) -> None:
    gated(run, "baseline", "promoted", "baseline")
    record = run.record("C1")
    asked = {"agreement_with_teacher": {}, "why": "nothing shows that it is better", "missing_frames": 1}
    run.save(record.model_copy(update={"gate": record.gate.model_copy(update=asked)}))
    assert (live_of(run)["C1"].kind, live_of(run)["C1"].why) == ("baseline", "nothing shows that it is better")


def test_a_bundle_of_another_run_is_measured_as_the_live_one(run, site) -> None:
    gated(run, "student", "kept", "baseline")
    record = run.record("C1")
    run.save(record.model_copy(update={"baseline": record.bundle}))  # what is live belongs to neither any more
    assert live_of(run)["C1"].kind == "other"
    found = collect(run, site)
    assert set(found.evidence.predictions["live"]) == {frame.name for frame in found.evidence.frames}
    assert set(make_report(found, VEHICLES).of_camera("C1")) == {"teacher", "baseline", "student", "live"}


def test_a_harmed_live_bundle_is_told_instead_of_measured(run) -> None:
    gated(run, "student", "kept", "baseline")
    record = run.record("C1")
    run.save(record.model_copy(update={"baseline": record.bundle}))
    (run.registry("C1").folder / record.baseline / "model.onnx").write_bytes(b"")
    assert live_of(run)["C1"].kind == "none"
    assert "cannot be loaded" in live_of(run)["C1"].why


def test_a_model_promoted_by_hand_is_live_in_the_report(run, tmp_path, capsys) -> None:
    for camera in ("C1", "C2"):
        record = run.record(camera)
        other = record.baseline if record.live == record.bundle else record.bundle
        run.registry(camera).promote(other)
    with pytest.raises(SystemExit) as end:
        main(["report", "--run", str(run.folder), "--protocol", "vehicles", "--json", str(tmp_path / "r.json")])
    assert end.value.code == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("Live on C1")
    assert "it was made live after the export" in first
    assert json.loads((tmp_path / "r.json").read_text())["live"] == first


def student_everywhere(seen: Detections, of: Protocol = VEHICLES, known=KNOWN) -> str:
    """The headline where this student is live on both cameras."""
    said = {"teacher": TWO, "baseline": ONE, "student": seen}
    lot = evidence({role: dict.fromkeys(KNOWN, found) for role, found in said.items()}, known, SLOTS_OF_BOTH)
    live = tuple(replace(one, kind="student") for one in LIVE)
    return unescape(page(evaluate(of, lot, live=live)).partition("<h1>")[2].partition("</h1>")[0])


def test_a_headline_never_tells_what_is_found_without_what_is_invented() -> None:
    assert student_everywhere(INVENTED) == (
        "The student finds 100 of 100 vehicles (before it learnt 50); 75 of 100 boxes it draws are wrong (0)"
    )
    assert student_everywhere(INVENTED, TEACHER, {}) == (
        "Checked by nobody: the student has 100 of 100 boxes of the teacher (before it learnt 50); "
        "75 of 100 boxes it draws are not the teacher's (0)"
    )
    assert student_everywhere(INVENTED, SLOTS) == (
        "The student reads 100 of 100 slots rightly (before it learnt 50); "
        "nobody can judge 75 of 100 boxes it draws (0)"
    )
    assert student_everywhere(Detections.empty()) == "The student finds 0 of 100 vehicles (before it learnt 50)"


LEARNED = "the student learned from every frame there is, so it is not measured"
NOWHERE = {("student", camera): LEARNED for camera in ("C1", "C2")}


def test_a_student_has_no_figures_on_frames_that_it_learned_from() -> None:
    seen = {role: dict.fromkeys(KNOWN, ONE) for role in ("teacher", "baseline", "live")}
    lot = replace(
        evidence({**seen, "student": {}}, KNOWN), absent={("student", camera): LEARNED for camera in ("C1", "C2")}
    )
    report = evaluate(VEHICLES, lot, live=tuple(replace(one, kind="baseline") for one in LIVE))
    for camera in ("C1", "C2", "all"):
        rows = report.of_camera(camera)
        assert (rows["student"].map50, rows["student"].note) == (None, LEARNED)
        assert rows["live"].images == rows["baseline"].images == (2 if camera == "all" else 1)
    assert "Slot" not in verdict(report)
    assert verdict(report).startswith(
        "mAP50 over all cameras: teacher 0.505, baseline 0.505, live 0.505. The live model"
    )
    text = page(report)
    assert f"{LEARNED[0].upper()}{LEARNED[1:]}." in text  # on the student's card
    assert "2 frames of 2 cameras" in text


def test_a_student_that_is_measured_on_some_cameras_is_not_added_up() -> None:
    seen = {role: dict.fromkeys(KNOWN, ONE) for role in ("teacher", "baseline", "live")}
    lot = replace(evidence({**seen, "student": {"C1/1": TWO}}, KNOWN), absent={("student", "C2"): LEARNED})
    rows = evaluate(VEHICLES, lot, live=LIVE).of_camera("all")
    assert {role: row.images for role, row in rows.items()} == {"teacher": 2, "baseline": 2, "student": 0, "live": 2}
    assert rows["student"].note == "measured on C1 only, so it is not added up"


def test_of_a_student_that_was_promoted_unmeasured_nothing_is_claimed() -> None:
    seen = {role: dict.fromkeys(KNOWN, ONE) for role in ("teacher", "baseline")}
    lot = replace(
        evidence({**seen, "student": {}}, KNOWN), absent={("student", camera): LEARNED for camera in ("C1", "C2")}
    )
    report = evaluate(VEHICLES, lot, live=tuple(replace(one, kind="student") for one in LIVE))
    assert page(report).partition("<h1>")[2].partition("</h1>")[0] == "How well vehicles are found"
    assert f"Nothing tells how good the student is: {LEARNED}." in verdict(report)


def test_few_frames_are_told() -> None:
    assert (
        to_json(told())["notes"][0]
        == "Only 2 frames were measured: a small difference between two models may be chance."
    )
    assert "12 frames" not in markdown(told())
    assert "2 frames of 2 cameras" in markdown(told())
