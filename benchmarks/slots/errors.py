"""Which slots a student reads wrongly and why, in words and in pictures.

python benchmarks/slots/errors.py [--row Lotwise] [--rule matched] [--work runs/distillation] [--cameras 1,3]

Takes the predictions that ``benchmarks/distillation/compare.py`` left in its work folder; crops of every wrong slot go
to ``WORK/errors-<camera>.jpg``: the slot yellow, boxes from the deployed confidence up green, weaker ones down to
0.05 orange, the teacher's taught boxes blue.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from benchmarks.distillation.compare import ROWS, arguments, camera_of, predictions
from benchmarks.distillation.scores import Camera, evidence
from benchmarks.distillation.training_job import Predictions
from lotwise.cameras.slots import SlotRule, slot_rule
from lotwise.datasets.boxes import coverage, iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image, Slot
from lotwise.datasets.load import load
from lotwise.datasets.readers.open import parse_cameras
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.protocols import SLOTS

MIN_SHOWN_SCORE = 0.05
"""Boxes under this score are as good as none."""
MIN_SHARED_AREA = 0.5
"""From this IoU on two boxes are the same car's, and from this covered share on a box lies over a slot; the IoU is that
of mAP50."""
BORDER_WIDTH_PX = 4
"""A slot that comes this near to the frame's edge is told as one at the border, where cars are cut."""
CROP_SIDE_PX = 220
"""Side of the picture of one wrong slot."""
CROPS_A_ROW = 4
"""Pictures of wrong slots side by side."""


@dataclass(frozen=True)
class Wrong:
    """A slot whose state was read wrongly.

    Attributes:
        label: what it is by the label.
        why: the category.
        score: of the box that tells why, 0 where there is none.
        cut: whether it lies at the border of the frame.
    """

    frame: str
    slot: Slot
    label: str
    why: str
    score: float
    cut: bool


def explain(slot: Slot, label: str, said: Detections, taught: Detections, size: tuple[int, int]) -> tuple[str, float]:
    """Why a slot was read wrongly, and the score of the box that tells."""
    own = slot.box(*size)[None]
    covering = coverage(said.boxes, own)[:, 0] >= MIN_SHARED_AREA
    touching = coverage(own, said.boxes)[0] + coverage(said.boxes, own)[:, 0] >= MIN_SHARED_AREA
    strong = said.scores >= DEFAULT_CONFIDENCE
    if label == "free":
        seen = said[covering & strong] if (covering & strong).any() else said[touching & strong]
        if not len(seen):
            return "a box further away was taken for its car", 0.0
        agrees = iou(seen.boxes, taught.boxes).max(initial=0) >= MIN_SHARED_AREA
        return ("the teacher sees a car there too" if agrees else "false detection", float(seen.scores.max()))
    # Boxes over the slot that are not those of cars that are seen surely: its own car's, if it has any.
    own_taught = taught[(coverage(taught.boxes, own)[:, 0] >= MIN_SHARED_AREA) & ~_same(taught, said[strong])]
    own_weak = said[touching & ~strong & ~_same(said, said[strong])]
    if len(own_weak) and (not len(own_taught) or _same(own_weak, own_taught).any()):
        return "its car is under the threshold", float(own_weak.scores.max())
    if len(own_taught):
        return "only the teacher sees its car", 0.0
    if (covering & strong).any():
        return "only a neighbour's box lies there", float(said.scores[covering & strong].max())
    if (touching & strong).any():
        return "a car stands there, but not as this slot expects", float(said.scores[touching & strong].max())
    return "neither student nor teacher see a car", 0.0


def _same(boxes: Detections, others: Detections) -> NDArray[np.bool_]:
    """(N,) whether a box is one of the others."""
    return np.asarray(iou(boxes.boxes, others.boxes).max(axis=1, initial=0) >= MIN_SHARED_AREA)


def wrong_slots(camera: Camera, said: Predictions, rules: Sequence[SlotRule]) -> list[Wrong]:
    """Every wrong slot of all parts, in the order of the frames."""
    labelled = SLOTS.judged_frames(evidence(camera, said))
    found = []
    for (_, test), rule in zip(camera.parts, rules, strict=True):
        for frame in test:
            if frame.name not in labelled:
                continue
            one = labelled[frame.name]
            readings = rule(said[frame.name], one.slots, one.size, confidence=DEFAULT_CONFIDENCE)
            boxes = said[frame.name][said[frame.name].scores >= MIN_SHOWN_SCORE]
            for slot in one.slots:
                label = one.labels.get(slot.id)
                if label is None or readings[slot.id].state == label:
                    continue
                why, score = explain(slot, label, boxes, camera.taught[frame.name], one.size)
                own = slot.box(*one.size)
                cut = bool((own[:2] < BORDER_WIDTH_PX).any() or (own[2:] > np.array(one.size) - BORDER_WIDTH_PX).any())
                found.append(Wrong(frame.name, slot, label, why, score, cut))
    return sorted(found, key=lambda wrong: wrong.frame)


def mosaic(camera: Camera, said: Predictions, wrong: Sequence[Wrong]) -> Image:
    """A crop of each wrong slot, a few side by side."""
    frames = {frame.name: frame for frame in camera.dataset.frames}
    crops = []
    for number, one in enumerate(wrong):
        image = load(frames[one.frame])
        height, width = image.shape[:2]
        boxes = said[one.frame]
        for found, colour in (
            (camera.taught[one.frame], (255, 120, 0)),
            (boxes[(boxes.scores >= MIN_SHOWN_SCORE) & (boxes.scores < DEFAULT_CONFIDENCE)], (0, 140, 255)),
            (boxes[boxes.scores >= DEFAULT_CONFIDENCE], (0, 220, 0)),
        ):
            for box in found.boxes.round().astype(int):
                cv2.rectangle(image, box[:2].tolist(), box[2:].tolist(), colour, 1)
        outline = (one.slot.polygon * np.array([width, height])).round().astype(np.int32)
        cv2.polylines(image, [outline], True, (0, 255, 255), 1)
        side = int(max(np.ptp(outline, axis=0).max() * 3, 60))
        x, y = (outline.mean(0) - side / 2).round().astype(int)
        around = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_CONSTANT, value=(60, 60, 60))
        crop = cv2.resize(around[y + side : y + 2 * side, x + side : x + 2 * side], (CROP_SIDE_PX, CROP_SIDE_PX))
        caption = np.full((34, CROP_SIDE_PX, 3), 30, np.uint8)
        for row, text in enumerate((f"{number + 1}: slot {one.slot.id}, {one.label}", one.why[:42])):
            cv2.putText(
                caption, text, (3, 13 + 15 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (255, 255, 255), 1, cv2.LINE_AA
            )
        crops.append(np.vstack([caption, crop]))
    crops += [np.zeros_like(crops[0])] * (-len(crops) % CROPS_A_ROW)
    return np.vstack([np.hstack(crops[i : i + CROPS_A_ROW]) for i in range(0, len(crops), CROPS_A_ROW)])


def show(camera: str, wrong: Sequence[Wrong]) -> None:
    table = Table(title=f"{camera}: {len(wrong)} slots wrong")
    for heading in ("", "frame", "slot", "is", "why", "score", "at the border"):
        table.add_column(heading)
    for number, one in enumerate(wrong, 1):
        table.add_row(
            str(number),
            Path(one.frame).stem,
            one.slot.id,
            one.label,
            one.why,
            f"{one.score:.2f}",
            "yes" if one.cut else "",
        )
    console = Console(width=140)
    console.print(table)
    for (label, why), count in Counter((one.label, one.why) for one in wrong).most_common():
        console.print(f"{count:4d}  {label}: {why}")


def main() -> None:
    parser = arguments(
        argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    )
    parser.add_argument("--row", default="Lotwise")
    parser.add_argument("--rule", choices=("matched", "half-covered"), default="matched")
    asked = parser.parse_args()
    row = next((row for row in ROWS if row.name == asked.row), None)
    if row is None:
        raise InputError(f"--row {asked.row}: no such row; one of {', '.join(row.name for row in ROWS)}")
    for name in parse_cameras(asked.cameras) or ():
        camera = camera_of(name, asked)
        said = predictions(row, camera, asked)[0]
        rules = camera.matched if asked.rule == "matched" else [slot_rule(None)] * len(camera.parts)
        wrong = wrong_slots(camera, said, rules)
        show(camera.name, wrong)
        if wrong:
            path = asked.work / f"errors-{camera.name}.jpg"
            cv2.imwrite(str(path), mosaic(camera, said, wrong))
            print(path)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
