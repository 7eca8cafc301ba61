"""From which IoU on a box is that of an ignored thing: how often the thing comes back, how often a vehicle is lost.

python benchmarks/slots/ignored.py [--day ../shared/days/UFPR05] [--root ../shared/data/cnr_ext] [--json FILE]

The thing again: the untouched nano on a day of real frames. What it draws in one frame is a region, as if somebody had
clicked it; in each other frame in which the pixels there show the same, the box that overlaps it best is the same thing
again. Vehicles lost: each vehicle of CNR-EXT's vehicle boxes is a region, and the others in its frame are what parks
beside it; and a vehicle of the same size drives past, on a line that lies nearer by a share of its height.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.distillation.training_job import SIZE, run_model
from lotwise.cameras.ignore.region import IGNORED_IOU
from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.datasets.load import load
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.model.student import make_student
from lotwise.teacher.consensus.patch_similarity import patch_similarity

LIMITS = (0.3, 0.4, 0.5, 0.6, 0.7)
NEARER = (0.25, 0.5, 0.75)
"""By how much of its height a vehicle that drives past lies nearer than the thing."""
LEAST_OVERLAP = 0.2
"""IoU under which a box is none of this thing, whatever the limit."""
SAME_PIXELS = 0.5
"""Patch similarity from which on two frames show the same; as in the consensus."""
REGION_FRAMES = 4
"""Frames of the day, evenly spaced, whose boxes are taken for regions."""

Shares = dict[float, float]


def shares(overlaps: NDArray[np.float32]) -> Shares:
    """Share of the overlaps that reach each limit."""
    return {limit: float((overlaps >= limit).mean()) for limit in LIMITS}


def seen_again(said: Sequence[Detections], images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """IoU of a thing's box in one frame with its box in another one, over all pairs in which the same stands there.

    Args:
        said: boxes at work of each frame, in pixels.
        images: the frames, (H, W, 3) BGR, of one size.
    """
    found: list[float] = []
    for start in sorted({*np.linspace(0, len(said) - 1, REGION_FRAMES).astype(int).tolist()}):
        regions = said[start].boxes
        for number, other in enumerate(said):
            if number == start or not len(other) or not len(regions):
                continue
            alike = patch_similarity([images[start], images[number]], regions, 1)[:, 0, 2] >= SAME_PIXELS
            best = iou(regions, other.boxes).max(axis=1)
            found += best[alike & (best >= LEAST_OVERLAP)].tolist()
    return np.array(found, np.float32)


def beside(truths: Sequence[VehicleTruth]) -> NDArray[np.float32]:
    """(N,) highest IoU of each vehicle with another one of its frame."""
    found: list[float] = []
    for truth in truths:
        boxes = truth.boxes[~truth.ignore]
        overlap = iou(boxes, boxes)
        np.fill_diagonal(overlap, 0)
        found += overlap.max(axis=1, initial=0).tolist()
    return np.array(found, np.float32)


def driving_past(nearer: float, steps: int = 401) -> NDArray[np.float32]:
    """(steps,) IoU of a thing's box with one of its size that passes from two widths left of it to two right of it."""
    along = np.linspace(-2, 2, steps)
    boxes = np.stack([along, np.full(steps, nearer), along + 1, np.full(steps, nearer + 1)], axis=1).astype(np.float32)
    return iou(boxes, np.array([[0, 0, 1, 1]], np.float32))[:, 0]


def measure(asked: argparse.Namespace) -> dict[str, dict[float, float]]:
    """Each line of the table by its name.

    Raises:
        InputError: frames or weights that cannot be read.
    """
    day = open_dataset("folder", asked.day, None).frames
    said = run_model(make_student(asked.nano), day, SIZE)
    at_work = [found[found.scores >= DEFAULT_CONFIDENCE] for found in said.values()]
    again = seen_again(at_work, [load(frame) for frame in day])
    truths = [truth.vehicles for truth in open_dataset("cnr-ext", asked.root).truth.values() if truth.vehicles]
    others = beside(truths)
    lines = {
        f"the same thing on another frame ({len(again)} pairs)": shares(again),
        f"a vehicle that parks beside it ({len(others)} vehicles)": shares(others),
    }
    for nearer in NEARER:
        lines[f"positions of one of its size that drives past, {nearer:g} of its height nearer"] = shares(
            driving_past(nearer)
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--day", type=Path, default=shared / "days" / "UFPR05")
    parser.add_argument("--root", type=Path, default=shared / "data" / "cnr_ext")
    parser.add_argument("--nano", type=Path, default=shared / "weights" / "yolov8n.pt")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    lines = measure(asked)
    table = Table(title=f"share that is ignored, by the least IoU with the region (in use: {IGNORED_IOU})")
    table.add_column("")
    for limit in LIMITS:
        table.add_column(f"{limit:g}", justify="right")
    for name, values in lines.items():
        table.add_row(name, *(f"{values[limit]:.3f}" for limit in LIMITS))
    Console(width=140).print(table)
    if asked.json:
        rows = [{"line": name, "ignored": {str(k): v for k, v in values.items()}} for name, values in lines.items()]
        asked.json.write_text(json.dumps({"in_use": IGNORED_IOU, "lines": rows}, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
