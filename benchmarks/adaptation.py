"""Lotwise against the plain recipe: pseudo-labels and an ordinary Ultralytics fine-tune, on the same frames.

python benchmarks/adaptation.py --root ../shared/data/cnr_ext --weights ../shared/weights --json adaptation.json

Every frame of a camera is measured exactly once, by a student that did not learn from it: the frames, in order of
time, go by turns into ``--folds`` parts, and each part is measured by a student of the others. Frames of one day so
stand on both sides, for both recipes alike. All students are run by the same code at 640 px; slots are read at
confidence 0.25 by the same two rules: half covered, and matched (learned from the teacher's boxes on the other parts).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from ultralytics.nn.tasks import DetectionModel

from cameras.detector import FLOOR, Detector, load_detector
from cameras.letterbox import Letterbox
from cameras.slots import SlotRule, learn_slot_model, slot_rule
from datasets.cnr_ext import read_cnr_ext
from datasets.frame import Dataset, Detections, Frame
from datasets.images import content_key, image_size
from datasets.load import load
from datasets.yolo import write_yolo
from eval.evaluation import evaluate
from eval.evidence import Evidence
from students.distill import distill
from students.export import export_onnx
from students.samples import Samples
from students.settings import DistillSettings
from students.student import make_student
from teacher.label import label
from teacher.oracle import Oracle, OracleSettings
from teacher.store import KnowledgeStore

CONFIDENCE = 0.25
PLAIN = {"epochs": 40, "optimizer": "AdamW", "lr0": 5e-4, "imgsz": 640}
PLAIN_LABELS = 0.3  # least score of the plain recipe's hard pseudo-labels
Predictions = dict[str, Detections]


def folds(frames: Sequence[Frame], count: int) -> list[tuple[list[Frame], list[Frame]]]:
    """(train, test) pairs; each frame is tested once."""
    return [
        ([f for i, f in enumerate(frames) if i % count != k], [f for i, f in enumerate(frames) if i % count == k])
        for k in range(count)
    ]


def run_model(model: DetectionModel, frames: Sequence[Frame], size: int) -> Predictions:
    """All detections of a student on frames, through the detector that a camera runs."""
    said: Predictions = {}
    with tempfile.TemporaryDirectory() as folder:
        detectors: dict[tuple[int, int], Detector] = {}
        for frame in frames:
            image = load(frame)
            shape = Letterbox.around((image.shape[1], image.shape[0]), size).input
            if shape not in detectors:
                path = Path(folder) / f"{shape[0]}x{shape[1]}.onnx"
                export_onnx(model, shape, path)
                detectors[shape] = load_detector(path)
            said[frame.name] = detectors[shape]([image], FLOOR)[0]
    return said


def plain_recipe(
    train: Sequence[Frame], student: Path, store: KnowledgeStore, work: Path, seed: int
) -> tuple[DetectionModel, float]:
    """Ultralytics' own training on hard pseudo-labels; the student and the seconds it took.

    A training that an earlier run of the benchmark finished is not done again.
    """
    from ultralytics import YOLO

    weights, clock = work / "train" / "weights" / "last.pt", work / "seconds.json"
    if clock.is_file():
        return make_student(weights), float(json.loads(clock.read_text()))
    shutil.rmtree(work, ignore_errors=True)
    images = work / "images"
    images.mkdir(parents=True)
    flat = [Frame(f.camera, f"{i:03d}.jpg", f.path) for i, f in enumerate(train)]
    said, sizes = [], []
    for frame in flat:
        image = load(frame)
        found = store.get(content_key(image)).detections
        said.append(found[found.scores >= PLAIN_LABELS])
        sizes.append((image.shape[1], image.shape[0]))
        shutil.copy(frame.path, images / frame.name)
    labels = write_yolo(work / "labels", flat, sizes, said)
    for path in labels:  # Ultralytics refuses a sixth column
        path.write_text("".join(" ".join(line.split()[:5]) + "\n" for line in path.read_text().splitlines()))
    data = work / "data.yaml"
    data.write_text(f"path: {work.resolve()}\ntrain: images\nval: images\nnames: {{0: vehicle}}\n")
    start = time.monotonic()
    model = YOLO(str(student))
    model.train(
        data=str(data), batch=4, seed=seed, workers=0, val=False, plots=False, verbose=False, device="cpu",
        project=str(work.resolve()), name="train", exist_ok=True, **PLAIN,
    )  # fmt: skip
    seconds = time.monotonic() - start
    clock.write_text(json.dumps(seconds))
    return make_student(weights), seconds


def slot_errors(
    dataset: Dataset, tests: Sequence[Sequence[Frame]], said: Predictions, rules: Sequence[SlotRule]
) -> int:
    """Slots whose state is read wrongly, each part of the frames by its own rule."""
    total = 0
    for frames, rule in zip(tests, rules, strict=True):
        row = evaluate("slots", evidence(dataset, frames, said), slot_rules={frames[0].camera: rule}).rows[-1]
        total += row.errors or 0
    return total


def evidence(dataset: Dataset, frames: Sequence[Frame], said: Predictions) -> Evidence:
    camera = frames[0].camera
    sizes = {frame.name: image_size(frame.path) for frame in frames}
    return Evidence(frames, dataset.truth, {"student": said}, {"student": {camera: CONFIDENCE}}, dataset.slots, sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--root", type=Path, default=shared / "data" / "cnr_ext")
    parser.add_argument("--weights", type=Path, default=shared / "weights")
    parser.add_argument("--teacher", default="yolov8m.pt")
    parser.add_argument("--student", default="yolov8n.pt")
    parser.add_argument("--cameras", default="1,3")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("runs/adaptation"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    settings = DistillSettings()
    student = (asked.weights / asked.student).resolve()
    rows: list[dict[str, object]] = []
    for number in asked.cameras.split(","):
        dataset = read_cnr_ext(asked.root, [f"C{number}"])
        camera = dataset.cameras[0]
        parts = folds(dataset.frames, asked.folds)
        tests = [test for _, test in parts]
        stores: dict[str, KnowledgeStore] = {}
        keys: Mapping[str, str] = {}
        for name, oracle in (
            ("ours", Oracle(asked.weights / asked.teacher)),
            ("plain", Oracle(asked.weights / asked.teacher, OracleSettings(scales=(1280,), grid=0))),
        ):
            stores[name] = KnowledgeStore.open(asked.work / "knowledge", oracle.identity, oracle.description)
            keys = label(dataset.frames, oracle, stores[name]).keys
        heard = {
            name: {frame.name: store.get(keys[frame.name]).detections for frame in dataset.frames}
            for name, store in stores.items()
        }
        half = [slot_rule(None)] * len(parts)
        matched = [
            slot_rule(
                learn_slot_model(
                    [heard["ours"][frame.name] for frame in train], dataset.slots[camera], image_size(train[0].path)
                )
            )
            for train, _ in parts
        ]
        said: dict[str, list[Predictions]] = {
            "nano, untouched": [run_model(make_student(student), dataset.frames, settings.size)],
            "teacher, 1280 px": [heard["plain"]],
            "teacher, 640 + 1280 px": [heard["ours"]],
            "plain fine-tune": [],
            "lotwise": [],
        }
        seconds: dict[str, list[float]] = {name: [] for name in said}
        for seed in range(asked.seeds):
            plain: Predictions = {}
            ours: Predictions = {}
            for k, (train, test) in enumerate(parts):
                work = asked.work / f"{camera}-{seed}-{k}"
                model, spent = plain_recipe(train, student, stores["plain"], work / "plain", seed)
                plain |= run_model(model, test, settings.size)
                seconds["plain fine-tune"].append(spent)
                own = settings.model_copy(update={"seed": seed})
                shutil.rmtree(work / "ours", ignore_errors=True)
                start = time.monotonic()
                outcome = distill(make_student(student), Samples(train, stores["ours"], own, keys), own, work / "ours")
                seconds["lotwise"].append(time.monotonic() - start)
                ours |= run_model(outcome.student, test, settings.size)
            said["plain fine-tune"].append(plain)
            said["lotwise"].append(ours)
        labelled = sum(len(dataset.truth[frame.name].slots or ()) for frame in dataset.frames)
        for name, runs in said.items():
            boxes = [evaluate("vehicles", evidence(dataset, dataset.frames, run)).rows[-1] for run in runs]
            rows.append(
                {
                    "camera": camera,
                    "model": name,
                    "slots": labelled,
                    "errors_half_covered": [slot_errors(dataset, tests, run, half) for run in runs],
                    "errors_matched": [slot_errors(dataset, tests, run, matched) for run in runs],
                    "map50": [row.map50 for row in boxes],
                    "map50_95": [row.map50_95 for row in boxes],
                    "seconds": seconds[name],
                }
            )
    show(rows, asked)
    if asked.json:
        machine = {"processor": platform.processor() or platform.machine(), "threads": torch.get_num_threads()}
        asked.json.write_text(
            json.dumps({"machine": machine, "plain": PLAIN, "settings": settings.model_dump(), "rows": rows}, indent=1)
        )


def show(rows: Sequence[dict[str, object]], asked: argparse.Namespace) -> None:
    table = Table(
        title=f"CNR-EXT, {asked.student} taught by {asked.teacher}; {asked.folds} folds, {asked.seeds} seed(s); "
        "mean (least … most over seeds)"
    )
    headings = ("camera", "model", "slots", "wrong, half covered", "wrong, matched", "mAP50", "mAP50-95", "s a student")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("camera", "model") else "right")
    for row in rows:
        count = int(row["slots"])  # type: ignore[call-overload]
        table.add_row(
            str(row["camera"]), str(row["model"]), str(count),
            *(f"{spread(row[key], 1)} ({accuracy(row[key], count):.3f})"
              for key in ("errors_half_covered", "errors_matched")),
            spread(row["map50"], 3), spread(row["map50_95"], 3), spread(row["seconds"], 0),
        )  # fmt: skip
    Console(width=160).print(table)


def accuracy(errors: object, slots: int) -> float:
    """Share of slots read rightly, mean over seeds."""
    assert isinstance(errors, list)
    return 1 - statistics.mean(errors) / slots


def spread(values: object, digits: int) -> str:
    assert isinstance(values, list)
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    text = f"{statistics.mean(known):.{digits}f}"
    low, high = np.min(known), np.max(known)
    return text if low == high else f"{text} ({low:.{digits}f} … {high:.{digits}f})"


if __name__ == "__main__":
    main()
