"""Lotwise against the plain recipe: pseudo-labels and an ordinary Ultralytics fine-tune, on the same frames.

python benchmarks/adaptation.py --root ../shared/data/cnr_ext --weights ../shared/weights --json adaptation.json

Every frame of a camera is measured exactly once, by a student that did not learn from it: the frames, in order of
time, go by turns into ``--folds`` parts, and each part is measured by a student of the others. All models are run
by the same code at the same input size and judged by the same slot rule at confidence 0.25.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from ultralytics.nn.tasks import DetectionModel

from cameras.letterbox import Letterbox
from cameras.slots import slot_states
from datasets.cnr_ext import read_cnr_ext
from datasets.frame import Dataset, Detections, Frame
from datasets.images import content_key
from datasets.load import load
from datasets.yolo import write_yolo
from eval.evaluation import evaluate
from eval.evidence import Evidence
from students.distill import distill
from students.export import deployed_form, predict
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
    """All detections of a PyTorch student on frames."""
    form = deployed_form(model)
    said = {}
    for frame in frames:
        image = load(frame)
        box = Letterbox.around((image.shape[1], image.shape[0]), size)
        said[frame.name] = predict(form, image, box.input, 0.001)
    return said


def plain_recipe(
    train: Sequence[Frame], student: Path, store: KnowledgeStore, work: Path, seed: int
) -> tuple[DetectionModel, float]:
    """Ultralytics' own training on hard pseudo-labels; the student and the seconds it took."""
    from ultralytics import YOLO

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
    return make_student(work / "train" / "weights" / "last.pt"), seconds


def measure(dataset: Dataset, frames: Sequence[Frame], said: Predictions) -> dict[str, float | None]:
    """Slot accuracy and errors, and AP against vehicle boxes where there are any."""
    cameras = {frame.camera for frame in frames}
    sizes = {frame.name: (image.shape[1], image.shape[0]) for frame in frames for image in [load(frame)]}
    evidence = Evidence(
        frames, dataset.truth, {"student": said}, {"student": dict.fromkeys(cameras, CONFIDENCE)}, dataset.slots, sizes
    )
    slots = evaluate("slots", evidence, slot_rule=slot_states).rows[-1]
    boxes = evaluate("vehicles", evidence).rows[-1]
    return {
        "slots": slots.slots, "errors": slots.errors, "accuracy": slots.accuracy, "f1": slots.slot_f1,
        "map50": boxes.map50, "map50_95": boxes.map50_95,
    }  # fmt: skip


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
    for camera in asked.cameras.split(","):
        dataset = read_cnr_ext(asked.root, [f"C{camera}"])
        stores = {}
        for name, oracle in (
            ("ours", Oracle(asked.weights / asked.teacher)),
            ("plain", Oracle(asked.weights / asked.teacher, OracleSettings(scales=(1280,), grid=0))),
        ):
            stores[name] = KnowledgeStore.open(asked.work / "knowledge", oracle.identity, oracle.description)
            label(dataset.frames, oracle, stores[name])
        said: dict[str, list[Predictions]] = {
            "nano, untouched": [run_model(make_student(student), dataset.frames, settings.size)],
            "teacher, 1280 px": [
                {f.name: stores["plain"].get(content_key(load(f))).detections for f in dataset.frames}
            ],
            "teacher, fused": [{f.name: stores["ours"].get(content_key(load(f))).detections for f in dataset.frames}],
            "plain fine-tune": [],
            "lotwise": [],
        }
        seconds: dict[str, list[float]] = {name: [] for name in said}
        for seed in range(asked.seeds):
            plain: Predictions = {}
            ours: Predictions = {}
            for k, (train, test) in enumerate(folds(dataset.frames, asked.folds)):
                work = asked.work / f"{camera}-{seed}-{k}"
                model, spent = plain_recipe(train, student, stores["plain"], work / "plain", seed)
                plain |= run_model(model, test, settings.size)
                seconds["plain fine-tune"].append(spent)
                own = settings.model_copy(update={"seed": seed})
                shutil.rmtree(work / "ours", ignore_errors=True)
                outcome = distill(make_student(student), Samples(train, stores["ours"], own), own, work / "ours")
                ours |= run_model(outcome.student, test, settings.size)
                seconds["lotwise"].append(outcome.seconds)
            said["plain fine-tune"].append(plain)
            said["lotwise"].append(ours)
        for name, runs in said.items():
            measured = [measure(dataset, dataset.frames, run) for run in runs]
            rows.append(
                {"camera": f"C{camera}", "model": name, "seconds": seconds[name]}
                | {key: [m[key] for m in measured] for key in measured[0]}
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
    for heading in ("camera", "model", "slot errors", "slot accuracy", "mAP50", "mAP50-95", "seconds a student"):
        table.add_column(heading, justify="left" if heading in ("camera", "model") else "right")
    for row in rows:
        table.add_row(
            str(row["camera"]), str(row["model"]), f"{spread(row['errors'], 0)} of {row['slots'][0]}",  # type: ignore[index]
            spread(row["accuracy"], 3), spread(row["map50"], 3), spread(row["map50_95"], 3), spread(row["seconds"], 0),
        )  # fmt: skip
    Console(width=150).print(table)


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
