"""What a model between nano and student is worth on days that it never saw; here, and only here, truth enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.few_frames.cameras import Camera
from benchmarks.few_frames.cells import Looked, plan_of
from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.slots import SlotRule, learn_slot_model, slot_rule
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import load
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.students.few_frames.choice import NANO
from lotwise.students.pipeline.gate import decide, invention_refusal
from lotwise.students.pipeline.measure import measure
from lotwise.students.pipeline.measure_camera import expected_of
from lotwise.students.pipeline.slot_threshold import tell_slots
from lotwise.students.pipeline.tune import Tuning
from lotwise.students.pipeline.way_from_nano import weigh


def score(
    camera: Camera, looked: Looked, said: Mapping[str, Detections], tuning: Tuning | None = None
) -> dict[str, float | None]:
    """Figures against truth; boxes against vehicles where there are any, else against the occupied slots' squares.

    Args:
        camera: of the cell.
        looked: says which frames were given, from which slots are learned, and which are tested.
        said: boxes on the tested frames, of raw scores.
        tuning: how the model is run; None for boxes and slots from 0.25 up.
    """
    confidence = slot_confidence = DEFAULT_CONFIDENCE
    if tuning is not None:
        confidence, slot_confidence = tuning.confidence, tuning.slot_confidence
    if tuning is not None and tuning.calibration is not None:
        said = {name: replace(one, scores=tuning.calibration(one.scores)) for name, one in said.items()}
    tested = looked.tested
    evidence = Evidence(
        tested, camera.dataset.truth, {"student": said}, {"student": {camera.id: confidence}},
        camera.dataset.slots, {f.name: camera.sizes[f.name] for f in tested}, {camera.id: rule_of(camera, looked)},
        slot_confidence={"student": {camera.id: slot_confidence}},
    )  # fmt: skip
    slots, vehicles = (evaluate(protocol, evidence).rows[0] for protocol in (SLOTS, VEHICLES))
    boxes = vehicles if vehicles.images else slots
    return {
        "slots": slots.slots,
        "accuracy": slots.accuracy,
        "map50": boxes.map50,
        "map50_95": boxes.map50_95,
        "precision": boxes.deployed_precision,
        "recall": boxes.deployed_recall,
        "vehicle_frames": vehicles.images,
        "agreement": agreed(camera, {name: one[one.scores >= confidence] for name, one in said.items()}),
    }


def agreed(camera: Camera, reported: Mapping[str, Detections]) -> float:
    """F1 of what is reported with the teacher's taught boxes."""
    floor = camera.plan.distill.positive_threshold
    told = {frame.name: camera.labels.detections(frame) for frame in camera.frames if frame.name in reported}
    return agreement((found, told[name][told[name].scores >= floor]) for name, found in reported.items())


@dataclass(frozen=True)
class Live:
    """What a run of a cell lets go live.

    Attributes:
        share: how far it lies on the way from nano to student; 0 is the nano.
        tuning: how it is run.
        nano: how the untouched nano would be run.
        f1: expected F1 on given frames, by share, of who did not learn from them.
        margin: by how much a student must agree more than the nano.
        refusal: why the student may not go live however well it agrees; empty where it may.
    """

    share: float
    tuning: Tuning
    nano: Tuning
    f1: Mapping[float, float]
    margin: float
    refusal: str = ""


def goes_live(camera: Camera, looked: Looked) -> Live:
    """What export and gate of a run decide, by their own functions, from what was said of given frames."""
    plan = plan_of(looked.cell, camera)
    said = looked.unlearned
    unlearned = [frame for frame in looked.learned if frame.name in said[NANO]]
    expected = expected_of(unlearned, looked.learned, camera.labels, plan.distill, load)
    told = {frame.name: camera.labels.detections(frame) for frame in unlearned}
    slots = tell_slots(
        told, camera.sizes, camera.dataset.slots[camera.id], rule_of(camera, looked), plan.distill.positive_threshold
    )
    nano = measure({"baseline": said[NANO]}, expected, slots=slots)["baseline"]
    if 1.0 not in said:
        return Live(NANO, nano, nano, {}, 0.0)
    share, margin = 1.0, 0.0
    f1: dict[float, float] = {}
    few = looked.cell.recipe == "own"
    if few:
        weighed = weigh(said, expected, plan.export.tune, plan.few_frames.margin)
        share, margin, f1 = weighed.share, weighed.margin, dict(weighed.agreement)
    tunings = measure({"baseline": said[NANO], "student": said[share]}, expected, slots=slots, raised=few)
    student = tunings["student"]
    if not few:
        f1 = {NANO: nano.expected_f1, share: student.expected_f1}
    refusal = invention_refusal(student, nano)
    scores = {"student": f1[share], "baseline": f1[NANO]}
    if decide(scores, margin=margin, refusal=refusal).winner == "student":
        return Live(share, student, nano, f1, margin, refusal)
    return Live(NANO, nano, nano, f1, margin, refusal)


def rule_of(camera: Camera, looked: Looked) -> SlotRule:
    """How a run reads slots that was given these frames."""
    size = camera.sizes[looked.learned[0].name]
    said = [camera.labels.detections(frame) for frame in looked.learned]
    return slot_rule(learn_slot_model(said, camera.dataset.slots[camera.id], size))


def figures_of(camera: Camera, looked: Looked) -> dict[str, Any]:
    """All that the tables need of a cell.

    Returns:
        ``cell``; ``scores``: figures on the tested frames, by share of the way from nano to student, each at the
        confidence of 0.25; ``live`` and ``nano``: the same of what goes live and of the untouched nano, at their own
        thresholds; ``share``, ``f1``, ``margin`` and ``refusal`` as in :class:`Live`; ``thresholds`` of both.
    """
    found: dict[str, Any] = {"cell": asdict(looked.cell), "learned": [frame.name for frame in looked.learned]}
    found["scores"] = {share: score(camera, looked, said) for share, said in looked.test.items()}
    if looked.cell.recipe == "sisters":
        return found
    live = goes_live(camera, looked)
    found |= {"share": live.share, "f1": live.f1, "margin": live.margin, "refusal": live.refusal}
    found["live"] = score(camera, looked, looked.test[live.share], live.tuning)
    found["nano"] = score(camera, looked, looked.test[NANO], live.nano)
    found["thresholds"] = {
        name: [one.confidence, one.slot_confidence] for name, one in (("live", live.tuning), ("nano", live.nano))
    }
    return found
