"""One student over several boards, against the whole one and one small enough for one board; with boards lost.

python benchmarks/boards/measure.py RUN --cameras C1 --boards 3 --budget 1MB --ways scale,region --effort 4 --seeds 0 \
    --work work --json docs/boards.json

RUN is a folder of ``lotwise adapt`` with frames held out. For each camera and seed a student for one board of the
budget and one for each way to divide it are taught (a killed run goes on), and all are measured on the frames that none
of them learned from, against slot labels and vehicle boxes: with all boards, and at the same thresholds with each one
and each two of them lost. A slot that no board has looked at is counted apart. Bytes are those that a leader sends and
gets.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.boards.horizontal_split import split_bytes
from benchmarks.node_speed.machine import machine
from lotwise.cameras.detection.boards.modules_network import ModulesNetwork
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.slots.unseen import unread_slots
from lotwise.datasets.frame import Dataset, Detections
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.boards import Counting
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.students.ensemble.budget import parse_bytes
from lotwise.students.ensemble.cost import cost_of
from lotwise.students.ensemble.settings import PartitionSettings
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.measure import say
from lotwise.students.pipeline.partition import around, teach_bundle, without
from lotwise.students.pipeline.right_size import lessons_of
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.rung_score import see
from lotwise.students.pipeline.rung_training import Lessons, said_of
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.ignored import labels_without_ignored
from lotwise.teacher.index import open_labels


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--cameras", default="C1", help="ids, with commas between them")
    parser.add_argument("--boards", type=int, default=3)
    parser.add_argument("--budget", default="1MB", help="bytes of one board's module")
    parser.add_argument("--ways", default="scale,region", help="how students are divided, with commas between them")
    parser.add_argument("--effort", type=float, default=4.0, help="steps, as a multiple of the full-size student's")
    parser.add_argument("--seeds", default="0", help="numbers, with commas between them")
    parser.add_argument("--work", type=Path, required=True, help="folder for trainings, which go on there")
    parser.add_argument("--json", type=Path, help="also write all figures here")
    asked = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    for camera in asked.cameras.split(","):
        for seed in map(int, asked.seeds.split(",")):
            for row in measure_camera(asked, camera, seed):
                print(line_of(row), flush=True)
                rows.append(row)
                if asked.json is not None:
                    _write(asked, rows)


def _write(asked: argparse.Namespace, rows: Sequence[Mapping[str, Any]]) -> None:
    told = {name: str(value) for name, value in vars(asked).items() if name not in ("run", "work", "json")}
    asked.json.write_text(json.dumps({"machine": machine(), "asked": told, "rows": rows}, indent=1) + "\n")


def measure_camera(asked: argparse.Namespace, camera: str, seed: int) -> Iterator[dict[str, Any]]:
    """The rows of one camera and seed: the whole student, one for one board, and each way to divide it."""
    run, read = Run(asked.run), FrameCache()
    dataset = open_run_frames(run.plan())
    labels = labels_without_ignored(open_labels(run.knowledge), dataset.footage)
    record = run.record(camera)
    assert record is not None, f"no student of {camera}"
    lessons = lessons_of(run, record, dataset.footage, labels, read)
    full = load_model(lessons.folder / record.student)
    said, sizes = said_of(lessons, full, record.size, None)
    cost = cost_of(full, record.size)
    split = split_bytes(full, record.size, asked.boards)
    yield {
        "camera": camera, "seed": seed, "name": "whole", "size": record.size, "steps": lessons.steps,
        "boards": [vars(cost)], "lost": {"none": _truth(lessons, said, sizes, dataset)[0]},
        "horizontal_split": vars(split),
    }  # fmt: skip
    lessons = replace(lessons, settings=lessons.settings.model_copy(update={"seed": seed}))
    ways = [PartitionSettings(boards=1, by="scale"), *_ways(asked)]
    for way in ways:
        settings = way.model_copy(update={"bytes": parse_bytes(asked.budget), "effort": asked.effort})
        folder = asked.work / camera / f"{settings.name}-{asked.budget}-{asked.effort:g}-{seed}"
        bundle = folder / "bundle"
        carried = around(run, record, dataset.footage, labels, read, settings)
        seconds = teach_bundle(lessons, record, settings, folder, bundle, carried, _shown)
        yield {
            "camera": camera, "seed": seed, "name": settings.name, "size": record.size,
            "steps": round(lessons.steps * asked.effort), "seconds": round(seconds, 1),
            **_measured(lessons, load_detector(bundle), dataset),
        }  # fmt: skip


def _ways(asked: argparse.Namespace) -> list[PartitionSettings]:
    return [PartitionSettings.model_validate({"boards": asked.boards, "by": by}) for by in asked.ways.split(",")]


def _measured(lessons: Lessons, detector: Detector, dataset: Dataset) -> dict[str, Any]:
    """What a divided student costs each board, sends, and is worth with boards lost."""
    network = detector.network
    assert isinstance(network, ModulesNetwork)
    counting = Counting(network.askers)
    detector = replace(detector, network=network.run_by(counting))
    modules = network.ensemble.modules
    lost: dict[str, Any] = {}
    threshold: float | None = None
    for count in range(min(3, len(modules))):
        for numbers in combinations(range(1, len(modules) + 1), count):
            one = without(detector, set(numbers)) if numbers else detector
            said, sizes, unknown = _said(lessons, one)
            found, threshold = _truth(lessons, said, sizes, dataset, threshold, unknown)
            lost["+".join(map(str, numbers)) or "none"] = found
    return {
        "boards": [
            {"parameters": one.parameters, "multiply_adds": one.multiply_adds, "bytes": one.bytes, "size": one.size}
            for one in modules
        ],
        "sent": _mean_of_sums(counting.sent),
        "received": _mean_of_sums(counting.answered),
        "lost": lost,
    }


def _said(
    lessons: Lessons, detector: Detector
) -> tuple[dict[str, Detections], dict[str, tuple[int, int]], dict[str, frozenset[str]]]:
    """All boxes of each frame, its size, and the slots that nobody has looked at."""
    said: dict[str, Detections] = {}
    sizes: dict[str, tuple[int, int]] = {}
    unknown: dict[str, frozenset[str]] = {}
    for frame, image in lessons.shown:
        said |= say({"it": detector}, [(frame, image)], lessons.ignored)["it"]
        sizes[frame.name] = (image.shape[1], image.shape[0])
        unknown[frame.name] = unread_slots(lessons.slots, detector.unread(sizes[frame.name]))
    return said, sizes, unknown


def _truth(
    lessons: Lessons,
    said: Mapping[str, Detections],
    sizes: Mapping[str, tuple[int, int]],
    dataset: Dataset,
    threshold: float | None = None,
    unknown: Mapping[str, frozenset[str]] | None = None,
) -> tuple[dict[str, Any], float]:
    """What boxes are worth by the truth, and the threshold that was chosen without it."""
    seen = see(said, lessons.expected, lessons.rule, lessons.slots, sizes, threshold)
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
    unread = sum(len(one) for one in (unknown or {}).values())
    return {
        "slots": slots.slots,
        "wrong": slots.errors,
        "unread": unread,
        "map50": _rounded(boxes.map50),
        "map50_95": _rounded(boxes.map50_95),
        "expected_f1": _rounded(seen.f1),
    }, seen.threshold


def _mean_of_sums(frames: Sequence[Sequence[int]]) -> int:
    """Bytes of all boards together, the mean over frames."""
    return round(float(np.mean([sum(one) for one in frames])))


def line_of(row: Mapping[str, Any]) -> str:
    """A line of a Markdown table: the largest board, what travels, slots read wrongly with 0, 1 and 2 boards lost."""
    largest = {name: max(board[name] for board in row["boards"]) for name in ("bytes", "parameters", "multiply_adds")}
    lost: dict[int, list[Mapping[str, Any]]] = {}
    for name, found in row["lost"].items():
        lost.setdefault(0 if name == "none" else len(name.split("+")), []).append(found)
    cells = [
        " / ".join(f"{one['wrong']}{_of(one)}" for one in lost[count]) if count in lost else "" for count in (0, 1, 2)
    ]
    boxes = lost[0][0]["map50_95"]
    return (
        f"| {row['camera']} | {row['seed']} | {row['name']} | {largest['bytes'] / 1000:.0f} | {largest['parameters']} "
        f"| {largest['multiply_adds'] / 1e6:.0f} | {row.get('sent', '')} | {row.get('received', '')} "
        f"| {cells[0]} of {lost[0][0]['slots']} | {'' if boxes is None else f'{boxes:.3f}'} | {cells[1]} | {cells[2]} |"
    )


def _of(found: Mapping[str, Any]) -> str:
    return f" ({found['unread']} unread)" if found["unread"] else ""


def _shown(stage: str, done: int, of: int, note: str) -> None:
    if done % 50 == 0 or done == of:
        print(f"{stage}: {done} of {of}, {note}", file=sys.stderr, flush=True)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


if __name__ == "__main__":
    main()
