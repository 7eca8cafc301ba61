"""What tells a vehicle of which the teacher is unsure from furniture: each piece of evidence alone, by its AUC.

python benchmarks/labelling/furniture_evidence.py [--json docs/furniture-evidence.json]

Of all boxes to which the teacher gives 0.1 to 0.5, those on a vehicle (IoU 0.5) are to be told from those where no
vehicle is (IoU below 0.1). An AUC of 0.5 is chance, 1 tells them all apart. Three places: a rendered yard over three
days with the embedded weights, and with YOLOv8m as teacher and YOLOv8n as nano; and the frames of CNR-EXT with drawn
vehicle boxes, taught by YOLOv8m. The second teacher is another network than the first: YOLOv8m beside the embedded
weights, YOLO11n and YOLO26n beside YOLOv8m. What a model says of a frame is kept in ``--work``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.stats import rankdata

from benchmarks.labelling.class_shares import ClassShares
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Dataset, Detections, Frame, Image
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.datasets.synthetic import render_site
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.consensus.clustering import cluster_by_iou
from lotwise.teacher.consensus.patch_similarity import patch_similarity
from lotwise.teacher.consensus.permanence import same_share
from lotwise.teacher.consensus.settings import ConsensusSettings
from lotwise.teacher.fuse import fuse
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

Floats = NDArray[np.float64]
UNSURE = (0.1, 0.5)
"""Scores between which the teacher's boxes are asked about: what is taught as a vehicle and was never sure."""
SAME_IOU, ELSEWHERE_IOU = 0.5, 0.1
SURE_SCORE = 0.5
SCALES = (640, 1280)
DAYS, FRAMES_PER_DAY = 3, 10


@dataclass(frozen=True)
class Models:
    """Weights files: who is asked, whom else, and the student's beginning."""

    teacher: Path
    nano: Path
    second: Mapping[str, Path]


@dataclass(frozen=True)
class Looks:
    """What was said of each frame of one camera, by frame name.

    Attributes:
        alone: by the teacher at each scale.
        both: at both together.
        mirrored: at both, of the mirrored frame, moved back.
        nano: by the untouched nano.
        second: by other teachers, by their name.
        classes: the teacher, asked for its classes.
    """

    alone: Mapping[int, Mapping[str, Detections]]
    both: Mapping[str, Detections]
    mirrored: Mapping[str, Detections]
    nano: Mapping[str, Detections]
    second: Mapping[str, Mapping[str, Detections]]
    classes: ClassShares


def looks(frames: Sequence[Frame], models: Models, work: Path) -> Looks:
    """Teacher, nano and others look at every frame in all ways."""

    def said(weights: Path, scale: int, read: LoadFrame = load) -> dict[str, Detections]:
        oracle = Oracle(weights, OracleSettings(scales=(scale,), grid=0))
        store = KnowledgeStore.open(work / "knowledge", oracle.identity, oracle.description)
        keys = label(frames, oracle, store, read=read).keys
        return {name: store.get(key).detections for name, key in keys.items()}

    alone = {scale: said(models.teacher, scale) for scale in SCALES}
    turned = {scale: said(models.teacher, scale, _mirrored) for scale in SCALES}
    both, mirrored = ({f.name: fuse([one[f.name] for one in of.values()]) for f in frames} for of in (alone, turned))
    for name, width in ((frame.name, load(frame).shape[1]) for frame in frames):
        boxes = mirrored[name].boxes[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + np.array([width, 0, width, 0])
        mirrored[name] = Detections.of(boxes, mirrored[name].scores)
    second = {name: said(weights, SCALES[0]) for name, weights in models.second.items()}
    return Looks(alone, both, mirrored, said(models.nano, SCALES[0]), second, ClassShares(models.teacher))


def _mirrored(frame: Frame) -> Image:
    return np.ascontiguousarray(load(frame)[:, ::-1])


def score_there(boxes: NDArray[np.float32], found: Detections) -> Floats:
    """(N,) best score of another look's boxes on each box; 0 where there is none."""
    overlap = iou(boxes, found.boxes) >= SAME_IOU
    return np.asarray(np.where(overlap, found.scores[None], 0).max(1, initial=0), np.float64)


def size_residual(boxes: NDArray[np.float32], sure: NDArray[np.float32]) -> Floats:
    """(N,) minus how far, in log heights, each box is from the height of sure vehicles at its place in the view."""

    def at(where: NDArray[np.float32]) -> Floats:
        middle = (where[:, 0] + where[:, 2]) / 2
        return np.stack([np.ones(len(where)), where[:, 3], middle, where[:, 3] ** 2], 1).astype(np.float64)

    fit, *_ = np.linalg.lstsq(at(sure), np.log(sure[:, 3] - sure[:, 1]), rcond=None)
    return np.asarray(-np.abs(np.log(boxes[:, 3] - boxes[:, 1]) - at(boxes) @ fit))


def change_there(frames: Sequence[Frame], said: Mapping[str, Detections]) -> dict[str, Floats]:
    """How much what lies below each box changes over the camera's frames: 1 minus the share that looks the same."""
    settings = ConsensusSettings()
    found = [said[frame.name] for frame in frames]
    clusters = cluster_by_iou(found, settings.join_iou, settings.positive_threshold)
    images = (load(frame) for frame in frames)
    similarity = patch_similarity(images, clusters.boxes.astype(np.float32), settings.reach).astype(np.float32)
    changes = 1 - same_share(similarity, settings.min_similarity)
    told = {}
    for number, frame in enumerate(frames):
        values = np.full(len(found[number]), np.nan)
        for cluster in np.flatnonzero(clusters.member[:, number] >= 0):
            values[clusters.member[cluster, number]] = changes[cluster]
        told[frame.name] = values
    return told


def evidence_of(frames: Sequence[Frame], seen: Looks, dataset: Dataset) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Each piece of evidence of every box in question, and whether a vehicle is there."""
    sure = {name: found.boxes[found.scores >= SURE_SCORE] for name, found in seen.both.items()}
    everywhere = np.concatenate(list(sure.values()))
    changes = change_there(frames, seen.both) if len(frames) > 2 else {}
    rows: dict[str, list[Floats]] = {}
    labels: list[NDArray[np.bool_]] = []
    for frame in frames:
        truth = dataset.truth[frame.name].vehicles if frame.name in dataset.truth else None
        if truth is None:
            continue
        found = seen.both[frame.name]
        on = iou(found.boxes, truth.boxes[~truth.ignore]).max(1, initial=0)
        ignored = iou(found.boxes, truth.boxes[truth.ignore]).max(1, initial=0) >= ELSEWHERE_IOU
        asked = (found.scores >= UNSURE[0]) & (found.scores < UNSURE[1])
        asked &= (on >= SAME_IOU) | ((on < ELSEWHERE_IOU) & ~ignored)
        boxes = found.boxes[asked]
        others = np.concatenate([np.zeros((0, 4), np.float32), *(b for n, b in sure.items() if n != frame.name)])
        of_all, of_vehicles = seen.classes(load(frame), boxes)
        one = {
            "teacher's score": found.scores[asked].astype(np.float64),
            "agreement of its two scales": np.minimum(
                *(score_there(boxes, seen.alone[scale][frame.name]) for scale in SCALES)
            ),
            "agreement with the mirrored frame": score_there(boxes, seen.mirrored[frame.name]),
            "score of the untouched nano": score_there(boxes, seen.nano[frame.name]),
            "size against the view's perspective": size_residual(boxes, everywhere),
            "a sure vehicle there on another frame": iou(boxes, others).max(1, initial=0).astype(np.float64),
            "change over the frames": changes[frame.name][asked] if changes else np.full(int(asked.sum()), np.nan),
            "vehicles' share of all classes": of_all,
            "cars' share of vehicles": of_vehicles,
            **{f"score of {name}": score_there(boxes, said[frame.name]) for name, said in seen.second.items()},
        }
        for name, values in one.items():
            rows.setdefault(name, []).append(values)
        labels.append((on >= SAME_IOU)[asked])
    return {name: np.concatenate(values) for name, values in rows.items()}, np.concatenate(labels)


def auc(values: Floats, right: NDArray[np.bool_]) -> float | None:
    """Chance that a box on a vehicle has the higher value than one elsewhere; boxes without a value are left out.

    >>> auc(np.array([0.1, 0.4, 0.8]), np.array([False, True, True]))
    1.0
    """
    known = ~np.isnan(values)
    values, right = values[known], right[known]
    ours, others = int(right.sum()), int((~right).sum())
    if not ours or not others:
        return None
    return float((rankdata(values)[right].sum() - ours * (ours + 1) / 2) / (ours * others))


def measure(dataset: Dataset, models: Models, work: Path) -> dict[str, Any]:
    """AUC of each piece of evidence over all cameras of a dataset."""
    rows: dict[str, list[Floats]] = {}
    labels: list[NDArray[np.bool_]] = []
    for camera in dataset.cameras:
        frames = dataset.of_camera(camera)
        if not any(frame.name in dataset.truth and dataset.truth[frame.name].vehicles for frame in frames):
            continue
        found, right = evidence_of(frames, looks(frames, models, work), dataset)
        labels.append(right)
        for name, values in found.items():
            rows.setdefault(name, []).append(values)
    right = np.concatenate(labels)
    figures = {name: auc(np.concatenate(values), right) for name, values in rows.items()}
    return {"on_vehicles": int(right.sum()), "elsewhere": int((~right).sum()), "auc": figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clutter", type=float, default=0.5)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--work", type=Path, default=Path("runs/furniture_evidence"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    yard = render_site(
        asked.work / f"yard-{asked.clutter}",
        cameras=1,
        days=DAYS,
        frames_per_day=FRAMES_PER_DAY,
        width=800,
        height=600,
        clutter=asked.clutter,
        residents=0.15,
    )
    weights = asked.shared / "weights"
    coco = weights.is_dir()
    second = {"YOLOv8m": weights / "yolov8m.pt"} if coco else {}
    found = {"rendered yard": measure(yard, Models(TEACHER, NANO, second), asked.work)}
    if coco:
        others = {"YOLO11n": weights / "yolo11n.pt", "YOLO26n": weights / "yolo26n.pt"}
        models = Models(weights / "yolov8m.pt", weights / "yolov8n.pt", others)
        found["rendered yard, YOLOv8m"] = measure(yard, models, asked.work)
        found["CNR-EXT"] = measure(read_cnr_ext(asked.shared / "data" / "cnr_ext"), models, asked.work)
    table = Table(title="boxes to which the teacher gives 0.1 to 0.5: vehicles told from the rest, AUC")
    for heading in ("evidence", *(f"{name}: {one['on_vehicles']} / {one['elsewhere']}" for name, one in found.items())):
        table.add_column(heading)
    for name in dict.fromkeys(name for one in found.values() for name in one["auc"]):
        values = (one["auc"].get(name) for one in found.values())
        table.add_row(name, *("-" if value is None else f"{value:.2f}" for value in values))
    Console(width=150).print(table)
    if asked.json:
        asked.json.write_text(json.dumps({"clutter": asked.clutter, "places": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
