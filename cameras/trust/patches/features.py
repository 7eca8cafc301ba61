"""What a patch is read by: its edges, and its pattern of light and dark; both the same under more or less light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.trust.patches.cut import SIDE, Patches

Floats = NDArray[np.float32]
CELL, DIRECTIONS = 8, 9
"""Pixels of a cell's side, and directions that are told apart in it, of 180 degrees."""
MOST = 0.2
"""Where the histograms of a block are cut before they are made as long as each other again: one strong edge is not
all."""
FAINT = 1.0
"""Added to the squared length of a block: cells without any edge stay near 0."""
PATTERN = 12
"""Cells of the pattern's side."""
FLAT = 4.0
"""Grey levels added to a patch's spread: what is flat stays flat, and is not stretched into noise."""


def edges(patches: Patches) -> Floats:
    """(N, SIDE, SIDE) -> (N, 900), histograms of oriented gradients (Dalal and Triggs, CVPR 2005): cells of 8 pixels,
    blocks of two by two cells, without the interpolation between cells. OpenCV 5 has none of its own any more."""
    grey = _smooth(patches)
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    strength = np.hypot(across, down)
    direction = (np.arctan2(down, across) % np.pi) / np.pi * DIRECTIONS
    cells = SIDE // CELL
    histograms = np.empty((len(grey), cells, cells, DIRECTIONS), np.float32)
    for index in range(DIRECTIONS):
        apart = np.abs(direction - index)
        share = np.maximum(1 - np.minimum(apart, DIRECTIONS - apart), 0)
        histograms[..., index] = (strength * share).reshape(-1, cells, CELL, cells, CELL).sum(axis=(2, 4))
    corners = (histograms[:, :-1, :-1], histograms[:, 1:, :-1], histograms[:, :-1, 1:], histograms[:, 1:, 1:])
    blocks = np.concatenate(corners, axis=-1)
    blocks /= np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + FAINT)
    blocks = np.minimum(blocks, MOST)
    blocks /= np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + 1e-3)
    return np.asarray(blocks.reshape(len(grey), (cells - 1) ** 2 * 4 * DIRECTIONS), np.float32)


def pattern(patches: Patches) -> Floats:
    """(N, SIDE, SIDE) -> (N, 144), twelve by twelve means, less the patch's mean and divided by its spread."""
    cell = SIDE // PATTERN
    means = _smooth(patches).reshape(-1, PATTERN, cell, PATTERN, cell).mean(axis=(2, 4)).reshape(-1, PATTERN**2)
    middle, spread = means.mean(axis=1, keepdims=True), means.std(axis=1, keepdims=True)
    return np.asarray((means - middle) / (spread + FLAT) / 4, np.float32)


def _smooth(patches: Patches) -> Floats:
    """Without the sensor's noise."""
    soft = [cv2.GaussianBlur(patch, (0, 0), 1.0) for patch in patches]
    return np.asarray(soft, np.float32).reshape(-1, SIDE, SIDE)
