"""Geometry of axis-aligned boxes on NumPy arrays. All boxes are (N, 4) xyxy in one common frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


def area(boxes: Boxes) -> Boxes:
    """(N, 4) -> (N,); a box turned inside out has area 0."""
    return np.asarray(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1), boxes.dtype)


def intersection(a: Boxes, b: Boxes) -> Boxes:
    """(N, 4), (M, 4) -> (N, M) overlapping area."""
    left, top, right, bottom = a.T[..., None]
    width = np.minimum(right, b[:, 2]) - np.maximum(left, b[:, 0])
    height = np.minimum(bottom, b[:, 3]) - np.maximum(top, b[:, 1])
    return np.asarray(np.maximum(width, 0) * np.maximum(height, 0))


def iou(a: Boxes, b: Boxes) -> Boxes:
    """Intersection over union, (N, 4), (M, 4) -> (N, M) in 0..1.

    >>> iou(np.float32([[0, 0, 2, 2]]), np.float32([[0, 0, 2, 1]])).tolist()
    [[0.5]]
    """
    overlap = intersection(a, b)
    union = area(a)[:, None] + area(b)[None] - overlap
    return np.asarray(overlap / np.maximum(union, 1e-9), np.float32)


def coverage(a: Boxes, b: Boxes) -> Boxes:
    """Share of each box of ``b`` that each box of ``a`` covers, (N, 4), (M, 4) -> (N, M) in 0..1.

    >>> coverage(np.float32([[0, 0, 4, 4]]), np.float32([[2, 0, 6, 4]])).tolist()
    [[0.5]]
    """
    return np.asarray(intersection(a, b) / np.maximum(area(b), 1e-9)[None], np.float32)


def clip(boxes: Boxes, width: float, height: float) -> Boxes:
    """Boxes cut to the frame 0..width, 0..height."""
    return np.clip(boxes, 0, np.array([width, height, width, height], np.float32)).astype(np.float32)
