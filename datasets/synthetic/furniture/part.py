"""Convex parts with a colour for each face, of which furniture is made."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lotwise.datasets.synthetic.mesh import Floats, Material, Mesh, flat, merge

Colour = tuple[float, float, float]
"""BGR, linear."""


@dataclass(frozen=True)
class Part:
    """Faces that are painted together, and the colour of those that are paint.

    Attributes:
        mesh: in metres; front towards +x, standing on the ground around (0, 0).
        colours: (F, 3) BGR linear; used where the material is ``PAINT``.
        casts: whether its convex hull throws a shadow.
    """

    mesh: Mesh
    colours: Floats
    casts: bool = True

    def placed(self, x: float, y: float, yaw: float) -> Part:
        return Part(self.mesh.placed(x, y, yaw), self.colours, self.casts)


def part(mesh: Mesh, colour: Colour, rng: np.random.Generator | None = None, dirt: float = 0.0) -> Part:
    """A part of one colour; with ``rng``, each face differs a little (dirt, rust), by so much in log brightness."""
    colours = np.broadcast_to(np.array(colour, np.float32), (len(mesh), 3))
    if rng is not None:
        colours = colours * np.exp(rng.normal(0, dirt, (len(mesh), 1)))
    return Part(mesh, np.clip(colours, 0, 0.85).astype(np.float32))


def joined(parts: Sequence[Part], casts: bool = True) -> Part:
    """Several parts as one."""
    return Part(merge([one.mesh for one in parts]), np.concatenate([one.colours for one in parts]), casts)


def ribs(
    a: Sequence[float], b: Sequence[float], low: float, high: float, count: int, colour: Colour, depth: float = 0.25
) -> Part:
    """An upright wall from a to b (x, y), seen from its right-hand side, in strips of two shades by turns.

    Args:
        a, b: ends on the ground, metres.
        low, high: metres above it.
        count: strips.
        colour: of the lighter strips.
        depth: share of light that the darker ones lack.
    """
    ends = np.linspace(np.asarray(a, float), np.asarray(b, float), count + 1)
    quads = [
        [[*p, low], [*q, low], [*q, high], [*p, high]] for p, q in itertools.pairwise(ends)
    ]  # fmt: skip
    shade = 1 - depth * (np.arange(count) % 2)
    return Part(flat(quads, Material.PAINT), (np.array(colour) * shade[:, None]).astype(np.float32))


def boards(
    size: Sequence[float], base: Sequence[float], count: int, light: Colour, dark: Colour, share: float = 0.5
) -> Part:
    """A stack of ``count`` layers, each a light band above a dark gap, with a light lid."""
    length, width, height = size
    x, y, z = base
    corner = np.array([[1, -1], [1, 1], [-1, 1], [-1, -1]]) * [length / 2, width / 2] + [x, y]
    quads, colours = [], []
    for layer in range(count):
        step = height / count
        levels = (z + layer * step, z + (layer + 1 - share) * step, z + (layer + 1) * step)
        for (low, high), colour in zip(((levels[0], levels[1]), (levels[1], levels[2])), (dark, light), strict=True):
            for i in range(4):
                p, q = corner[i], corner[(i + 1) % 4]
                quads.append([[*p, low], [*q, low], [*q, high], [*p, high]])
                colours.append(colour)
    quads.append([[*p, z + height] for p in corner])
    colours.append(light)
    return Part(flat(quads, Material.PAINT), np.array(colours, np.float32))


def wires(
    size: Sequence[float], base: Sequence[float], across: int, up: int, thick: float, colour: Colour | None = None
) -> Part:
    """The four sides of a wire box, both faces of each wire; bare metal where no colour is given."""
    length, width, height = size
    x, y, z = base
    corner = np.array([[1, -1], [1, 1], [-1, 1], [-1, -1]]) * [length / 2, width / 2] + [x, y]
    quads = []
    for i in range(4):
        p, q = corner[i], corner[(i + 1) % 4]
        along = (q - p) / max(float(np.hypot(*(q - p))), 1e-6)
        for at in np.linspace(0, 1, across + 1):
            c = p + (q - p) * at
            l, r = c - along * thick / 2, c + along * thick / 2  # noqa: E741
            quads.append([[*l, z], [*r, z], [*r, z + height], [*l, z + height]])
        for at in np.linspace(z, z + height - thick, up + 1):
            quads.append([[*p, at], [*q, at], [*q, at + thick], [*p, at + thick]])
    faces = np.array(quads, np.float32)
    mesh = flat(np.concatenate([faces, faces[:, ::-1]]), Material.METAL if colour is None else Material.PAINT)
    return Part(mesh, np.broadcast_to(np.array(colour or (0, 0, 0), np.float32), (len(mesh), 3)), casts=False)
