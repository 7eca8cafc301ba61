"""Right-sized students against the truth, camera by camera.

python benchmarks/right_sized/measure.py RUN... --json docs/right-sized.json

Each run folder is one of ``lotwise adapt --budget …`` or ``lotwise resize``: its students, the full-size one and every
rung that was tried, are measured on the run's held-out frames, which none of them learned from, against slot labels and
vehicle boxes. Nothing is trained here. For each budget the rule's choice, which knows no label, stands beside the one
that the labels would make among the same rungs: the cheapest one that loses at most half a point of the slots and 0.03
of the vehicles' mAP50-95 at ``balanced``, and in proportion at the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.node_speed.machine import machine
from lotwise.datasets.frame import Dataset
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.records import CameraRecord, RungRecord
from lotwise.students.pipeline.right_size import lessons_of
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.rung_score import Seen, losses, see
from lotwise.students.pipeline.rung_training import Lessons, said_of
from lotwise.students.right_size.losses import SLOTS_WEIGHT, STRICT_WEIGHT
from lotwise.students.right_size.rung import FULL
from lotwise.students.right_size.settings import TOLERANCES, Budget
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.ignored import labels_without_ignored
from lotwise.teacher.index import open_labels

BUDGETS: tuple[Budget, ...] = ("accuracy", "balanced", "speed")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--json", type=Path, help="also write all figures here")
    asked = parser.parse_args(arguments)
    cameras = [found for run in asked.runs for found in measure_run(Run(run))]
    for one in cameras:
        print(lines_of(one))
    print(summary_line(summary(cameras)))
    if asked.json is not None:
        content = {"machine": machine(), "summary": summary(cameras), "cameras": cameras}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


def measure_run(run: Run) -> list[dict[str, Any]]:
    """All cameras of a run for which smaller students were tried."""
    dataset = open_run_frames(run.plan())
    labels = labels_without_ignored(open_labels(run.knowledge), dataset.footage)
    found = []
    for camera in dataset.cameras:
        record = run.record(camera)
        if record is None or record.right_size is None or not record.right_size.rungs:
            continue
        lessons = lessons_of(run, record, dataset.footage, labels)
        found.append(measure_camera(run, record, lessons, dataset))
    return found


def measure_camera(run: Run, record: CameraRecord, lessons: Lessons, dataset: Dataset) -> dict[str, Any]:
    """What each student of a camera costs, loses by the rule and by the truth, and which one each would take."""
    assert record.right_size is not None
    rungs: list[dict[str, Any]] = []
    full: Seen | None = None
    for rung in record.right_size.rungs:
        weights = rung.weights or f"train/{STUDENT}"
        seen, truth = _measured(lessons, run.camera(record.camera) / weights, rung, dataset)
        full = full or seen
        lost = losses(full, seen)
        told = {"losses": {name: _rounded(value) for name, value in vars(lost).items()}, "loss": _rounded(lost.worst)}
        rungs.append({**rung.model_dump(mode="json", include=_TOLD), **told, "truth": truth})
    trained = sum(rung["seconds"] for rung in rungs[1:])
    return {
        "camera": record.camera,
        "seed": run.plan().distill.seed,
        "frames": len(lessons.shown),
        "learned_from": len(lessons.frames),
        "cost": 1 + record.right_size.cost,
        "seconds": {"full": rungs[0]["seconds"], "smaller": round(trained, 1)},
        "rungs": rungs,
        "choices": {budget: choices(rungs, TOLERANCES[budget]) for budget in BUDGETS},
    }


_TOLD = {"name", "input", "crop", "without", "thin", "ms", "mb", "steps", "seconds"}


def _measured(lessons: Lessons, weights: Path, rung: RungRecord, dataset: Dataset) -> tuple[Seen, dict[str, Any]]:
    """What a student is worth by the rule, and by the truth."""
    said, sizes = said_of(lessons, load_model(weights), rung.input, rung.crop)
    seen = see(said, lessons.expected, lessons.rule, lessons.slots, sizes)
    camera = lessons.camera
    evidence = Evidence(
        [frame for frame, _ in lessons.shown],
        dataset.truth,
        {"student": said},
        {"student": {camera: seen.threshold}},
        dataset.slots,
        sizes,
        {camera: lessons.rule},
        "",
        {"student": {camera: min(seen.threshold, DEFAULT_CONFIDENCE)}},
    )
    slots, boxes = (evaluate(protocol, evidence).rows[0] for protocol in (SLOTS, VEHICLES))
    return seen, {
        "slots": slots.slots,
        "wrong": slots.errors,
        "accuracy": _rounded(slots.accuracy),
        "vehicles": boxes.instances,
        "map50": _rounded(boxes.map50),
        "map50_95": _rounded(boxes.map50_95),
    }


def choices(rungs: Sequence[Mapping[str, Any]], allowed: float) -> dict[str, Any]:
    """The rung that the rule takes and the one that the truth would take, and what the rule's loses by the truth.

    Args:
        rungs: the full size first.
        allowed: largest loss.
    """
    by_rule = _cheapest(rungs, [rung["loss"] <= allowed + 1e-9 for rung in rungs])
    by_truth = _cheapest(rungs, [_holds_by_truth(rungs[0], rung, allowed) for rung in rungs])
    full, taken = rungs[0]["truth"], by_rule["truth"]
    return {
        "rule": by_rule["name"],
        "truth": by_truth["name"],
        "pixels": round(_pixels(by_rule) / _pixels(rungs[0]), 3),
        "pixels_by_truth": round(_pixels(by_truth) / _pixels(rungs[0]), 3),
        "slots_lost": _less(full["accuracy"], taken["accuracy"]),
        "map50_95_lost": _less(full["map50_95"], taken["map50_95"]),
    }


def _holds_by_truth(full: Mapping[str, Any], rung: Mapping[str, Any], allowed: float) -> bool:
    slots = _less(full["truth"]["accuracy"], rung["truth"]["accuracy"])
    boxes = _less(full["truth"]["map50_95"], rung["truth"]["map50_95"])
    return (slots or 0.0) <= SLOTS_WEIGHT * allowed + 1e-9 and (boxes or 0.0) <= STRICT_WEIGHT * allowed + 1e-9


def _cheapest(rungs: Sequence[Mapping[str, Any]], holding: Sequence[bool]) -> Mapping[str, Any]:
    """The cheapest of those that hold; the full size holds always."""
    able = [rung for rung, holds in zip(rungs, holding, strict=True) if holds or rung["name"] == FULL]
    return min(able, key=lambda rung: (_pixels(rung), rung["thin"] or 1.0, -len(rung["without"])))


def _pixels(rung: Mapping[str, Any]) -> int:
    return int(rung["input"][0] * rung["input"][1])


def summary(cameras: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Over all cameras, by budget: how often rule and truth differ, and what the rule's choices cost and lose."""
    found: dict[str, Any] = {}
    for budget in BUDGETS:
        of = [one["choices"][budget] for one in cameras]
        found[budget] = {
            "cameras": len(of),
            "differ": sum(one["rule"] != one["truth"] for one in of),
            "larger_than_by_truth": sum(one["pixels"] > one["pixels_by_truth"] for one in of),
            "pixels": _mean([one["pixels"] for one in of]),
            "pixels_by_truth": _mean([one["pixels_by_truth"] for one in of]),
            "most_slots_lost": max((one["slots_lost"] for one in of if one["slots_lost"] is not None), default=None),
            "most_map50_95_lost": max(
                (one["map50_95_lost"] for one in of if one["map50_95_lost"] is not None), default=None
            ),
        }
    return found


def lines_of(camera: Mapping[str, Any]) -> str:
    """One camera as lines of a Markdown table: its students."""
    rows = []
    for rung in camera["rungs"]:
        truth = rung["truth"]
        box = "" if truth["map50_95"] is None else f"{truth['map50_95']:.3f}"
        taken = ", ".join(budget for budget in BUDGETS if camera["choices"][budget]["rule"] == rung["name"])
        true = ", ".join(budget for budget in BUDGETS if camera["choices"][budget]["truth"] == rung["name"])
        rows.append(
            f"| {camera['camera']} | {camera['seed']} | {rung['name']} | {rung['ms']:.1f} | {rung['steps']} "
            f"| {rung['seconds']:.0f} | {rung['loss']:.3f} | {truth['wrong']} of {truth['slots']} | {box} | {taken} "
            f"| {true} |"
        )
    return "\n".join(rows)


def summary_line(found: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{budget}: rule and truth differ on {one['differ']} of {one['cameras']}; pixels {one['pixels']} of the full "
        f"size (by truth {one['pixels_by_truth']}); most lost: slots {one['most_slots_lost']}, mAP50-95 "
        f"{one['most_map50_95_lost']}"
        for budget, one in found.items()
    )


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def _less(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else round(before - after, 4)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


if __name__ == "__main__":
    main()
