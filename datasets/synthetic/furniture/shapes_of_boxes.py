"""Furniture of steel and concrete: containers, site offices, skips, bollards, blocks, toilets."""

from __future__ import annotations

import itertools

import numpy as np

from lotwise.datasets.synthetic.furniture.part import Colour, Part, joined, part, ribs
from lotwise.datasets.synthetic.mesh import Material, box, column, flat

STEEL: tuple[Colour, ...] = (
    (0.24, 0.085, 0.02),  # blue
    (0.030, 0.035, 0.17),  # oxide red
    (0.07, 0.11, 0.03),  # green
    (0.22, 0.22, 0.21),  # grey
    (0.02, 0.13, 0.50),  # orange
    (0.50, 0.53, 0.53),  # white
    (0.055, 0.05, 0.045),  # anthracite
    (0.03, 0.34, 0.52),  # yellow
)
"""Paint of containers and skips."""


def _steel(rng: np.random.Generator) -> Colour:
    b, g, r = np.array(STEEL[int(rng.integers(len(STEEL)))]) * np.exp(rng.normal(0, 0.18, 3) * [0.5, 0.5, 0.5])
    return (float(min(b, 0.6)), float(min(g, 0.6)), float(min(r, 0.6)))


def container(rng: np.random.Generator) -> tuple[Part, ...]:
    """A shipping container of ten or twenty feet, corrugated, with the bars of its doors."""
    length = float(rng.choice([2.99, 6.06], p=[0.45, 0.55]))
    width, height, colour = 2.44, float(rng.choice([2.26, 2.59])), _steel(rng)
    return _shell(rng, length, width, height, colour, pitch=0.28, depth=0.30, doors=True)


def _shell(
    rng: np.random.Generator,
    length: float,
    width: float,
    height: float,
    colour: Colour,
    pitch: float,
    depth: float,
    doors: bool,
) -> tuple[Part, ...]:
    """A box in slices two to three metres long, so that each is painted where it belongs among cars."""
    edges = np.linspace(-length / 2, length / 2, max(1, round(length / 2.5)) + 1)
    half, slices = width / 2, []
    for a, b in itertools.pairwise(edges):
        count = max(1, round((b - a) / pitch))
        walls = [
            ribs((a, -half), (b, -half), 0.1, height, count, colour, depth),
            ribs((b, half), (a, half), 0.1, height, count, colour, depth),
            part(
                flat([[[a, -half, height], [b, -half, height], [b, half, height], [a, half, height]]], 0),
                colour,
                rng,
                0.2,
            ),
        ]
        if a == edges[0]:
            walls.append(ribs((a, half), (a, -half), 0.1, height, round(width / pitch), colour, depth))
        if b == edges[-1]:
            walls.append(ribs((b, -half), (b, half), 0.1, height, 2 if doors else round(width / pitch), colour, 0.08))
            if doors:
                low, high = 0.2, height - 0.15
                bars = [
                    [[b + 0.03, y, low], [b + 0.03, y + 0.05, low], [b + 0.03, y + 0.05, high], [b + 0.03, y, high]]
                    for y in (-0.85, -0.35, 0.3, 0.8)
                ]
                walls.append(part(flat(bars, Material.METAL, 1.2), colour))
        slices.append(joined(walls))
    return tuple(slices)


def office(rng: np.random.Generator) -> tuple[Part, ...]:
    """A site office: a light box with windows and a door, much as the side of a van."""
    length, width, height = float(rng.choice([3.0, 4.9, 6.06])), 2.44, 2.6
    grey = float(rng.uniform(0.25, 0.55))
    colour: Colour = (grey, grey, grey) if rng.random() < 0.7 else _steel(rng)
    shell = list(_shell(rng, length, width, height, colour, pitch=1.0, depth=0.06, doors=False))
    half, step = width / 2 + 0.01, length / len(shell)
    for index, one in enumerate(shell):
        middle = -length / 2 + step * (index + 0.5)
        reach = step * float(rng.uniform(0.26, 0.40))
        pane = [[middle - reach, -half, 1.1], [middle + reach, -half, 1.1], [middle + reach, -half, 2.05]]
        pane.append([middle - reach, -half, 2.05])
        back = [[-x, -y, z] for x, y, z in pane] if len(shell) == 1 else [[x, -y, z] for x, y, z in pane[::-1]]
        sill = [[[x, y, z] for x, y, z in ring] for ring in (pane, back)]
        shell[index] = joined([one, part(flat(sill, Material.GLASS, 1.2), colour)])
    return tuple(shell)


def skip(rng: np.random.Generator) -> tuple[Part, ...]:
    """An open skip with leaning ends, ribs and some rubble in it."""
    length, width, height = float(rng.uniform(3.0, 4.2)), float(rng.uniform(1.6, 1.95)), float(rng.uniform(1.1, 1.6))
    colour, foot = _steel(rng), float(rng.uniform(0.6, 0.78))
    half, low, top = width / 2, foot * length / 2, length / 2
    rim = height
    walls = [
        [[-low, -half, 0.05], [low, -half, 0.05], [top, -half, rim], [-top, -half, rim]],
        [[low, half, 0.05], [-low, half, 0.05], [-top, half, rim], [top, half, rim]],
        [[low, -half, 0.05], [low, half, 0.05], [top, half, rim], [top, -half, rim]],
        [[-low, half, 0.05], [-low, -half, 0.05], [-top, -half, rim], [-top, half, rim]],
    ]
    body = part(flat(walls, Material.PAINT), colour, rng, 0.12)
    inside = part(
        flat([[[-top, -half, rim], [top, -half, rim], [top, half, rim], [-top, half, rim]]], Material.CABIN), colour
    )
    posts = [
        [[x - 0.06, s * (half + 0.02), 0.1], [x + 0.06, s * (half + 0.02), 0.1]][:: int(-s)]
        + [[x + 0.06, s * (half + 0.02), rim], [x - 0.06, s * (half + 0.02), rim]][:: int(-s)]
        for x in np.linspace(-low * 0.8, low * 0.8, 4)
        for s in (-1, 1)
    ]
    ridge = part(flat(posts, Material.PAINT, 0.8), (colour[0] * 0.6, colour[1] * 0.6, colour[2] * 0.6))
    heap = []
    for _ in range(int(rng.integers(0, 5))):
        size = (float(rng.uniform(0.5, 1.4)), float(rng.uniform(0.4, 1.0)), float(rng.uniform(0.1, 0.4)))
        at = (float(rng.uniform(-0.5, 0.5)) * length * 0.6, float(rng.uniform(-0.3, 0.3)) * width, rim - 0.05)
        grey = float(rng.uniform(0.05, 0.4))
        heap.append(part(box(size, at, taper=0.6), (grey * 0.8, grey * 0.9, grey), rng, 0.3))
    return (joined([body, inside, ridge]), *heap)


def bollards(rng: np.random.Generator) -> tuple[Part, ...]:
    """A row of posts with a band each."""
    colour: Colour = ((0.03, 0.36, 0.55), (0.55, 0.56, 0.56), (0.03, 0.03, 0.35))[int(rng.integers(3))]
    count, gap = int(rng.integers(3, 8)), float(rng.uniform(0.9, 1.6))
    radius = float(rng.uniform(0.08, 0.14))
    posts = []
    for x in (np.arange(count) - (count - 1) / 2) * gap:
        post = part(column(radius, 0.95, (float(x), 0, 0), Material.PAINT), colour)
        band = part(column(radius + 0.01, 0.18, (float(x), 0, 0.6), Material.TRIM), colour)
        posts.append(joined([post, band]))
    return tuple(posts)


def blocks(rng: np.random.Generator) -> tuple[Part, ...]:
    """Concrete blocks or barriers in a row."""
    count, grey = int(rng.integers(1, 4)), float(rng.uniform(0.22, 0.42))
    long, high, wide = float(rng.uniform(1.2, 2.2)), float(rng.uniform(0.7, 0.95)), float(rng.uniform(0.55, 0.8))
    colour = (grey * 0.95, grey, grey * 1.02)
    return tuple(
        part(box((long - 0.04, wide, high), (float(x), 0, 0), taper=0.75), colour, rng, 0.12)
        for x in (np.arange(count) - (count - 1) / 2) * long
    )


def toilet(rng: np.random.Generator) -> tuple[Part, ...]:
    """One to three portable toilets."""
    colour: Colour = ((0.30, 0.12, 0.02), (0.08, 0.15, 0.04), (0.10, 0.10, 0.40))[int(rng.integers(3))]
    count = int(rng.integers(1, 4))
    return tuple(
        joined(
            [
                part(box((1.15, 1.15, 2.15), (float(x), 0, 0.05)), colour, rng, 0.08),
                part(box((1.2, 1.2, 0.15), (float(x), 0, 2.2), Material.PLATE, 0.8), colour),
            ]
        )
        for x in (np.arange(count) - (count - 1) / 2) * 1.3
    )
