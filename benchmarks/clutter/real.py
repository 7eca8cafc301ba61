"""Students on real frames that they did not learn from: boxes, slots, and a day without cars.

python benchmarks/clutter/measure.py --places CNR-EXT "CNR-EXT other days" "CNR-EXT whole lot" "CNR-EXT one frame" \\
    UFPR05 PUCPR --rows "untouched nano" teacher default before --seeds 1
python benchmarks/clutter/real.py --json docs/clutter-real.json

Trains nothing: reads the cells of ``measure.py``, of all seeds that are done. Tells, at the deployed threshold:

- of each group of places precision and recall on drawn vehicles, and slots read wrongly;
- why false boxes are false and missed vehicles missed (``causes.py``);
- on UFPR05's day without parked cars the boxes a frame, and how many of them a report with labelled slots would call
  unjudged, since they lie on no slot.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.clutter.causes import false_boxes, missed_vehicles
from benchmarks.clutter.cell import Job, Outcome, read_outcome
from benchmarks.clutter.measure import machine, rule_of
from benchmarks.clutter.places import HeldOut
from benchmarks.clutter.recipes import NANO, ROWS, TEACHER
from benchmarks.clutter.scores import Counts, count
from benchmarks.clutter.thresholds import finished
from benchmarks.distillation.training_job import Predictions
from lotwise.cameras.slots import slot_rule
from lotwise.datasets.frame import SlotState, VehicleTruth
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.suppression import first_boxes
from lotwise.eval.protocols.slots import LabelledFrame

Cell = tuple[Job, Outcome]


def cells_of(asked: argparse.Namespace) -> dict[tuple[str, str], Cell]:
    """Finished cells of real places by row and place."""
    found: dict[tuple[str, str], Cell] = {}
    for folder, job in finished(asked.work, asked.rows, ()):
        outcome = read_outcome(folder, job)
        if outcome is not None and job.place.real:
            found[job.row, job.place.name] = (job, outcome)
    return found


def untrained(cells: Mapping[tuple[str, str], Cell], row: str, place: str) -> Outcome | None:
    """What a model that is not trained said of a place: it was asked in the first repeat only."""
    found = cells.get((row, place)) or cells.get((row, f"{place.rpartition('-')[0]}-0"))
    return found[1] if found else None


def causes_of(job: Job, outcome: Outcome, teacher: Outcome, nano: Outcome) -> tuple[Counter[str], Counter[str]]:
    """False boxes and missed vehicles of one cell by cause."""
    false: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for test, said, by_teacher, by_nano in zip(job.place.tests, outcome.said, teacher.said, nano.said, strict=True):
        dataset, frames = test.frames()
        for frame in frames:
            truth = dataset.truth[frame.name].vehicles if frame.name in dataset.truth else None
            if truth is None:
                continue
            own, told = said[frame.name], by_teacher[frame.name]
            false += false_boxes(own, truth, told, by_nano[frame.name], outcome.confidence)
            missed += missed_vehicles(own, truth, told, outcome.confidence)
    return false, missed


def empty_day(test: HeldOut, said: Predictions, confidence: float) -> dict[str, int]:
    """Frames of a day on which no slot is taken, boxes drawn there, and those that lie on no slot."""
    camera = test.camera.removesuffix("_empty")
    slots = open_dataset(test.dataset, Path(test.root), (camera,)).slots[camera]
    frames = test.frames()[1]
    free: dict[str, SlotState] = {slot.id: "free" for slot in slots}
    nobody = VehicleTruth(np.zeros((0, 4), np.float32), np.zeros(0, bool))
    judged = LabelledFrame(nobody, slots, image_size(frames[0].path), free, slot_rule(None))
    counts = [judged.box_counts(first_boxes(said[frame.name]), confidence) for frame in frames]
    return {
        "frames": len(frames),
        "false": sum(one.false or 0 for one in counts),
        "unjudged": sum(one.unjudged for one in counts),
    }


def lines_of(cells: Mapping[tuple[str, str], Cell], asked: argparse.Namespace) -> list[dict[str, Any]]:
    """A line for each group of places and row: sums over all cells."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for (row, name), (job, outcome) in cells.items():
        line = lines.setdefault(
            (job.place.group, row),
            {"counts": Counts(), "live": Counts(), "false": Counter(), "missed": Counter(), "empty": Counter(),
             "cells": 0, "students_live": 0, "confidence": []},
        )  # fmt: skip
        counts = count(job.place, outcome.said, outcome.confidence, rule_of(job.place, job.world, asked),
                       outcome.slot_confidence)  # fmt: skip
        line["cells"] += 1
        line["counts"] += counts
        line["confidence"].append(round(outcome.confidence, 3))
        teacher, nano = (untrained(cells, one, name) for one in (TEACHER, NANO))
        if teacher is not None and nano is not None:
            false, missed = causes_of(job, outcome, teacher, nano)
            line["false"] += false
            line["missed"] += missed
        line["students_live"] += outcome.live == "student"
        if outcome.live == "baseline" and nano is not None:
            counts = count(job.place, nano.said, nano.confidence, rule_of(job.place, job.world, asked))
        line["live"] += counts
        for test, said in zip(job.place.tests, outcome.said, strict=True):
            if test.empty:
                # Adding counters leaves out what is zero.
                line["empty"].update(empty_day(test, said, outcome.confidence))
    return [
        {
            "group": group,
            "row": row,
            **{key: line[key] for key in ("cells", "students_live", "confidence")},
            "figures": line["counts"].figures(),
            "live_figures": line["live"].figures(),
            "counts": {
                key: getattr(line["counts"], key) for key in ("right", "false", "missed", "slots", "slots_wrong")
            },
            "false_boxes": dict(line["false"].most_common()),
            "missed_vehicles": dict(line["missed"].most_common()),
            "empty_day": dict(line["empty"]),
        }
        for (group, row), line in sorted(lines.items(), key=lambda item: item[0][0])
    ]


def show(lines: Sequence[Mapping[str, Any]]) -> None:
    table = Table(title="real frames, at the deployed threshold; sums over all cells")
    for heading in ("place", "row", "cells", "live", "right / false / missed", "precision", "recall", "slots wrong",
                    "why false", "why missed", "empty day: false + unjudged / frames"):  # fmt: skip
        table.add_column(heading)
    for line in lines:
        counts, empty = line["counts"], line["empty_day"]
        shares = [
            "-" if line["figures"][key] is None else f"{line['figures'][key]:.3f}" for key in ("precision", "recall")
        ]
        table.add_row(
            line["group"], line["row"], str(line["cells"]), str(line["students_live"]),
            f"{counts['right']} / {counts['false']} / {counts['missed']}", *shares,
            f"{counts['slots_wrong']} of {counts['slots']}",
            *(", ".join(f"{why} {n}" for why, n in line[key].items()) for key in ("false_boxes", "missed_vehicles")),
            f"{empty['false']} + {empty['unjudged']} / {empty['frames']}" if empty else "",
        )  # fmt: skip
    Console(width=230).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("runs/clutter"), help="of measure.py")
    parser.add_argument("--rows", nargs="+", default=list(ROWS))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    asked.work = asked.work.resolve()
    lines = lines_of(cells_of(asked), asked)
    show(lines)
    if asked.json:
        asked.json.write_text(json.dumps({"machine": machine(), "lines": lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
