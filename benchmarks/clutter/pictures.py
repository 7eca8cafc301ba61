"""What a student still takes for a vehicle among furniture, as a picture of a rendered yard.

python benchmarks/clutter/pictures.py --cell yard-mid-12x3-0 --picture docs/clutter-yard.jpg

Reads a cell that ``measure.py`` has finished. Frames of real places are refused: they stay out of the documents.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import numpy as np

from benchmarks.clutter.cell import read_job, read_outcome
from benchmarks.clutter.scores import LOOSE, OTHER, furniture_of, on_what
from benchmarks.distillation.compare import slug
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image, VehicleTruth
from lotwise.datasets.load import load
from lotwise.datasets.suppression import first_boxes
from lotwise.datasets.synthetic.yard.truth import PieceTruth
from lotwise.eval.metrics.matching import match

RIGHT, FURNITURE, LOOSELY, MISSED = (90, 170, 60), (40, 40, 220), (30, 150, 240), (220, 120, 40)
"""BGR: found, on furniture, badly placed or on nothing, and vehicles that are not found."""
QUALITY = 80


def drawn(
    image: Image, said: Detections, truth: VehicleTruth, pieces: tuple[PieceTruth, ...], confidence: float
) -> tuple[Image, int]:
    """A frame with a model's boxes, what they are on and their scores; and how many are on furniture."""
    picture, found = image.copy(), first_boxes(said[said.scores >= confidence])
    verdict, furniture = match(found, truth), 0
    for box in truth.boxes[verdict.missed]:
        cv2.rectangle(picture, *_corners(box), MISSED, 1)
    for box, score, right, false in zip(found.boxes, found.scores, verdict.right, verdict.false, strict=True):
        if not right and not false:
            continue
        kind = "" if right else on_what(box, truth, pieces)
        on_piece = kind not in ("", LOOSE, OTHER)
        furniture += on_piece
        colour = RIGHT if right else FURNITURE if on_piece else LOOSELY
        cv2.rectangle(picture, *_corners(box), colour, 2 if on_piece else 1)
        if on_piece:
            at = (int(box[0]), max(int(box[1]) - 3, 9))
            cv2.putText(picture, f"{kind} {score:.2f}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.38, FURNITURE, 1, cv2.LINE_AA)
    return picture, furniture


def _corners(box: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    left, top, right, bottom = (int(value) for value in box)
    return (left, top), (right, bottom)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("runs/clutter"), help="of measure.py")
    parser.add_argument("--row", default="default")
    parser.add_argument("--cell", required=True, help="name of a place, such as yard-mid-12x3-0")
    parser.add_argument("--picture", type=Path, required=True, help="JPEG that is written")
    asked = parser.parse_args()
    folder = asked.work / slug(asked.row) / asked.cell
    if not (folder / "result.json").is_file():
        raise InputError(f"{folder}: no finished cell; run benchmarks/clutter/measure.py first")
    job = read_job(folder)
    outcome = read_outcome(folder, job)
    if outcome is None or job.place.real:
        raise InputError(f"--cell {asked.cell}: give the finished cell of a rendered yard")
    (test,) = job.place.tests
    dataset, frames = test.frames()
    shown = furniture_of(Path(test.root))
    pictures = []
    for frame in frames:
        truth = dataset.truth[frame.name].vehicles
        assert truth is not None
        said = outcome.said[0][frame.name]
        pictures.append(drawn(load(frame), said, truth, shown.get(frame.name, ()), outcome.confidence))
    worst, count = max(pictures, key=lambda one: one[1])
    cv2.imwrite(str(asked.picture), worst, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    print(f"{asked.picture}: the frame with most boxes on furniture, {count}")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
