"""Furniture that looks most like cars: boats on trailers, generators on wheels, heaps under a tarpaulin."""

from __future__ import annotations

import numpy as np

from lotwise.datasets.synthetic.furniture.part import Colour, Part, joined, part
from lotwise.datasets.synthetic.mesh import Floats, Material, Mesh, box, disc, flat, merge


def _loft(x: Floats, rows: list[tuple[Floats, Floats]]) -> Mesh:
    """Faces between rings at stations x; rows (y >= 0, z) run from the keel up to the middle line, mirrored."""
    ring = np.stack([np.stack([x, np.broadcast_to(y, x.shape), np.broadcast_to(z, x.shape)], 1) for y, z in rows], 1)
    whole = np.concatenate([ring, ring[:, -2::-1] * [1, -1, 1]], axis=1)
    rows_of_faces = range(whole.shape[1] - 1)
    quads = [
        [whole[i, j], whole[i, j + 1], whole[i + 1, j + 1], whole[i + 1, j]]
        for i in range(len(x) - 1)
        for j in rows_of_faces
    ]
    return flat(quads, Material.PAINT)


def _wheels(xs: tuple[float, ...], half: float, radius: float) -> Part:
    return part(
        merge(
            [
                disc((x, s * half, radius), radius * share, s, material, lift)
                for x in xs
                for s in (1, -1)
                for share, material, lift in ((1.0, Material.TYRE, 0.9), (0.55, Material.RIM, 1.5))
            ]
        ),
        (0, 0, 0),
    )


def boat(rng: np.random.Generator) -> tuple[Part, ...]:
    """A motor boat on its trailer, open with a windscreen or under a cover."""
    length, beam = float(rng.uniform(3.6, 5.6)), float(rng.uniform(1.6, 2.15))
    hull: Colour = ((0.55, 0.56, 0.56), (0.50, 0.50, 0.48), (0.20, 0.07, 0.02), (0.03, 0.03, 0.20))[
        int(rng.choice(4, p=[0.5, 0.2, 0.2, 0.1]))
    ]
    cover: Colour = ((0.16, 0.06, 0.02), (0.10, 0.10, 0.10), (0.06, 0.09, 0.03), (0.015, 0.015, 0.015))[
        int(rng.integers(4))
    ]
    t = np.linspace(0, 1, 8)  # stern .. bow
    x = (t - 0.5) * length
    half = beam / 2 * np.clip(1 - np.maximum(t - 0.45, 0) ** 2 / 0.32, 0.04, 1)
    keel, sheer = 0.45 + 0.45 * t**3, 1.15 + 0.35 * t**2
    covered = bool(rng.random() < 0.55)
    peak = sheer + (0.35 if covered else 0.08) * np.sin(np.pi * np.clip(t * 0.9 + 0.1, 0, 1))
    body = _loft(x, [(half * 0, keel), (half * 0.75, keel + 0.25), (half, sheer)])
    deck = _loft(x, [(half, sheer), (half * 0.55, (sheer + peak) / 2 + 0.05), (half * 0, peak)])
    stern = flat(
        [
            [
                [x[0], half[0], sheer[0]],
                [x[0], -half[0], sheer[0]],
                [x[0], -half[0] * 0.5, 0.5],
                [x[0], half[0] * 0.5, 0.5],
            ]
        ],
        Material.PAINT,
    )
    stripe_z = sheer - 0.18
    stripe = _loft(x, [(half * 1.01, stripe_z), (half * 1.02, stripe_z + 0.12)])
    frame = merge(
        [
            box((length * 0.75, 0.8, 0.12), (0.1, 0, 0.35), Material.METAL),
            box((1.0, 0.1, 0.1), (length / 2 + 0.2, 0, 0.4), Material.METAL),
        ]
    )
    parts = [
        part(_lifted(frame, -3.0), hull),
        part(body, hull, rng, 0.04),
        part(stern, hull),
        part(_lifted(stripe, 0.3), cover),
        part(_lifted(deck, 0.5), cover if covered else hull, rng, 0.08),
        _wheels((-0.35,) if length < 4.9 else (-0.75, -0.05), beam * 0.47, 0.31),
    ]
    if not covered:
        screen = box((length * 0.26, beam * 0.62, 0.55), (length * 0.04, 0, float(sheer[3])), Material.GLASS, 0.72)
        seat = box((length * 0.28, beam * 0.7, 0.1), (-length * 0.25, 0, float(sheer[1])), Material.CABIN)
        roof = box((length * 0.19, beam * 0.46, 0.05), (length * 0.04, 0, float(sheer[3]) + 0.55), Material.PAINT)
        parts += [part(_lifted(seat, 2.0), hull), part(_lifted(screen, 3.0), hull), part(_lifted(roof, 4.0), hull)]
    if rng.random() < 0.6:
        motor = box((0.35, 0.4, 0.75), (-length / 2 - 0.1, 0, 0.75), Material.TRIM, 0.8)
        parts.append(part(motor, hull))
    return (joined(parts),)


def _lifted(mesh: Mesh, lift: float) -> Mesh:
    """The mesh as if nearer to the eye by so many metres when its faces are sorted."""
    return Mesh(mesh.quads, mesh.normals, mesh.material, np.full(len(mesh), lift, np.float32))


def generator(rng: np.random.Generator) -> tuple[Part, ...]:
    """A generator or compressor on a trailer: a hood, a grille, lamps, wheels."""
    length, width, height = float(rng.uniform(1.9, 3.1)), float(rng.uniform(1.3, 1.7)), float(rng.uniform(0.9, 1.2))
    colour: Colour = ((0.03, 0.36, 0.55), (0.02, 0.13, 0.45), (0.5, 0.52, 0.52), (0.25, 0.10, 0.03), (0.06, 0.1, 0.03))[
        int(rng.integers(5))
    ]
    hood = part(box((length, width, height * 0.55), (0, 0, 0.4), taper=1.0), colour, rng, 0.05)
    roof = part(box((length, width, height * 0.45), (0, 0, 0.4 + height * 0.55), taper=0.86), colour, rng, 0.05)
    front, low = length / 2 + 0.01, 0.55
    grille = [[front, -width * 0.3, low], [front, width * 0.3, low], [front, width * 0.3, low + 0.35]]
    grille.append([front, -width * 0.3, low + 0.35])
    lamps = [
        [[-front, y + 0.22, 0.5], [-front, y, 0.5], [-front, y, 0.64], [-front, y + 0.22, 0.64]]
        for y in (-width / 2 + 0.05, width / 2 - 0.27)
    ]
    slats = [
        [[x0, s * (width / 2 + 0.01), 0.6], [x0 + length * 0.22, s * (width / 2 + 0.01), 0.6]][:: int(-s)]
        + [[x0 + length * 0.22, s * (width / 2 + 0.01), 0.85], [x0, s * (width / 2 + 0.01), 0.85]][:: int(-s)]
        for x0 in (-length * 0.38, length * 0.12)
        for s in (-1, 1)
    ]
    details = [
        part(flat([grille], Material.GRILLE, 0.8), colour),
        part(flat(lamps, Material.TAILLAMP, 0.8), colour),
        part(flat(slats, Material.TRIM, 0.8), colour),
        _wheels((0.0,), width / 2 + 0.08, 0.33),
    ]
    bar = part(box((1.0, 0.12, 0.1), (length / 2 + 0.5, 0, 0.4), Material.METAL), colour)
    return (bar, joined([hood, roof, *details]))


def tarpaulin(rng: np.random.Generator) -> tuple[Part, ...]:
    """A heap under a tarpaulin, of the size of a car."""
    length, width, height = float(rng.uniform(2.6, 4.6)), float(rng.uniform(1.5, 1.9)), float(rng.uniform(0.8, 1.5))
    colour: Colour = (
        (0.30, 0.12, 0.02),
        (0.07, 0.10, 0.03),
        (0.14, 0.14, 0.14),
        (0.014, 0.014, 0.014),
        (0.45, 0.46, 0.46),
    )[int(rng.integers(5))]
    t = np.linspace(0, 1, 9)
    x = (t - 0.5) * length
    rise = np.sin(np.pi * np.clip(t, 0.0, 1.0)) ** float(rng.uniform(0.25, 0.6)) * height
    rise = np.maximum(rise * np.exp(rng.normal(0, 0.10, len(t))), 0.06)
    half = width / 2 * (0.8 + 0.2 * np.sin(np.pi * t))
    mesh = _loft(x, [(half, rise * 0), (half * 0.92, rise * 0.65), (half * 0.55, rise * 0.95), (half * 0, rise)])
    return (part(mesh, colour, rng, 0.14),)
