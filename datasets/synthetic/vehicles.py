"""Car bodies: lofted from a side profile with tumblehome, glass, lamps, wheels; colours as on the road."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from lotwise.datasets.synthetic.bodies import BODIES, Body
from lotwise.datasets.synthetic.mesh import Floats, Material, Mesh, box, disc, flat, merge

SHARES = {
    "city": 0.14,
    "hatchback": 0.28,
    "sedan": 0.17,
    "estate": 0.09,
    "suv": 0.18,
    "mpv": 0.07,
    "van": 0.05,
    "pickup": 0.02,
}
COLOURS = (
    # BGR linear, spread of brightness, share
    ((0.58, 0.60, 0.60), 0.10, 0.245),  # white
    ((0.33, 0.33, 0.33), 0.20, 0.20),  # silver
    ((0.11, 0.11, 0.11), 0.40, 0.17),  # grey
    ((0.012, 0.012, 0.012), 0.40, 0.18),  # black
    ((0.085, 0.032, 0.018), 0.50, 0.075),  # dark blue
    ((0.34, 0.19, 0.09), 0.30, 0.03),  # light blue
    ((0.028, 0.022, 0.25), 0.40, 0.06),  # red
    ((0.15, 0.21, 0.25), 0.30, 0.02),  # beige
    ((0.03, 0.055, 0.035), 0.50, 0.015),  # green
    ((0.05, 0.24, 0.42), 0.20, 0.005),  # yellow
)


@dataclass(frozen=True)
class Vehicle:
    """One car: kind of body, stretch along its axes, paint (BGR linear)."""

    body: str
    scale: tuple[float, float, float]
    paint: tuple[float, float, float]

    @property
    def size(self) -> tuple[float, float, float]:
        """Length, width, height in metres."""
        shape = BODIES[self.body]
        return (shape.length * self.scale[0], shape.width * self.scale[1], shape.height * self.scale[2])


def random_vehicle(rng: np.random.Generator) -> Vehicle:
    body = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    colour, spread, _ = COLOURS[int(rng.choice(len(COLOURS), p=[share for _, _, share in COLOURS]))]
    if body == "van" and rng.random() < 0.6:
        colour, spread = COLOURS[0][:2]
    tint = np.array(colour) * np.exp(rng.normal(0, spread)) * np.exp(rng.normal(0, 0.05, 3))
    stretch = rng.normal(1, [0.035, 0.018, 0.025])
    return Vehicle(
        body,
        (float(stretch[0]), float(stretch[1]), float(stretch[2])),
        (float(min(tint[0], 0.8)), float(min(tint[1], 0.8)), float(min(tint[2], 0.8))),
    )


def _stations(shape: Body, fine: bool) -> Floats:
    keys = [s for s, _ in shape.profile]
    if fine:
        middle = (shape.roof_front + min(shape.roof_rear, shape.windows_end)) / 2 + 0.02
        keys += [middle - 0.008, middle + 0.008, 0.05, 0.95, *np.linspace(0.1, 0.9, 9)]
    else:
        keys += [0.06, 0.94]
    keys.sort()
    return np.array([s for i, s in enumerate(keys) if i == 0 or s - keys[i - 1] > 0.006], np.float32)


def _lattice(shape: Body, stations: Floats) -> Floats:
    """(stations, 8, 3): the left half of each cross-section, from the sill up to the middle of the roof."""
    heights = np.interp(stations, *np.array(shape.profile).T) * shape.height
    nose = np.clip(1 - stations / 0.10, 0, 1)
    stern = np.clip(1 - (1 - stations) / 0.07, 0, 1)
    half = shape.width / 2 * (1 - 0.16 * nose**2 - 0.09 * stern**2)
    belt = np.minimum(shape.belt * shape.height + 0.05 * (stations - 0.5), heights - 0.05)
    cabin = np.clip((heights - belt - 0.05) / (shape.height - belt), 0, 1)
    lean = 0.26 if shape.tall else 0.42
    roof = half * 0.93 - lean * cabin * (shape.height - belt) * 0.9 - 0.04 * (1 - cabin)
    sill = 0.20 + 0.06 * np.maximum(nose, stern)
    rows = [
        (half * 0.95, sill),
        (half, sill + 0.32 * (belt - sill)),
        (half * 0.99, sill + 0.78 * (belt - sill)),
        (half * 0.94, belt),
        (roof, np.maximum(heights - 0.05 - 0.03 * cabin, belt + 0.01)),
        (roof - 0.07, heights - 0.025),
        (roof * 0.5, heights - 0.004),
        (roof * 0.0, heights),
    ]
    x = (0.5 - stations) * shape.length
    return np.stack([np.stack([x, y, np.broadcast_to(z, x.shape)], 1) for y, z in rows], 1).astype(np.float32)


def _cell_material(shape: Body, start: float, end: float, row: int) -> Material:
    middle = (start + end) / 2
    if row == 3 and shape.cowl + 0.03 < middle < min(shape.roof_rear - 0.03, shape.windows_end):
        if end - start < 0.02:
            return Material.TRIM
        return Material.GLASS
    if row >= 5 and (shape.cowl < middle < shape.roof_front or shape.roof_rear < middle < shape.tail):
        return Material.GLASS
    if row == 2 and middle < 0.05:
        return Material.HEADLAMP
    if row == 2 and middle > 0.965:
        return Material.TAILLAMP
    if row >= 5 and shape.tail + 0.02 < middle < 0.97 and shape.open_bed:
        return Material.CABIN
    return Material.PAINT


def _caps(lattice: Floats) -> Mesh:
    """Front and rear faces, in columns so that lamps, grille and plate find their places."""
    parts = []
    for ring, front in ((lattice[0], True), (lattice[-1], False)):
        for row in range(4):
            low, high = ring[row], ring[row + 1]
            for column, (a, b) in enumerate(pairwise((1, 0.72, 0.26, -0.26, -0.72, -1))):
                corners = np.array([low, low, high, high]) * [[1, a, 1], [1, b, 1], [1, b, 1], [1, a, 1]]
                if front:
                    corners = corners[::-1]
                outer = column in (0, 4)
                material = Material.PAINT
                if row == 0:
                    material = Material.TRIM
                elif outer and row == 2:
                    material = Material.HEADLAMP if front else Material.TAILLAMP
                elif not outer and front and row == 1:
                    material = Material.GRILLE
                parts.append(flat([corners], material))
        x = ring[0, 0] + (0.012 if front else -0.012)
        z, side = (0.34, 0.26) if front else (0.58, 0.26)
        plate = np.array([[x, -side, z], [x, side, z], [x, side, z + 0.12], [x, -side, z + 0.12]])
        parts.append(flat([plate if front else plate[::-1]], Material.PLATE, 0.05))
    return merge(parts)


def _seams(shape: Body) -> Mesh:
    """Edges of the doors and the bonnet, and the door handles, as thin dark strips."""
    middle = (shape.roof_front + min(shape.roof_rear, shape.windows_end)) / 2 + 0.02
    strips = []
    for station in (shape.cowl + 0.035, middle, min(shape.roof_rear - 0.02, shape.wheels[1] - 0.03)):
        ring = _lattice(shape, np.array([station - 0.0025, station + 0.0025], np.float32))
        strips += [[ring[0, row], ring[1, row], ring[1, row + 1], ring[0, row + 1]] for row in (0, 1, 2)]
    handle = _lattice(shape, np.array([middle - 0.045, middle - 0.012], np.float32))
    top, low = handle[:, 2] * [1, 1, 0.97], handle[:, 2] * [1, 1, 0.94]
    strips.append([low[0], low[1], top[1], top[0]])
    left = np.array(strips, np.float32)
    return merge([flat(left, Material.TRIM, 0.12), flat((left * [1, -1, 1])[:, ::-1], Material.TRIM, 0.12)])


@lru_cache(maxsize=32)
def template(body: str, fine: bool) -> Mesh:
    """The car of a kind, front towards +x, standing on the ground; ``fine`` adds what shows from near."""
    shape = BODIES[body]
    stations = _stations(shape, fine)
    left = _lattice(shape, stations)
    whole = np.concatenate([left, left[:, -2::-1] * [1, -1, 1]], axis=1).astype(np.float32)
    along, around = np.gradient(whole, axis=0), np.gradient(whole, axis=1)
    normal = np.cross(along, around)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-6)
    if normal[len(stations) // 2, 7, 2] < 0:
        normal = -normal
    quads, normals, materials = [], [], []
    rows = whole.shape[1] - 1
    for i in range(len(stations) - 1):
        for j in range(rows):
            material = _cell_material(shape, float(stations[i]), float(stations[i + 1]), min(j, rows - 1 - j))
            picks = ([i, i + 1, i + 1, i], [j, j, j + 1, j + 1])
            corners, smooth = whole[picks], normal[picks]
            face = np.cross(corners[2] - corners[0], corners[3] - corners[1])
            face /= max(float(np.linalg.norm(face)), 1e-9)
            if face @ smooth.mean(0) < 0:
                corners, smooth, face = corners[::-1], smooth[::-1], -face
            quads.append(corners)
            # Glass is flat and meets the body at an edge; only the painted shell is smooth all over.
            normals.append(np.broadcast_to(face, (4, 3)) if material == Material.GLASS else 0.6 * smooth + 0.4 * face)
            materials.append(int(material))
    unit = np.array(normals, np.float32)
    unit /= np.maximum(np.linalg.norm(unit, axis=2, keepdims=True), 1e-6)
    shell = Mesh(np.array(quads, np.float32), unit, np.array(materials), np.zeros(len(quads), np.float32))

    parts = [shell, _caps(left)]
    for axle in shape.wheels:
        for side in (1, -1):
            centre = ((0.5 - axle) * shape.length, side * (shape.width / 2 + 0.004), shape.radius)
            # Lifts further apart than a wheel is wide, or the faces of one disc would cut into the next.
            parts.append(disc(centre, shape.radius + 0.05, side, Material.TRIM, 0.5))
            parts.append(disc(centre, shape.radius, side, Material.TYRE, 1.3))
            parts.append(disc(centre, shape.radius * 0.62, side, Material.RIM, 2.1))
            parts.append(disc(centre, shape.radius * 0.22, side, Material.TRIM, 2.9))
    if fine:
        parts.append(_seams(shape))
        for side in (1, -1):
            base = (
                (0.5 - shape.cowl - 0.035) * shape.length,
                side * (shape.width / 2 + 0.06),
                shape.belt * shape.height,
            )
            parts.append(box((0.10, 0.17, 0.13), base, Material.PAINT))
    return merge(parts)


def mesh(vehicle: Vehicle, x: float, y: float, yaw: float, fine: bool, lights: bool) -> Mesh:
    """The car on the lot: centre (x, y) in metres, front towards ``yaw``."""
    placed = template(vehicle.body, fine).placed(x, y, yaw, vehicle.scale)
    if not lights:
        return placed
    material = placed.material.copy()
    material[material == Material.HEADLAMP] = Material.HEADLAMP_ON
    material[material == Material.TAILLAMP] = Material.TAILLAMP_ON
    return Mesh(placed.quads, placed.normals, material, placed.lift)


@lru_cache(maxsize=16)
def _caster(body: str) -> tuple[Floats, Floats]:
    shape = BODIES[body]
    ends = np.array([0.0, 0.05, 0.95, 1.0], np.float32)
    ring = _lattice(shape, ends)[:, [0, 2, 3]].reshape(-1, 3)
    cabin = _lattice(shape, np.array([shape.cowl, shape.roof_front, shape.roof_rear, shape.tail], np.float32))
    top = cabin[:, [3, 4, 6]].reshape(-1, 3)
    flip = np.array([1, -1, 1], np.float32)
    return np.concatenate([ring, ring * flip]), np.concatenate([top, top * flip])


def casters(vehicle: Vehicle, x: float, y: float, yaw: float) -> tuple[Floats, Floats]:
    """Two convex point sets (K, 3) in the world, hull and cabin, whose shadows make up that of the car."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
    hull, cabin = (part * np.array(vehicle.scale, np.float32) @ turn for part in _caster(vehicle.body))
    shift = np.array([x, y, 0], np.float32)
    return (hull + shift).astype(np.float32), (cabin + shift).astype(np.float32)


def footprint(vehicle: Vehicle, x: float, y: float, yaw: float, grow: float = 0.0) -> Floats:
    """(8, 3) outline on the ground with cut corners, grown by ``grow`` metres."""
    length, width, _ = vehicle.size
    a, b = length / 2 + grow, width / 2 + grow
    cut = min(0.35 + grow * 0.5, a * 0.4, b * 0.4)
    local = np.array(
        [
            [a - cut, -b],
            [a, -b + cut],
            [a, b - cut],
            [a - cut, b],
            [cut - a, b],
            [-a, b - cut],
            [-a, cut - b],
            [cut - a, -b],
        ],
        np.float32,
    )
    cos, sin = np.cos(yaw), np.sin(yaw)
    ground = local @ np.array([[cos, sin], [-sin, cos]], np.float32) + np.array([x, y], np.float32)
    return np.column_stack([ground, np.zeros(8)]).astype(np.float32)
