"""What stands still in a view above the ground (trees, posts, buildings), painted once per camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic import props
from lotwise.datasets.synthetic.lot import Lot, Tree
from lotwise.datasets.synthetic.mesh import ALBEDO, REFLECTANCE, Floats, Material, Mesh, column
from lotwise.datasets.synthetic.raster import SUBPIXELS, Ids, paint
from lotwise.datasets.synthetic.view import NEAR_PLANE_M, View


@dataclass(frozen=True)
class Sprite:
    """One object as painted: ids (h, w) of its faces, 0 elsewhere, at (x, y) of the sub-pixel buffer."""

    x: int
    y: int
    ids: Ids
    distance: float

    def paste(self, ids: Ids) -> None:
        height, width = self.ids.shape
        window = ids[self.y : self.y + height, self.x : self.x + width]
        np.copyto(window, self.ids, where=self.ids > 0)


@dataclass(frozen=True)
class Scenery:
    """All sprites of a view, far to near, and the surface points behind their ids (id 1 is row 0).

    Attributes:
        sprites: far to near.
        points, normals, albedo: (S, 3).
        reflectance: (S,).
        material: (S,) indices of ``Material``.
        distance: (S,) metres over ground to the object.
    """

    sprites: tuple[Sprite, ...]
    points: Floats
    normals: Floats
    albedo: Floats
    reflectance: Floats
    material: NDArray[np.int64]
    distance: Floats


def leaves(tree: Tree, count: int) -> tuple[Floats, Floats]:
    """Centres (N, 3) of leaf clumps in the crown and their outward directions (N, 3).

    A crown is a heap of overlapping balls of foliage inside an ellipsoid.
    """
    rng = np.random.default_rng(tree.seed)
    crown = np.array(tree.crown)
    centre = np.array([tree.x, tree.y, max(tree.height - crown[2], crown[2])])
    balls = int(rng.integers(9, 16))
    spread = rng.normal(size=(balls, 3))
    spread /= np.linalg.norm(spread, axis=1, keepdims=True)
    spread *= rng.uniform(0.25, 0.72, (balls, 1))
    size = rng.uniform(0.30, 0.52, balls)
    ball = rng.choice(balls, count, p=size**2 / (size**2).sum())
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    local = spread[ball] + direction * (size[ball] * rng.uniform(0.55, 1, count) ** 0.4)[:, None]
    outward = direction + 0.8 * local
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    return (centre + local * crown).astype(np.float32), outward.astype(np.float32)


class _Painter:
    """Collects faces and paints each object into a sprite."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.buffer = np.zeros((view.height * SUBPIXELS, view.width * SUBPIXELS), np.int32)
        self.sprites: list[Sprite] = []
        self.points: list[Floats] = []
        self.normals: list[Floats] = []
        self.albedo: list[Floats] = []
        self.material: list[NDArray[np.int64]] = []
        self.distance: list[Floats] = []
        self.count = 0
        self._start()

    def _start(self) -> None:
        self.low = np.full(2, np.inf)
        self.high = np.full(2, -np.inf)

    def _add(
        self, outlines: Floats, points: Floats, normals: Floats, albedo: Floats, material: NDArray[np.int64]
    ) -> None:
        paint(self.buffer, outlines, np.arange(self.count + 1, self.count + 1 + len(points)))
        self.low = np.minimum(self.low, outlines.min((0, 1)))
        self.high = np.maximum(self.high, outlines.max((0, 1)))
        self.points.append(points)
        self.normals.append(normals)
        self.albedo.append(albedo)
        self.material.append(material)
        self.count += len(points)

    def faces(self, mesh: Mesh, paint_colour: Sequence[float]) -> None:
        centre, normal = mesh.quads.mean(1), mesh.normals.mean(1)
        pixels, depth = self.view.project(mesh.quads)
        eye = self.view.eye.astype(np.float32)
        seen = (depth.min(1) > NEAR_PLANE_M) & (((eye - centre) * normal).sum(1) > 0)
        order = np.flatnonzero(seen)
        order = order[np.argsort(-(np.linalg.norm(centre[order] - eye, axis=1) - mesh.lift[order]))]
        albedo = ALBEDO[mesh.material]
        albedo[mesh.material == Material.PAINT] = paint_colour
        if len(order):
            self._add(pixels[order], centre[order], normal[order], albedo[order], mesh.material[order])

    def foliage(self, tree: Tree, rng: np.random.Generator) -> None:
        middle = np.array([tree.x, tree.y, tree.height - tree.crown[2]])
        _, depth = self.view.project(middle)
        if depth < 2.5:
            return
        near = self.view.focal / float(depth)
        surface = 4 * np.pi * (tree.crown[0] * tree.crown[1] * tree.crown[2]) ** (2 / 3)
        most = 2400 if depth < 25 else 900
        size = max(0.07, 1.2 / near, float(np.sqrt(0.8 * surface / most)))
        count = int(np.clip(tree.density * 0.8 * surface / size**2, 12, most))
        points, normals = leaves(tree, count)
        pixels, depth = self.view.project(points)
        keep = np.flatnonzero(depth > 1.5)
        keep = keep[np.argsort(-depth[keep])]
        if not len(keep):
            return
        radius = self.view.focal / depth[keep] * size * rng.uniform(0.55, 1.25, len(keep))
        angle = rng.uniform(0, 6.3, (len(keep), 1)) + np.arange(5) * (2 * np.pi / 5)
        reach = radius[:, None] * rng.uniform(0.5, 1.2, (len(keep), 5))
        outlines = pixels[keep][:, None] + np.stack([np.cos(angle), np.sin(angle)], 2) * reach[..., None]
        inner = np.linalg.norm((points[keep] - middle) / tree.crown, axis=1)
        shade = np.clip(0.25 + 0.75 * inner**2, 0, 1.1) * np.exp(rng.normal(0, 0.25, len(keep)))
        hue = np.exp(rng.normal(0, 0.10, (len(keep), 3)))
        albedo = np.array(tree.colour) * shade[:, None] * hue
        facing = normals[keep] + rng.normal(0, 0.45, (len(keep), 3))
        facing /= np.linalg.norm(facing, axis=1, keepdims=True)
        self._add(
            outlines.astype(np.float32),
            points[keep],
            facing.astype(np.float32),
            albedo.astype(np.float32),
            np.full(len(keep), int(Material.BARK)),
        )

    def twigs(self, tree: Tree) -> None:
        """Trunk and branches as thin strips that face the camera."""
        tips, _ = leaves(tree, 14)
        fork = np.array([tree.x, tree.y, tree.height - tree.crown[2] * 1.7])
        strips = [(np.array([tree.x, tree.y, 0.0]), fork, 0.05 + 0.016 * tree.height)]
        strips += [(fork, tip, 0.035) for tip in tips]
        for a, b, width in strips:
            (p, q), depth = self.view.project(np.stack([a, b]))
            if depth.min() < 1.5:
                continue
            side = np.array([p[1] - q[1], q[0] - p[0]])
            side = side / max(float(np.hypot(*side)), 1e-6) * self.view.focal / float(depth.mean()) * width
            outline = np.array([[p - side, p + side, q + side * 0.6, q - side * 0.6]], np.float32)
            toward = self.view.eye - a
            self._add(
                outline,
                np.asarray([(a + b) / 2], np.float32),
                np.asarray([toward / np.linalg.norm(toward)], np.float32),
                ALBEDO[[Material.BARK]],
                np.array([int(Material.BARK)]),
            )

    def close(self, x: float, y: float, nearer: float = 0.0) -> None:
        """Cut what was painted since the last call out as one sprite."""
        distance = float(np.hypot(x - self.view.position[0], y - self.view.position[1])) - nearer
        self.distance.append(np.full(self.count - sum(map(len, self.distance)), distance, np.float32))
        size = self.buffer.shape[::-1]
        x0, y0 = np.clip(np.floor(self.low * SUBPIXELS) - 2, 0, size).astype(int)
        x1, y1 = np.clip(np.ceil(self.high * SUBPIXELS) + 2, 0, size).astype(int)
        self._start()
        if x1 > x0 and y1 > y0:
            window = self.buffer[y0:y1, x0:x1]
            self.sprites.append(Sprite(int(x0), int(y0), window.copy(), distance))
            window[:] = 0


def render_scenery(view: View, lot: Lot) -> Scenery:
    """Paint trees, posts and buildings of a lot for one camera."""
    painter = _Painter(view)
    rng = np.random.default_rng(lot.seed + 7)
    for building in lot.buildings:
        painter.faces(props.block(building), building.colour)
        middle = (building.x + building.length / 2, building.y + building.width / 2)
        painter.close(*middle, nearer=-30.0)
    for tree in lot.trees:
        if np.hypot(tree.x - view.position[0], tree.y - view.position[1]) < tree.crown[0] + 4.0:
            continue  # a camera is mounted clear of the crowns
        if tree.density < 1 and tree.height > 2.5:
            painter.twigs(tree)
        elif tree.height > 2.5:
            painter.faces(_trunk(tree), (0, 0, 0))
        painter.foliage(tree, rng)
        painter.close(tree.x, tree.y, nearer=tree.crown[0] * 0.3)
    for x, y, height in lot.lamps:
        if np.hypot(x - view.position[0], y - view.position[1]) < 7:
            continue
        painter.faces(props.post(x, y, height, lit=True), (0, 0, 0))
        painter.close(x, y)
    material = np.concatenate(painter.material) if painter.material else np.zeros(0, np.int64)

    def rows(parts: list[Floats]) -> Floats:
        return np.concatenate(parts) if parts else np.zeros((0, 3), np.float32)

    reflectance = np.where(material == Material.WINDOW, REFLECTANCE[Material.WINDOW], 0).astype(np.float32)
    return Scenery(
        tuple(sorted(painter.sprites, key=lambda sprite: -sprite.distance)),
        rows(painter.points),
        rows(painter.normals),
        rows(painter.albedo),
        reflectance,
        material,
        np.concatenate(painter.distance) if painter.distance else np.zeros(0, np.float32),
    )


def _trunk(tree: Tree) -> Mesh:
    return column(0.05 + 0.016 * tree.height, tree.height - tree.crown[2], (tree.x, tree.y, 0), Material.BARK)
