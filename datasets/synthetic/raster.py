"""Painting faces into an id buffer (painter's algorithm) and turning ids into colour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic.mesh import Floats

SUBPIXELS = 2
"""Sub-pixels per pixel and axis."""
_FRACTION_BITS = 4
"""Bits behind the point in the coordinates that OpenCV fills polygons by."""

Ids = NDArray[np.int32]


def fixed_point(pixels: Floats) -> NDArray[np.int32]:
    """Frame pixels (..., 2) to the fixed-point sub-pixel coordinates that OpenCV's polygon filling takes."""
    return np.ascontiguousarray(
        np.clip((pixels * SUBPIXELS - 0.5) * (1 << _FRACTION_BITS), -(2**28), 2**28).astype(np.int32)
    )


def paint(ids: NDArray[np.integer], outlines: Floats, values: NDArray[np.integer]) -> None:
    """Fill polygons (F, K, 2) in frame pixels one after another into a sub-pixel buffer, in place."""
    for corners, value in zip(fixed_point(outlines), values.tolist(), strict=True):
        cv2.fillConvexPoly(ids, corners, value, cv2.LINE_8, _FRACTION_BITS)


def paint_one(ids: NDArray[np.integer], outline: Floats, value: float) -> None:
    cv2.fillConvexPoly(ids, fixed_point(outline), value, cv2.LINE_8, _FRACTION_BITS)


def gradients(outlines: Floats, colours: Floats) -> Floats:
    """The colour of each face as an affine function of sub-pixel position.

    Least squares through the corners: it makes flat faces look round without a rasteriser of our own.

    Args:
        outlines: (F, 4, 2) in frame pixels.
        colours: (F, 4, 3) at the corners.

    Returns:
        (F, 9): constant, per x, per y for each channel.
    """
    where = outlines.astype(np.float64) * SUBPIXELS - 0.5
    middle, mean = where.mean(1), colours.mean(1).astype(np.float64)
    offset, change = where - middle[:, None], colours - mean[:, None]
    xx = (offset[..., 0] ** 2).sum(1) + 0.5
    yy = (offset[..., 1] ** 2).sum(1) + 0.5
    xy = (offset[..., 0] * offset[..., 1]).sum(1)
    moment = np.einsum("fkd,fkc->fdc", offset, change)
    det = np.maximum(xx * yy - xy**2, 1e-3)[:, None]
    gx = (moment[:, 0] * yy[:, None] - moment[:, 1] * xy[:, None]) / det
    gy = (moment[:, 1] * xx[:, None] - moment[:, 0] * xy[:, None]) / det
    # A sliver seen edge-on has no usable gradient: its fit would run away between the corners.
    thin = np.abs(gx).max(1) + np.abs(gy).max(1) > colours.max((1, 2)) * 0.8
    gx[thin], gy[thin] = 0, 0
    constant = mean - gx * middle[:, :1] - gy * middle[:, 1:]
    return np.concatenate([constant, gx, gy], axis=1).astype(np.float32)


def resolve(ids: Ids, table: Floats) -> tuple[Floats, Floats]:
    """Colour (H, W, 3), already weighted by cover, and cover (H, W) per pixel from a sub-pixel id buffer.

    Id 0 is empty; ``table`` (faces + 1, 9) holds what ``gradients`` returns.
    """
    height, width = ids.shape
    flat = ids.ravel()
    hit = np.flatnonzero(flat)
    face = flat[hit]
    row, column = np.divmod(hit.astype(np.int32), np.int32(width))
    x, y = column.astype(np.float32), row.astype(np.float32)
    size = (width // SUBPIXELS, height // SUBPIXELS)
    columns = np.ascontiguousarray(table.T)
    planes = []
    for channel in range(3):
        value = columns[channel].take(face)
        value += columns[3 + channel].take(face) * x
        value += columns[6 + channel].take(face) * y
        plane = np.zeros(height * width, np.float32)
        plane[hit] = np.maximum(value, 0, out=value)
        planes.append(cv2.resize(plane.reshape(height, width), size, interpolation=cv2.INTER_AREA))
    cover = cv2.resize((ids > 0).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.merge(planes), np.float32), np.asarray(cover, np.float32)
