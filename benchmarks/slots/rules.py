"""Rules that tell slot states from the same detections, side by side: half covered, centre inside, IoU, learned.

python benchmarks/slots/rules.py --dataset cnr-ext --root DIR --detections out.json [--cameras 1,3] [--json F]
python benchmarks/slots/rules.py --dataset synthetic --root DIR   (rendered there if absent; jittered truth)
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from lotwise.cameras.slots import SlotModel, SlotReading, learn_slot_model, match_slots, slot_states
from lotwise.datasets.boxes import clip, iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Detections, Frame, Slot
from lotwise.datasets.readers.open import KINDS, open_dataset, parse_cameras
from lotwise.eval.metrics.slot_counts import SlotCounts, count_slots

MIN_SLOT_IOU = 0.3
"""IoU of a car's box with the slot's box from which the IoU rule calls the slot occupied. A choice: a slot is a patch
of ground and a box is a car that stands on it, so they seldom overlap by much more."""
FOLDS = 3
"""Parts of the frames, of which each is read by a rule that was learned on the others."""

Rule = Callable[[Detections, Sequence[Slot], tuple[int, int], float], Mapping[str, SlotReading]]


@dataclass(frozen=True)
class View:
    """Labelled frames of one camera, in the order they were taken, with what was detected on each."""

    camera: str
    slots: tuple[Slot, ...]
    frames: tuple[Frame, ...]
    detections: tuple[Detections, ...]
    sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class RuleResult:
    """Errors of one rule on one camera.

    Attributes:
        readings: labelled slots over all frames.
        false_occupied, false_free: slots called occupied that are free, and the other way round.
    """

    rule: str
    camera: str
    readings: int
    false_occupied: int
    false_free: int

    @property
    def accuracy(self) -> float | None:
        return 1 - (self.false_occupied + self.false_free) / self.readings if self.readings else None


def centre_inside(
    detections: Detections, slots: Sequence[Slot], size: tuple[int, int], confidence: float
) -> dict[str, SlotReading]:
    """A slot is occupied by a box whose centre lies in its polygon (Ultralytics' ParkingManagement)."""
    centres = (detections.boxes[:, :2] + detections.boxes[:, 2:]) / 2
    inside = [
        [
            cv2.pointPolygonTest(slot.polygon * np.array(size, np.float32), (float(x), float(y)), False) >= 0
            for slot in slots
        ]
        for x, y in centres
    ]
    return _best(np.array(inside, bool).reshape(len(detections), len(slots)), detections, slots, confidence)


def overlaps(
    detections: Detections, slots: Sequence[Slot], size: tuple[int, int], confidence: float
) -> dict[str, SlotReading]:
    """A slot is occupied by a box with an IoU of at least ``MIN_SLOT_IOU`` with the slot's box."""
    boxes = np.array([slot.box(*size) for slot in slots], np.float32).reshape(-1, 4)
    return _best(iou(detections.boxes, boxes) >= MIN_SLOT_IOU, detections, slots, confidence)


def _best(hit: np.ndarray, detections: Detections, slots: Sequence[Slot], confidence: float) -> dict[str, SlotReading]:
    best = np.where(hit, detections.scores[:, None], 0).max(0, initial=0).tolist()
    return {
        slot.id: SlotReading("occupied", score) if score >= confidence else SlotReading("free", 1 - score)
        for slot, score in zip(slots, best, strict=True)
    }


FIXED: Mapping[str, Rule] = {
    "half covered": slot_states,
    "centre inside": centre_inside,
    f"IoU {MIN_SLOT_IOU}": overlaps,
}


def compare(views: Sequence[View], dataset: Dataset, confidence: float) -> list[RuleResult]:
    """Every rule on every camera, and on all.

    The learned rule stands there twice: learned from all frames, as at a site, where learning needs no labels;
    and held out, each third of a camera's frames (in order of time) read by what the other two taught.
    """
    counts: dict[tuple[str, str], list[SlotCounts]] = {}
    for view in views:
        for name, rule in FIXED.items():
            counts[name, view.camera] = _count(view, dataset, [rule] * len(view.frames), confidence)
        model = _learn(view, range(len(view.frames)))
        counts["learned", view.camera] = _count(view, dataset, [_matching(model)] * len(view.frames), confidence)
        folds = [number * FOLDS // len(view.frames) for number in range(len(view.frames))]
        held_out = {
            fold: _matching(_learn(view, [n for n, other in enumerate(folds) if other != fold])) for fold in set(folds)
        }
        counts["learned, held out", view.camera] = _count(view, dataset, [held_out[fold] for fold in folds], confidence)
    rules = list(dict.fromkeys(rule for rule, _ in counts))
    lines = [_line(rule, view.camera, counts[rule, view.camera]) for view in views for rule in rules]
    return lines + [_line(rule, "all", [c for v in views for c in counts[rule, v.camera]]) for rule in rules]


def _learn(view: View, frames: Sequence[int] | range) -> SlotModel:
    return learn_slot_model([view.detections[index] for index in frames], view.slots, view.sizes[0])


def _matching(model: SlotModel) -> Rule:
    return lambda detections, slots, size, confidence: match_slots(detections, slots, size, model, confidence)


def _count(view: View, dataset: Dataset, rules: Sequence[Rule], confidence: float) -> list[SlotCounts]:
    found = []
    for frame, seen, size, rule in zip(view.frames, view.detections, view.sizes, rules, strict=True):
        states = dataset.truth[frame.name].slots or {}
        labels = {slot.id: states[slot.id] for slot in view.slots if states.get(slot.id, "unknown") != "unknown"}
        found.append(count_slots(labels, rule(seen, view.slots, size, confidence)))
    return found


def _line(rule: str, camera: str, counts: Sequence[SlotCounts]) -> RuleResult:
    return RuleResult(
        rule,
        camera,
        sum(c.occupied + c.free for c in counts),
        sum(c.free_called_occupied for c in counts),
        sum(c.occupied_called_free for c in counts),
    )


def read_detections(path: Path, dataset: Dataset) -> tuple[dict[str, Detections], dict[str, tuple[int, int]]]:
    """Detections and frame sizes by frame name, from the JSON that ``lotwise detect --json`` writes.

    Raises:
        InputError: not that JSON, or it holds none of the dataset's frames.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        by_file = {Path(row["file"]).resolve(): row for row in rows}
        boxes = {file: np.array(row["boxes"], np.float64).reshape(-1, 6) for file, row in by_file.items()}
        sizes = {file: (int(row["width"]), int(row["height"])) for file, row in by_file.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not the JSON of lotwise detect ({error!r}); run lotwise detect ... --json on the frames"
        ) from error
    files = {frame.name: frame.path.resolve() for frame in dataset.frames}
    known = {name: file for name, file in files.items() if file in by_file}
    if not known:
        raise InputError(f"{path}: none of its files is a frame of {dataset.root}; run lotwise detect on that folder")
    detections = {
        name: Detections.of(boxes[file][:, :4], boxes[file][:, 4], boxes[file][:, 5]) for name, file in known.items()
    }
    return detections, {name: sizes[file] for name, file in known.items()}


def jittered_truth(
    dataset: Dataset, size: tuple[int, int], seed: int
) -> tuple[dict[str, Detections], dict[str, tuple[int, int]]]:
    """What a fair detector would see of the true vehicles: one in twenty missed, sides off by 4 % of the size."""
    rng = np.random.default_rng(seed)
    found = {}
    for frame in dataset.frames:
        vehicles = dataset.truth[frame.name].vehicles
        assert vehicles is not None
        boxes = vehicles.boxes[~vehicles.ignore]
        boxes = boxes[rng.random(len(boxes)) > 0.05]
        scale = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))[:, None]
        noisy = clip(boxes + rng.normal(0, 0.04, boxes.shape) * scale, *size)
        found[frame.name] = Detections.of(noisy, rng.beta(4, 2, len(boxes)))
    return found, dict.fromkeys(found, size)


def views_of(
    dataset: Dataset, detections: Mapping[str, Detections], sizes: Mapping[str, tuple[int, int]]
) -> list[View]:
    """The cameras that have slots, labels and detections."""
    views = []
    for camera in dataset.cameras:
        frames = tuple(
            frame
            for frame in dataset.of_camera(camera)
            if frame.name in detections and frame.name in dataset.truth and dataset.truth[frame.name].slots
        )
        slots = tuple(dataset.slots.get(camera, ()))
        if frames and slots:
            seen = tuple(detections[frame.name] for frame in frames)
            views.append(View(camera, slots, frames, seen, tuple(sizes[frame.name] for frame in frames)))
    if not views:
        raise InputError(f"{dataset.root}: no frame with slots, slot labels and detections; nothing to compare")
    return views


def table(lines: Sequence[RuleResult]) -> str:
    """Markdown."""
    rows = [
        f"| {line.camera} | {line.rule} | {line.readings} | {line.false_occupied} | {line.false_free} "
        f"| {line.false_occupied + line.false_free} | {line.accuracy or 0:.3f} |"
        for line in lines
    ]
    head = "| Camera | Rule | Readings | False occupied | False free | Errors | Accuracy |"
    return "\n".join([head, "|---|---|---:|---:|---:|---:|---:|", *rows])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", choices=KINDS, required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--cameras", help="ids with commas; all where not given")
    parser.add_argument("--detections", type=Path, help="JSON of lotwise detect, best with --conf 0.05 or lower")
    parser.add_argument("--confidence", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=0, help="of the synthetic site and the jitter")
    parser.add_argument("--json", type=Path, help="also write the lines here")
    options = parser.parse_args(arguments)
    size = (960, 720)
    if options.dataset == "synthetic" and not (options.root / "site.json").is_file():
        from lotwise.datasets.synthetic import render_site

        render_site(options.root, width=size[0], height=size[1], seed=options.seed)
    dataset = open_dataset(options.dataset, options.root, parse_cameras(options.cameras))
    if options.detections:
        detections, sizes = read_detections(options.detections, dataset)
    elif options.dataset == "synthetic":
        detections, sizes = jittered_truth(dataset, size, options.seed)
    else:
        raise InputError(f"{options.root}: give --detections, the JSON of lotwise detect on these frames")
    lines = compare(views_of(dataset, detections, sizes), dataset, options.confidence)
    print(table(lines))
    if options.json:
        content: list[dict[str, Any]] = [{**asdict(line), "accuracy": line.accuracy} for line in lines]
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
