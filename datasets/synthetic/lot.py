"""The layout of a parking lot: slots in rows, aisles, islands, paving, trees, lamp posts, surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lotwise.datasets.synthetic.mesh import Floats


@dataclass(frozen=True)
class Place:
    """One slot on the ground.

    Attributes:
        id: number of the slot.
        centre: x, y in metres.
        yaw: direction from the aisle into the slot, radians.
        length, width: metres.
        corners: (4, 2) in metres; a parallelogram where the row is angled.
        reserved: marked for disabled drivers.
    """

    id: str
    centre: tuple[float, float]
    yaw: float
    length: float
    width: float
    corners: Floats
    reserved: bool = False


@dataclass(frozen=True)
class Tree:
    """A tree or a bush: crown of leaves over a trunk, metres."""

    x: float
    y: float
    height: float
    crown: tuple[float, float, float]
    density: float
    colour: tuple[float, float, float]
    seed: int


@dataclass(frozen=True)
class Building:
    """A block on the ground: corner x, y, size and height in metres, wall colour BGR linear."""

    x: float
    y: float
    length: float
    width: float
    height: float
    colour: tuple[float, float, float]
    windows: bool


@dataclass(frozen=True)
class Lot:
    """A parking lot from (0, 0) to (length, width) metres and what surrounds it.

    Attributes:
        slots: all slots; ids are unique.
        aisles: (x0, y0, x1, y1, yaw) of each driving lane.
        islands: raised beds with kerbs, (K, 2) polygons.
        walks: pavements with kerbs, (K, 2) polygons.
        lamps: x, y, height of the posts.
        paint: BGR linear of the slot lines.
        wear: 0 fresh lines .. 1 hardly any left.
        asphalt: albedo of the surface.
        grass: BGR linear.
        seed: for the texture of the ground.
    """

    length: float
    width: float
    slots: tuple[Place, ...]
    aisles: tuple[tuple[float, float, float, float, float], ...]
    islands: tuple[Floats, ...]
    walks: tuple[Floats, ...]
    trees: tuple[Tree, ...]
    lamps: tuple[tuple[float, float, float], ...]
    buildings: tuple[Building, ...]
    paint: tuple[float, float, float]
    wear: float
    asphalt: float
    grass: tuple[float, float, float]
    seed: int


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Floats:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def _tree(rng: np.random.Generator, x: float, y: float, season: int, tall: float = 1.0) -> Tree:
    height = rng.uniform(3.2, 7.5) * tall
    colour = [(0.022, 0.07, 0.042), (0.022, 0.085, 0.13), (0.02, 0.055, 0.03)][season]
    shade = rng.uniform(0.7, 1.3, 3)
    radius = height * rng.uniform(0.24, 0.36)
    return Tree(
        x,
        y,
        height,
        (radius, radius, height * rng.uniform(0.26, 0.34)),
        float(rng.uniform(0.15, 1.0)) if season == 1 else float(rng.uniform(0.6, 1.0)),
        (float(colour[0] * shade[0]), float(colour[1] * shade[1]), float(colour[2] * shade[2])),
        int(rng.integers(2**31)),
    )


def _hedge(rng: np.random.Generator, x0: float, y0: float, x1: float, y1: float) -> list[Tree]:
    steps = max(2, int(np.hypot(x1 - x0, y1 - y0) / 2.2))
    height = rng.uniform(0.9, 2.2)
    return [
        Tree(
            x0 + (x1 - x0) * t,
            y0 + (y1 - y0) * t,
            height,
            (1.4, 1.4, height / 2),
            1.0,
            (0.02, 0.075, 0.04),
            int(s),
        )
        for t, s in zip(np.linspace(0, 1, steps), rng.integers(2**31, size=steps), strict=True)
    ]


def random_lot(rng: np.random.Generator) -> Lot:
    """Rows along x in modules of row, aisle, row; sizes, angles, beds and surroundings at random."""
    slot_width, slot_length = rng.uniform(2.35, 2.7), rng.uniform(4.7, 5.2)
    aisle = rng.uniform(5.6, 7.4)
    skew = float(rng.choice([0, 0, 0, 0.42, 0.52])) * float(rng.choice([-1, 1]))
    modules = int(rng.integers(2, 5))
    length = rng.uniform(38, 74)
    median = float(rng.choice([0.0, 1.6, 2.8]))
    season = int(rng.integers(3))
    end = rng.uniform(5.5, 7.5)

    slots: list[Place] = []
    aisles, islands, trees = [], [], []
    depth = slot_length * np.cos(skew)
    pitch_x = slot_width / np.cos(skew)
    y = 0.0
    for module in range(modules):
        rows = [(y + depth / 2, -1), (y + depth + aisle + depth / 2, 1)]
        aisles.append((0.0, y + depth, length, y + depth + aisle, 0.0))
        for row_y, sign in rows:
            lean = np.tan(skew) * depth / 2
            run_start, run_end = end + abs(lean), length - end - abs(lean)
            bed_every = int(rng.integers(7, 16))
            x, count = run_start, 0
            while x + pitch_x <= run_end:
                corners = np.array(
                    [
                        [x - lean, row_y - depth / 2],
                        [x + pitch_x - lean, row_y - depth / 2],
                        [x + pitch_x + lean, row_y + depth / 2],
                        [x + lean, row_y + depth / 2],
                    ],
                    np.float32,
                )
                if count == bed_every and rng.random() < 0.8:
                    islands.append(corners + np.array([[0.2, 0], [-0.2, 0], [-0.2, 0], [0.2, 0]], np.float32))
                    if rng.random() < 0.75:
                        trees.append(_tree(rng, x + pitch_x / 2, row_y, season))
                    count = 0
                else:
                    slots.append(
                        Place(
                            str(len(slots) + 1),
                            (float(x + pitch_x / 2), float(row_y)),
                            float(sign * np.pi / 2 - skew),
                            float(slot_length),
                            float(slot_width),
                            corners,
                            bool(rng.random() < 0.02),
                        )
                    )
                    count += 1
                x += pitch_x
        y += 2 * depth + aisle
        if module < modules - 1 and median > 0:
            islands.append(rectangle(end, y + 0.15, length - end, y + median - 0.15))
            trees += [
                _tree(rng, x, y + median / 2, season)
                for x in np.arange(end + 3, length - end, rng.uniform(7, 14))
                if rng.random() < 0.7
            ]
        y += median if module < modules - 1 else 0.0
    width = y

    walks, lamps, buildings = [], [], []
    margin = rng.uniform(1.8, 3.5)
    for x0, y0, x1, y1 in (
        (-margin, -margin, length + margin, -0.2),
        (-margin, width + 0.2, length + margin, width + margin),
    ):
        if rng.random() < 0.7:
            walks.append(rectangle(x0, y0, x1, y1))
    for edge_y in (-margin - 2.0, width + margin + 2.0):
        if rng.random() < 0.75:
            gap = rng.uniform(6, 13)
            trees += [
                _tree(rng, x + rng.normal(0, 0.6), edge_y + rng.normal(0, 0.6), season)
                for x in np.arange(2, length, gap)
                if rng.random() < 0.8
            ]
    for edge_y in (-margin - 6.0, width + margin + 6.0):
        if rng.random() < 0.4:
            trees += _hedge(rng, -4, edge_y, length + 4, edge_y)
    for edge_x in (-margin - 4.0, length + margin + 4.0):
        if rng.random() < 0.5:
            trees += [_tree(rng, edge_x + rng.normal(0, 1.0), t, season) for t in np.arange(0, width, 9.0)]
    for x in np.arange(end + 4, length - end, rng.uniform(14, 24)):
        lamps += [
            (float(x), float(a[1] - depth - median / 2), float(rng.uniform(5, 8))) for a in aisles if rng.random() < 0.8
        ]
    for wood in range(4):
        if rng.random() < 0.6:
            for _ in range(int(rng.integers(5, 16))):
                far = rng.uniform(14, 34)
                x, y = rng.uniform(-25, length + 25), rng.uniform(-15, width + 15)
                x, y = [
                    (x, -margin - far),
                    (x, width + margin + far),
                    (-margin - far, y),
                    (length + margin + far, y),
                ][wood]
                trees.append(_tree(rng, float(x), float(y), season, tall=rng.uniform(1.2, 2.0)))
    walls = [
        (0.32, 0.37, 0.41),
        (0.22, 0.28, 0.37),
        (0.38, 0.40, 0.40),
        (0.15, 0.18, 0.27),
        (0.42, 0.46, 0.48),
    ]
    for block_x, block_y in ((0, width + margin + 14), (0, -margin - 26), (length + 24, 0), (-36, 0)):
        if rng.random() < 0.75:
            vertical = block_y == 0
            start = rng.uniform(-15, 15)
            span = rng.uniform(18, 60)
            wall = walls[int(rng.integers(len(walls)))]
            buildings.append(
                Building(
                    float(block_x if vertical else start),
                    float(start if vertical else block_y),
                    12.0 if vertical else float(span),
                    float(span) if vertical else 12.0,
                    float(rng.choice([4.5, 7.0, 10.0, 13.0])),
                    wall,
                    bool(rng.random() < 0.8),
                )
            )
    paints = [(0.50, 0.52, 0.52), (0.55, 0.56, 0.56), (0.12, 0.42, 0.55), (0.45, 0.22, 0.10)]
    return Lot(
        float(length),
        float(width),
        tuple(slots),
        tuple(aisles),
        tuple(islands),
        tuple(walks),
        tuple(trees),
        tuple(lamps),
        tuple(buildings),
        paints[int(rng.choice(4, p=[0.47, 0.40, 0.08, 0.05]))],
        float(rng.beta(2, 2.5)),
        float(rng.uniform(0.07, 0.15)),
        [(0.03, 0.085, 0.06), (0.035, 0.10, 0.075), (0.05, 0.10, 0.09)][season],
        int(rng.integers(2**31)),
    )
