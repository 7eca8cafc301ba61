"""What is on a lot besides cars: people, bins, trolleys, motorbikes, posts, buildings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from lotwise.datasets.synthetic.lot import Building
from lotwise.datasets.synthetic.mesh import Floats, Material, Mesh, box, column, disc, flat, merge

Kind = Literal["person", "bin", "trolley", "motorbike", "cone", "barrier"]
KINDS: tuple[Kind, ...] = (
    "person",
    "person",
    "person",
    "bin",
    "trolley",
    "motorbike",
    "motorbike",
    "cone",
    "barrier",
)


@dataclass(frozen=True)
class Prop:
    """One thing that is no vehicle: kind, place in metres, direction, colour (BGR linear), size factor."""

    kind: Kind
    x: float
    y: float
    yaw: float
    colour: tuple[float, float, float]
    scale: float


def random_prop(rng: np.random.Generator, x: float, y: float) -> Prop:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    tint = np.exp(rng.normal(-2.0, 0.8)) * np.exp(rng.normal(0, 0.5, 3))
    return Prop(
        kind,
        x,
        y,
        float(rng.uniform(-np.pi, np.pi)),
        (float(min(tint[0], 0.7)), float(min(tint[1], 0.7)), float(min(tint[2], 0.7))),
        float(rng.normal(1, 0.06)),
    )


@lru_cache(maxsize=16)
def _template(kind: Kind) -> Mesh:
    if kind == "person":
        return merge(
            [
                box((0.20, 0.15, 0.80), (0.08, 0.09, 0), Material.CLOTH),
                box((0.20, 0.15, 0.80), (-0.08, -0.09, 0), Material.CLOTH),
                box((0.24, 0.46, 0.62), (0, 0, 0.80), Material.PAINT, 0.85),
                column(0.10, 0.24, (0.02, 0, 1.46), Material.SKIN),
                column(0.105, 0.10, (0, 0, 1.62), Material.CLOTH),
            ]
        )
    if kind == "bin":
        return merge([box((0.75, 1.2, 1.05), material=Material.PAINT, taper=1.1), box((0.85, 1.3, 0.12), (0, 0, 1.05))])
    if kind == "trolley":
        wires = [
            box((0.9, 0.03, 0.05), (0, side, z), Material.METAL) for side in (-0.25, 0.25) for z in (0.5, 0.7, 0.95)
        ]
        ends = [box((0.03, 0.5, 0.05), (x, 0, z), Material.METAL) for x in (-0.45, 0.45) for z in (0.5, 0.95)]
        legs = [column(0.025, 0.5, (x, y, 0), Material.METAL, 4) for x in (-0.4, 0.4) for y in (-0.22, 0.22)]
        return merge([*wires, *ends, *legs])
    if kind == "motorbike":
        wheels = [
            disc((x, side * 0.04, 0.31), 0.31, side, Material.TYRE, 0.02) for x in (0.68, -0.62) for side in (1, -1)
        ]
        return merge(
            [
                *wheels,
                box((0.7, 0.32, 0.42), (0.02, 0, 0.32), Material.GRILLE),
                box((0.55, 0.30, 0.24), (0.18, 0, 0.70), Material.PAINT, 0.7),
                box((0.65, 0.30, 0.12), (-0.38, 0, 0.74), Material.TRIM),
                box((0.12, 0.72, 0.06), (0.48, 0, 1.0), Material.METAL),
                box((0.25, 0.38, 0.4), (0.58, 0, 0.7), Material.PAINT, 0.5),
                box((0.35, 0.38, 0.32), (-0.72, 0, 0.82), Material.TRIM),
            ]
        )
    if kind == "cone":
        return merge([box((0.4, 0.4, 0.04), material=Material.TRIM), box((0.28, 0.28, 0.7), (0, 0, 0.04), taper=0.15)])
    posts = [box((0.06, 0.06, 1.0), (0, y, 0), Material.METAL) for y in (-0.95, 0, 0.95)]
    return merge([*posts, box((0.04, 2.0, 0.14), (0, 0, 0.84)), box((0.04, 2.0, 0.14), (0, 0, 0.45), Material.PLATE)])


def mesh(prop: Prop) -> Mesh:
    return _template(prop.kind).placed(prop.x, prop.y, prop.yaw, (prop.scale,) * 3)


def colour(prop: Prop) -> tuple[float, float, float]:
    return (0.02, 0.12, 0.6) if prop.kind in ("cone", "barrier") else prop.colour


def post(x: float, y: float, height: float, lit: bool) -> Mesh:
    """A street lamp."""
    head = Material.LAMP_ON if lit else Material.PLATE
    return merge(
        [
            column(0.09, height, (x, y, 0), Material.METAL),
            column(0.26, 0.22, (x, y, height - 0.05), head),
        ]
    )


def block(building: Building) -> Mesh:
    """Facades in bays of about three metres with a window each, and a flat roof."""
    corner = np.array(
        [
            [building.x, building.y],
            [building.x + building.length, building.y],
            [building.x + building.length, building.y + building.width],
            [building.x, building.y + building.width],
        ]
    )
    storeys = max(1, round(building.height / 3.1))
    walls, panes = [], []
    for a, b in zip(corner, np.roll(corner, -1, axis=0), strict=True):
        bays = max(1, round(float(np.hypot(*(b - a))) / 3.2))
        for bay in range(bays):
            for storey in range(storeys):
                walls.append(_panel(a, b, bay, bays, storey, storeys, building.height, 0.0))
                panes.append(_panel(a, b, bay, bays, storey, storeys, building.height, 0.24))
    parts = [flat(walls, Material.PAINT)]
    if building.windows:
        parts.append(flat(panes, Material.WINDOW, 1.5))
    roof = np.column_stack([corner, np.full(4, building.height)])
    parts.append(flat([roof], Material.METAL))
    return merge(parts)


def _panel(a: Floats, b: Floats, bay: int, bays: int, storey: int, storeys: int, height: float, inset: float) -> Floats:
    left = a + (b - a) * (bay + inset) / bays
    right = a + (b - a) * (bay + 1 - inset) / bays
    low, high = height * (storey + inset) / storeys, height * (storey + 1 - inset) / storeys
    return np.array([[*left, low], [*right, low], [*right, high], [*left, high]], np.float32)
