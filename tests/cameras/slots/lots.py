"""Parking lots seen by a pinhole camera: slots, cars as boxes on the ground, and what a detector makes of them."""

from dataclasses import dataclass

import numpy as np

from lotwise.datasets.boxes import clip
from lotwise.datasets.frame import Detections, Slot, SlotState
from lotwise.datasets.synthetic.view import View

SIZE = (960, 720)
PITCH, LENGTH = 2.5, 5.0


@dataclass(frozen=True)
class Seen:
    """One frame: what the detector says, and what is true."""

    detections: Detections
    states: dict[str, SlotState]


def view(height: float) -> View:
    """A camera in front of the middle of the lot, at this height in metres, that looks at its centre."""
    return View(*SIZE, 700.0, (3.0, -9.0, height), np.pi / 2, float(np.arctan2(height, 24.0)))


def slot_centres() -> dict[str, tuple[float, float]]:
    """Four rows of ten slots, two by two along aisles; x to the right, y away from the camera."""
    return {
        f"{row}{column}": ((column - 4.5) * PITCH, y)
        for row, y in zip("abcd", (4.0, 15.0, 20.2, 31.2), strict=True)
        for column in range(10)
    }


def slots_of(camera: View, sloppy: float = 0.0, seed: int = 0) -> tuple[Slot, ...]:
    """The slots as an operator draws them: off by ``sloppy`` metres, all corners of a slot alike."""
    rng = np.random.default_rng(seed)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [PITCH / 2, LENGTH / 2]
    found = []
    for name, centre in slot_centres().items():
        ground = corners + centre + rng.normal(0, sloppy, 2)
        pixels, depth = camera.project(np.column_stack([ground, np.zeros(4)]))
        cut = np.clip(pixels, 0, SIZE)
        if depth.min() > 1 and np.ptp(cut, axis=0).prod() > 0.8 * np.ptp(pixels, axis=0).prod():
            found.append(Slot(name, (cut / SIZE).astype(np.float32)))
    return tuple(found)


def car_box(camera: View, x: float, y: float, rng: np.random.Generator, across: bool = False) -> np.ndarray:
    """(4,) xyxy of a car of random size that stands here as people park; not cut to the frame."""
    size = np.array([1.8, 4.3, 1.5]) * rng.normal(1, [0.04, 0.08, 0.06])
    size = size[[1, 0, 2]] if across else size
    middle = np.array([x, y]) + rng.normal(0, [0.12, 0.2])
    corners = [
        [middle[0] + sx * size[0] / 2, middle[1] + sy * size[1] / 2, sz * size[2]]
        for sx in (-1, 1)
        for sy in (-1, 1)
        for sz in (0, 1)
    ]
    pixels, _ = camera.project(corners)
    return np.concatenate([pixels.min(0), pixels.max(0)])


def watch(
    camera: View, frames: int, seed: int = 0, taken: tuple[float, float] = (0.3, 0.9), strays: int = 2
) -> list[Seen]:
    """Frames in which each slot is taken or not at random, with cars in the aisles, and detections of them.

    The detector misses one car in fifty, is off by four hundredths of a car's size and scores far cars low.
    """
    rng = np.random.default_rng(seed)
    places = slot_centres()
    seen = []
    for _ in range(frames):
        share = rng.uniform(*taken)
        states: dict[str, SlotState] = {name: "occupied" if rng.random() < share else "free" for name in places}
        boxes = [car_box(camera, *places[name], rng) for name, state in states.items() if state == "occupied"]
        boxes += [
            car_box(camera, rng.uniform(-12, 12), rng.choice([9.5, 25.7]), rng, across=True) for _ in range(strays)
        ]
        seen.append(Seen(_detect(np.array(boxes).reshape(-1, 4), rng), states))
    return seen


def _detect(boxes: np.ndarray, rng: np.random.Generator) -> Detections:
    sizes = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
    noisy = clip(boxes + rng.normal(0, 0.04, boxes.shape) * sizes[:, None], *SIZE)
    scores = np.clip(rng.normal(np.clip(sizes / 80, 0.3, 0.9), 0.1), 0.08, 0.99)
    visible = np.prod(noisy[:, 2:] - noisy[:, :2], axis=1) > 0.3 * sizes**2
    kept = visible & (rng.random(len(boxes)) > 0.02)
    return Detections.of(noisy[kept], scores[kept])
