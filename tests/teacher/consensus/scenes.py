"""A drawn parking row whose truth is known: cars of several looks, changing light, a tree."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from lotwise.datasets.frame import Image

SIZE = (320, 120)
"""Width and height of a scene."""
CAR = (64, 44)
SLOTS = tuple((12 + 78 * slot, 40) for slot in range(4))
"""Left upper corner of the cars of a row, far enough apart to tell."""
SUN = np.array([1.0, 1.0, 1.0])
CLOUD = np.array([0.72, 0.66, 0.6])
DUSK = np.array([0.5, 0.36, 0.32])
WHITE, SILVER, RED = (225, 225, 225), (205, 207, 210), (50, 45, 190)


def box_at(corner: tuple[int, int]) -> list[float]:
    """The box of a car at this left upper corner."""
    return [corner[0], corner[1], corner[0] + CAR[0], corner[1] + CAR[1]]


def ground() -> Image:
    """Asphalt with lines between the slots, always the same."""
    rng = np.random.default_rng(7)
    picture = np.full((SIZE[1], SIZE[0], 3), 105, np.float32) + rng.normal(0, 5, (SIZE[1], SIZE[0], 1))
    picture = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.8)
    for x, _ in SLOTS:
        cv2.line(picture, (x - 7, 36), (x - 7, 90), (190, 190, 190), 2)
    return picture.clip(0, 255).astype(np.uint8)


def draw_car(picture: Image, corner: tuple[int, int], look: int, colour: tuple[int, int, int]) -> None:
    """A car seen from the side; ``look`` settles its shape, so another look is another car of the colour."""
    rng = np.random.default_rng(look)
    (x, y), (w, h) = corner, CAR
    front, back, roof = (int(v) for v in rng.integers([8, 44, 2], [22, 58, 12]))
    sill = int(rng.integers(16, 24))
    cv2.rectangle(picture, (x, y + sill), (x + w - 1, y + h - 6), colour, -1)
    cabin = np.array([[x + front - 6, y + sill], [x + front, y + roof], [x + back, y + roof], [x + back + 5, y + sill]])
    cv2.fillPoly(picture, [cabin.astype(np.int32)], colour)
    pillar = int(rng.integers(front + 8, back - 8))
    for a, b in ((front + 2, pillar - 2), (pillar + 2, back - 2)):
        cv2.rectangle(picture, (x + a, y + roof + 3), (x + b, y + sill - 1), (45, 40, 35), -1)
    for wheel in rng.integers([8, 44], [20, 56]):
        cv2.circle(picture, (x + int(wheel), y + h - 7), 6, (25, 25, 25), -1)
    cv2.rectangle(picture, (x + 1, y + sill + 3), (x + 4, y + sill + 7), (60, 200, 240), -1)
    cv2.line(picture, (x + pillar, y + sill), (x + pillar, y + h - 8), tuple(int(0.6 * c) for c in colour), 1)


def scene(
    cars: Mapping[tuple[int, int], tuple[int, tuple[int, int, int]]],
    light: np.ndarray = SUN,
    number: int = 0,
    tree: tuple[int, int] | None = None,
    leaves: int = 28,
) -> Image:
    """The row with cars (look, colour) at corners, in some light, with the noise of frame ``number``,
    perhaps behind a tree: 28 leaves hide a good half of a car, 70 nearly all of it."""
    picture = ground()
    for corner, (look, colour) in cars.items():
        draw_car(picture, corner, look, colour)
    if tree is not None:
        rng = np.random.default_rng(3)
        for dx, dy in rng.integers([-6, -4], [CAR[0] - 4, CAR[1]], (leaves, 2)):
            tone = int(rng.integers(20, 110))
            cv2.circle(picture, (tree[0] + int(dx), tree[1] + int(dy)), 4, (tone // 3, tone, tone), -1)
    lit = picture.astype(np.float32) * light
    if light is SUN:  # a shadow that wanders over the row from frame to frame
        x = 20 + 23 * number
        lit[:70, x : x + 30] *= 0.6
    lit += np.random.default_rng(100 + number).normal(0, 2, lit.shape)
    return lit.clip(0, 255).astype(np.uint8)
