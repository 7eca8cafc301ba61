"""What painting privacy masks costs, and whether boxes of cars beside them stay where they were.

python benchmarks/privacy_masks/measure.py [--weights yolov8m.pt] [--frames 24] [--json F]

Masks are laid over parts of real frames in which cars stand too; only boxes that touch no mask are compared, those of
the whole frame with those of the painted one. Frames and weights come from LOTWISE_SHARED (default ../shared).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Image, Masks
from lotwise.datasets.images import read_image
from lotwise.datasets.privacy_masks import COLOUR, hidden_pixels, painted
from lotwise.teacher.single_scale import SingleScale

MASKS: Masks = (
    ((0.0, 0.0), (1.0, 0.0), (1.0, 0.18), (0.5, 0.22), (0.0, 0.15)),
    ((0.0, 0.4), (0.2, 0.35), (0.28, 0.8), (0.0, 0.95)),
    ((0.8, 0.55), (0.95, 0.5), (1.0, 0.75), (0.85, 0.8)),
)
"""A street behind the lot, a house at its side, a window."""
SIZES = {"1000x750": (1000, 750), "1920x1080": (1920, 1080), "2592x1944": (2592, 1944)}
REPEATS = 200
FOLDERS = ("data/cnr_ext/FULL_IMAGE_1000x750", "days/UFPR05")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--weights", default="yolov8m.pt", help="a file of LOTWISE_SHARED/weights")
    parser.add_argument("--frames", type=int, default=24, help="real frames, evenly chosen")
    parser.add_argument("--json", type=Path, help="write everything here")
    options = parser.parse_args()
    shared = Path(os.environ.get("LOTWISE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    files = sorted(file for folder in FOLDERS for file in (shared / folder).rglob("*.jpg"))
    chosen = [files[int(index)] for index in np.linspace(0, len(files) - 1, options.frames)]
    found = {
        "covered": round(float(hidden_pixels(MASKS, 1000, 750).mean()), 3),
        "frames": len(chosen),
        "weights": options.weights,
        "milliseconds": {name: cost(*size) for name, size in SIZES.items()},
        "boxes": boxes(SingleScale(shared / "weights" / options.weights), chosen),
    }
    show(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def cost(width: int, height: int) -> float:
    """Median milliseconds of one core that painting a frame takes."""
    image = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        painted(image, MASKS)
        times.append(time.perf_counter() - began)
    return round(1e3 * float(np.median(times)), 3)


def boxes(model: SingleScale, files: list[Path]) -> dict[str, dict[str, float]]:
    """By the colour that masks are painted in: what became of the boxes beside them, and what was found on them."""
    sums = {name: np.zeros(5) for name in ("grey 114", "black", "white", "mean of the frame")}
    overlaps: dict[str, list[float]] = {name: [] for name in sums}
    for file in files:
        image = read_image(file)
        hidden = hidden_pixels(MASKS, image.shape[1], image.shape[0])
        before = beside(model([image])[0], hidden)
        for name, colour in colours(image).items():
            masked = image.copy()
            masked[hidden] = colour
            everything = model([masked])[0]
            after = beside(everything, hidden)
            best = iou(before.boxes, after.boxes) if len(after) else np.zeros((len(before), 1), np.float32)
            kept = best.max(axis=1, initial=0)
            sums[name] += [
                len(before),
                (kept >= 0.5).sum(),
                (kept >= 0.9).sum(),
                len(after),
                on_masks(everything, hidden),
            ]
            overlaps[name] += kept[kept >= 0.5].tolist()
    return {
        name: {
            "boxes": int(total),
            "kept_iou50": round(kept / total, 4),
            "kept_iou90": round(strict / total, 4),
            "mean_iou": round(float(np.mean(overlaps[name])), 4),
            "boxes_after": int(after),
            "found_on_masks": int(false),
        }
        for name, (total, kept, strict, after, false) in sums.items()
    }


def colours(image: Image) -> dict[str, tuple[int, ...]]:
    mean = tuple(int(value) for value in image.reshape(-1, 3).mean(axis=0))
    return {"grey 114": COLOUR, "black": (0, 0, 0), "white": (255, 255, 255), "mean of the frame": mean}


def beside(found: Detections, hidden: NDArray[np.bool_]) -> Detections:
    """The boxes that touch no mask."""
    return found[np.array([not part(hidden, box).any() for box in found.boxes], bool)]


def on_masks(found: Detections, hidden: NDArray[np.bool_]) -> int:
    """How many boxes lie for the larger part on a mask."""
    return sum(bool(part(hidden, box).mean() > 0.5) for box in found.boxes)


def part(hidden: NDArray[np.bool_], box: NDArray[np.float32]) -> NDArray[np.bool_]:
    left, top, right, bottom = box.astype(int)
    return hidden[max(top, 0) : bottom + 1, max(left, 0) : right + 1]


def show(found: dict[str, Any]) -> None:
    console = Console(width=120)
    console.print(f"{found['frames']} frames, {found['covered']:.0%} covered, {found['weights']}")
    console.print(", ".join(f"{name}: {ms} ms" for name, ms in found["milliseconds"].items()))
    table = Table("painted in", "boxes beside", "kept, IoU 0.5", "kept, IoU 0.9", "mean IoU", "boxes after", "on masks")
    for name, row in found["boxes"].items():
        table.add_row(name, *(str(value) for value in row.values()))
    console.print(table)


if __name__ == "__main__":
    main()
