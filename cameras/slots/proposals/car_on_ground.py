"""A car on the ground: the box that it has in a picture, and where it stands to have a given box."""

from __future__ import annotations

import numpy as np

from lotwise.cameras.slots.proposals.ground_view import Floats, GroundView

LENGTH_M, WIDTH_M, HEIGHT_M = 4.3, 1.78, 1.48
"""Of a usual car, as most are within a tenth."""
_OUTLINE_M = np.array(
    [
        # length, width, height of rectangles whose corners span a car: sills and bumpers, bonnet and boot, roof
        (LENGTH_M, WIDTH_M, 0.25),
        (LENGTH_M - 0.3, WIDTH_M - 0.05, 0.85),
        (0.45 * LENGTH_M, WIDTH_M - 0.5, HEIGHT_M),
    ]
)
_ROUNDS = 3
"""Corrections of a car's place; each is some ten times smaller than the one before."""


def outline(yaws: Floats) -> Floats:
    """Points that span a car around its middle on the ground: yaws (...) in radians from x -> (..., 12, 3) metres."""
    signs = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)]) / 2
    points = np.concatenate([np.column_stack([signs * size[:2], np.full(4, size[2])]) for size in _OUTLINE_M])
    cos, sin = np.cos(yaws)[..., None], np.sin(yaws)[..., None]
    x = cos * points[:, 0] - sin * points[:, 1]
    y = sin * points[:, 0] + cos * points[:, 1]
    return np.stack([x, y, np.broadcast_to(points[:, 2], x.shape)], -1)


def boxes_of(view: GroundView, places: Floats, yaws: Floats) -> Floats:
    """Boxes of cars in the picture.

    Args:
        view: the camera.
        places: (..., 2) middles on the ground, metres.
        yaws: (...) radians from x.

    Returns:
        (..., 4) xyxy in pixels.
    """
    ground = np.concatenate([places, np.zeros((*places.shape[:-1], 1))], -1)
    pixels = view.project(outline(yaws) + ground[..., None, :])
    return np.concatenate([pixels.min(-2), pixels.max(-2)], -1)


def places_of(view: GroundView, boxes: Floats, yaws: Floats) -> tuple[Floats, Floats]:
    """Where cars stand whose boxes have these middles.

    Args:
        view: the camera.
        boxes: (..., 4) xyxy in pixels.
        yaws: (...) radians from x.

    Returns:
        (..., 2) middles on the ground, metres, NaN above the horizon; (..., 2) width and height of the box that a car
        has there, as the logarithm of their share of the given box's.
    """
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    places = view.on_ground(middle)
    shown = boxes_of(view, places, yaws)
    for _ in range(_ROUNDS):
        off = middle - (shown[..., :2] + shown[..., 2:]) / 2
        places = view.on_ground(view.laid(places) + off)
        shown = boxes_of(view, places, yaws)
    return places, np.log((shown[..., 2:] - shown[..., :2]) / np.maximum(boxes[..., 2:] - boxes[..., :2], 1e-6))
