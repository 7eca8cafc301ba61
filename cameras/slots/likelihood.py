"""Where a parked car's box lies in a camera's view, how sure that is, and how well a box fits there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHIFT_SPREAD = 0.1
"""Standard deviation of the middle of a parked car's box around its place, in car sizes: how askew people park."""
STRETCH_SPREAD = 0.3
"""The same of its width and height: small and large cars, and what a tree or neighbour hides."""
EVEN_ODDS_DISTANCE = 16.0
"""Squared distance, in standard deviations of four numbers, at which a box fits a place with even odds."""


@dataclass(frozen=True)
class ExpectedBoxes:
    """The boxes of cars where cars park, known or supposed, in pixels of one frame size.

    Attributes:
        boxes: (N, 4) xyxy of the box expected there; may reach out of the frame.
        sizes: (N,) the size of a car there: root of width times height of its box.
        shift, stretch: (N,) standard deviation of the middle of the expected box, and of its width and height,
            in car sizes.
    """

    boxes: Floats
    sizes: Floats
    shift: Floats
    stretch: Floats

    def __len__(self) -> int:
        return len(self.boxes)

    @staticmethod
    def certain(boxes: Floats, sizes: Floats) -> ExpectedBoxes:
        """Boxes that are certain, because boxes recur there."""
        return ExpectedBoxes(boxes, sizes, np.zeros(len(boxes)), np.zeros(len(boxes)))

    def __add__(self, other: ExpectedBoxes) -> ExpectedBoxes:
        return ExpectedBoxes(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.sizes, other.sizes]),
            np.concatenate([self.shift, other.shift]),
            np.concatenate([self.stretch, other.stretch]),
        )


def fit_log_odds(boxes: NDArray[np.floating], places: ExpectedBoxes, frame: tuple[int, int]) -> Floats:
    """How well boxes fit places: log odds that a box is of the car there rather than of anything else.

    A box differs from what is expected in its middle and in its width and height; both are held against the
    spread of parked cars and the doubt about the place. Expected boxes are cut to the frame first, as the
    detector's are, so that a car cut by the border is expected cut.

    Args:
        boxes: (N, 4) xyxy in pixels.
        places: M places.
        frame: (width, height) in pixels.

    Returns:
        (N, M); 0 at even odds.
    """
    left, top, right, bottom = np.clip(places.boxes, 0, [*frame, *frame]).T
    x1, y1, x2, y2 = boxes.astype(np.float64).T[..., None]
    square = places.sizes**2
    middle = (((x1 + x2) - (left + right)) ** 2 + ((y1 + y2) - (top + bottom)) ** 2) / (4 * square)
    extent = (((x2 - x1) - (right - left)) ** 2 + ((y2 - y1) - (bottom - top)) ** 2) / square
    shift, stretch = SHIFT_SPREAD**2 + places.shift**2, STRETCH_SPREAD**2 + places.stretch**2
    # The normal density at a doubtful place is wide and so low: it must not outbid a place that is known.
    doubt = 2 * np.log(shift / SHIFT_SPREAD**2) + 2 * np.log(stretch / STRETCH_SPREAD**2)
    return np.asarray((EVEN_ODDS_DISTANCE - doubt - middle / shift - extent / stretch) / 2, np.float64)


def odds_to_share(log_odds: Floats) -> Floats:
    """Log odds to a probability in 0..1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))), np.float64)
