"""Furniture that holds goods: cages, pallets, wrapped loads, trolleys, bins."""

from __future__ import annotations

import numpy as np

from lotwise.datasets.synthetic.furniture.part import Colour, Part, boards, joined, part, wires
from lotwise.datasets.synthetic.mesh import Material, box

WOOD: Colour = (0.13, 0.25, 0.36)


def _any_colour(rng: np.random.Generator, level: float = -1.8) -> Colour:
    b, g, r = np.minimum(np.exp(rng.normal(level, 0.7)) * np.exp(rng.normal(0, 0.5, 3)), 0.6)
    return float(b), float(g), float(r)


def _rows(rng: np.random.Generator, length: float, width: float, most: tuple[int, int]) -> list[tuple[float, float]]:
    """Centres of a grid of one to ``most`` things along and across."""
    along, across = int(rng.integers(1, most[0] + 1)), int(rng.integers(1, most[1] + 1))
    return [
        (float(x), float(y))
        for x in (np.arange(along) - (along - 1) / 2) * length
        for y in (np.arange(across) - (across - 1) / 2) * width
    ]


def cages(rng: np.random.Generator) -> tuple[Part, ...]:
    """Wire cages side by side, empty or with goods."""
    length, width, height = 1.25, float(rng.uniform(0.85, 1.2)), float(rng.uniform(1.0, 1.8))
    metal = None if rng.random() < 0.6 else _any_colour(rng)
    parts = []
    for x, y in _rows(rng, length + 0.05, width + 0.05, (4, 2)):
        floor = part(box((length, width, 0.12), (x, y, 0.05), Material.METAL), (0.2, 0.2, 0.2))
        parts.append(floor)
        if rng.random() < 0.65:
            fill = float(rng.uniform(0.3, 0.9)) * height
            parts.append(part(box((length * 0.9, width * 0.9, fill), (x, y, 0.17)), _any_colour(rng), rng, 0.25))
        parts.append(wires((length, width, height), (x, y, 0.1), 7, 5, 0.035, metal))
    return tuple(parts)


def pallets(rng: np.random.Generator) -> tuple[Part, ...]:
    """Stacks of empty pallets."""
    tint = np.exp(rng.normal(0, 0.25))
    wood = (WOOD[0] * tint, WOOD[1] * tint, WOOD[2] * tint)
    parts = []
    for x, y in _rows(rng, 1.25, 0.87, (3, 2)):
        count = int(rng.integers(2, 13))
        parts.append(boards((1.2, 0.8, 0.144 * count), (x, y, 0), count, wood, (0.02, 0.025, 0.03)))
    return tuple(parts)


def goods(rng: np.random.Generator) -> tuple[Part, ...]:
    """Pallets with wrapped loads: black or white film, cardboard, bricks, blue drums' covers."""
    colour: Colour = (
        (0.012, 0.012, 0.012),
        (0.50, 0.50, 0.48),
        (0.14, 0.23, 0.33),
        (0.05, 0.07, 0.24),
        (0.30, 0.14, 0.03),
    )[int(rng.integers(5))]
    parts = []
    for x, y in _rows(rng, 1.3, 0.95, (3, 2)):
        high = float(rng.uniform(0.7, 1.5))
        parts.append(boards((1.2, 0.8, 0.144), (x, y, 0), 1, WOOD, (0.02, 0.025, 0.03)))
        parts.append(part(box((1.15, 0.8, high), (x, y, 0.144), taper=0.96), colour, rng, 0.15))
    return tuple(parts)


def trolleys(rng: np.random.Generator) -> tuple[Part, ...]:
    """Shopping trolleys pushed into one another, one or two rows."""
    handle = _any_colour(rng, -1.2)
    rows, count = int(rng.integers(1, 3)), int(rng.integers(5, 15))
    parts = []
    for y in (np.arange(rows) - (rows - 1) / 2) * 0.7:
        for x in (np.arange(count) - (count - 1) / 2) * 0.28:
            basket = wires((0.85, 0.52, 0.42), (float(x), float(y), 0.52), 4, 2, 0.022)
            legs = wires((0.8, 0.5, 0.5), (float(x), float(y), 0.04), 1, 1, 0.03)
            bar = part(box((0.05, 0.55, 0.05), (float(x) - 0.45, float(y), 0.98)), handle)
            parts.append(joined([legs, basket, bar]))
    return tuple(parts)


def bins(rng: np.random.Generator) -> tuple[Part, ...]:
    """Large wheeled bins side by side."""
    shades: tuple[Colour, ...] = (
        (0.045, 0.045, 0.045), (0.03, 0.10, 0.03), (0.20, 0.20, 0.20), (0.22, 0.08, 0.02), (0.02, 0.04, 0.10),
    )  # fmt: skip
    lids: tuple[Colour, ...] = ((0.03, 0.36, 0.50), (0.30, 0.12, 0.03), (0.03, 0.03, 0.03), (0.04, 0.16, 0.05))
    body = shades[int(rng.integers(len(shades)))]
    count = int(rng.integers(1, 6))
    parts = []
    for x in (np.arange(count) - (count - 1) / 2) * 1.42:
        lid = body if rng.random() < 0.5 else lids[int(rng.integers(len(lids)))]
        parts.append(
            joined(
                [
                    part(box((1.15, 0.85, 0.98), (float(x), 0, 0.2), taper=1.12), body, rng, 0.06),
                    part(box((1.34, 1.02, 0.16), (float(x), 0, 1.18), taper=0.8), lid),
                    part(box((1.0, 0.7, 0.2), (float(x), 0, 0), Material.TYRE), body),
                ]
            )
        )
    return tuple(parts)
