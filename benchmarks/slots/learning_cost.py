"""What learning slots costs a node: processor time a frame and each time the picture is learned anew, bytes on disk.

python benchmarks/slots/learning_cost.py [--cars 100] [--json FILE]

A made-up lot of evenly spaced slots, on which cars come and go; a frame each minute until a camera's store is full.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_boxes import MAX_FRAMES_KEPT, NO_BOXES, SeenBoxes
from lotwise.datasets.frame import Detections, Slot
from lotwise.node.slot_learning import SlotLearning

SIZE = (1280, 720)
ROW = 20  # slots in a row
CAMERAS = 9  # of the node whose bytes are told
PASSES = 20  # how often what takes little is timed


@dataclass(frozen=True)
class Bundle:
    """A bundle that has learned nothing."""

    identity: str = "bundle"
    slots: tuple[Slot, ...] = ()
    slot_model: None = None
    seen_boxes: SeenBoxes = NO_BOXES

    @property
    def picture(self) -> SlotPicture:
        """Nothing is known."""
        return SlotPicture()


def lot(count: int) -> tuple[tuple[Slot, ...], np.ndarray]:
    """Slots in rows, and the (N, 4) box of a car on each, pixels."""
    rows = -(-count // ROW)
    left, top = np.meshgrid(np.arange(ROW) * SIZE[0] / ROW, np.arange(rows) * SIZE[1] / rows)
    corners = np.stack([left.ravel(), top.ravel()], axis=1)[:count]
    width, height = 0.8 * SIZE[0] / ROW, 0.7 * SIZE[1] / rows
    boxes = np.concatenate([corners, corners + np.array([width, height])], axis=1)
    slots = []
    for number, (x1, y1, x2, y2) in enumerate((boxes / [*SIZE, *SIZE]).tolist()):
        slots.append(Slot(str(number), np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)))
    return tuple(slots), boxes


def frames(boxes: np.ndarray, count: int, seed: int) -> Sequence[Detections]:
    """Cars that come and go: three of four slots taken, a tenth of the cars others than in the frame before."""
    rng = np.random.default_rng(seed)
    taken, offsets, found = rng.random(len(boxes)) < 0.75, np.zeros((len(boxes), 2)), []
    scale = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))[:, None]
    for _ in range(count):
        anew = rng.random(len(boxes)) < 0.1
        taken = np.where(anew, rng.random(len(boxes)) < 0.75, taken)
        offsets = np.where(anew[:, None], rng.normal(0, 0.1, offsets.shape), offsets)
        seen = boxes + np.tile(offsets, 2) * scale + rng.normal(0, 0.02, boxes.shape) * scale
        found.append(Detections.of(np.clip(seen[taken], 0, [*SIZE, *SIZE]), rng.uniform(0.3, 0.95, int(taken.sum()))))
    return found


def cpu_ms(call: Callable[[], object], passes: int = PASSES) -> float:
    """Processor milliseconds of one call of this thread, the least of some."""
    best = np.inf
    for _ in range(passes):
        began = time.thread_time()
        call()
        best = min(best, time.thread_time() - began)
    return round(1000 * float(best), 3)


def measure(cars: int, seed: int) -> dict[str, Any]:
    """All figures for a camera with so many slots."""
    slots, boxes = lot(cars)
    seen = frames(boxes, MAX_FRAMES_KEPT + PASSES, seed)
    begin = datetime(2026, 3, 4, tzinfo=UTC)
    bundle: Any = Bundle()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "C1.npz"
        learning = SlotLearning(path, clock=lambda: 0.0)
        for number, found in enumerate(seen[:MAX_FRAMES_KEPT]):
            learning.look(found, SIZE, begin + timedelta(minutes=number), "bundle", "view")
        learning.save()
        size = path.stat().st_size
        anew = SlotLearning(path)
        learned_ms = cpu_ms(lambda: SlotLearning(path).learn(bundle, ()), 3)
        anew.learn(bundle, ())
        picture = anew.picture(bundle)
        last = begin + timedelta(days=1)
        counted, number = [], 0
        for number, found in enumerate(seen[MAX_FRAMES_KEPT:]):
            began = time.thread_time()
            anew.look(found, SIZE, last + timedelta(minutes=number), "bundle", "view")
            counted.append(time.thread_time() - began)
        soon = last + timedelta(minutes=number, seconds=1)

        def every_frame() -> None:
            anew.learn(bundle, ())
            anew.look(seen[0], SIZE, soon, "bundle", "view")
            for _ in range(3):
                anew.picture(bundle).learned(slots)

        anew.learn(bundle, ())
        every_frame()
        # Other slots each time, of which nothing is remembered; where cars park is learned already.
        _ = picture.parked
        others = iter([slots[number:] for number in range(1, 4)])
        saved_ms = cpu_ms(lambda: picture.learned(next(others)), 3)
        return {
            "slots": cars,
            "cars_a_frame": round(float(np.mean([len(found) for found in seen])), 1),
            "frames_kept": learning.frames,
            "file_bytes": size,
            "nine_cameras_mb": round(CAMERAS * size / 1e6, 2),
            "ms_a_frame": cpu_ms(every_frame),
            "ms_a_frame_that_counts": round(1000 * float(np.median(counted)), 2),
            "ms_to_learn_anew": learned_ms,
            "ms_for_slots_that_are_saved": saved_ms,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cars", type=int, nargs="*", default=[25, 40, 100], help="slots of a camera")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    lines = [measure(cars, asked.seed) for cars in asked.cars]
    for line in lines:
        print(", ".join(f"{name} {value}" for name, value in line.items()))
    if asked.json:
        about = {"machine": platform.machine(), "load_average": os.getloadavg()[0], "seed": asked.seed}
        asked.json.write_text(json.dumps({**about, "lines": lines}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
