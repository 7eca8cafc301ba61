"""Cars, things and scenery painted far to near into one id buffer, and the colour of every painted face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic import props, vehicles
from lotwise.datasets.synthetic.light import SNOW_ALBEDO, shade
from lotwise.datasets.synthetic.mesh import ALBEDO, EMISSION, EMPTY, REFLECTANCE, Floats, Material, Mesh, merge
from lotwise.datasets.synthetic.raster import SUBPIXELS, Ids, gradients, paint
from lotwise.datasets.synthetic.scene import Scene, Stage
from lotwise.datasets.synthetic.scenery import Sprite
from lotwise.datasets.synthetic.shadows import Shade
from lotwise.datasets.synthetic.view import NEAR_PLANE_M, View

_FULL_DETAIL_LENGTH_PX = 70.0
"""Pixels of length from which on a car gets all its detail."""
Window = tuple[int, int, int, int]
"""x0, y0, x1, y1 of a part of the sub-pixel buffer."""


@dataclass(frozen=True)
class Thing:
    """A car, a prop or a part of furniture about to be painted.

    ``owner`` is car index + 1; props count on after the cars, furniture after the props. ``paint`` is BGR linear,
    (3,) or (F, 3).
    """

    mesh: Mesh
    paint: tuple[float, float, float] | Floats
    owner: int
    distance: float


@dataclass(frozen=True)
class Painted:
    """The id buffer of a frame. Ids 1 .. S are the scenery's, those above belong to what moves.

    Attributes:
        ids: (H * SUBPIXELS, W * SUBPIXELS) face ids, 0 where nothing stands above the ground.
        owner: (faces + 1,) car index + 1 by id, 0 for all else.
        distance: (faces + 1,) metres over ground to the object, by id.
        alone: by car index, its sub-pixels in the frame before nearer things covered it, and their window.
        outlines: (F, 4, 2) in pixels, of the faces that move, in the order of their ids.
        mesh: the same F faces in the world.
        paint: (F, 3) BGR linear.
        thing: (F,) car index + 1; props count on after the cars, furniture after the props.
        piece: (faces + 1,) index of the furniture + 1 by id, 0 for all else.
    """

    ids: Ids
    owner: NDArray[np.int32]
    distance: Floats
    alone: dict[int, tuple[int, Window]]
    outlines: Floats
    mesh: Mesh
    paint: Floats
    thing: NDArray[np.int64]
    piece: NDArray[np.int32]

    def cars(self) -> Ids:
        """Which car each sub-pixel shows: index + 1, 0 for all else."""
        return self.owner[self.ids]


def _things(view: View, scene: Scene) -> list[Thing]:
    things = []
    for index, car in enumerate(scene.cars):
        distance = view.over_ground(car.x, car.y)
        fine = view.focal * car.vehicle.size[0] / max(distance, 1.0) > _FULL_DETAIL_LENGTH_PX
        mesh = vehicles.mesh(car.vehicle, car.x, car.y, car.yaw, fine, car.lights)
        things.append(Thing(mesh, car.vehicle.paint, index + 1, distance))
    for index, prop in enumerate(scene.props):
        owner = len(scene.cars) + index + 1
        things.append(Thing(props.mesh(prop), props.colour(prop), owner, view.over_ground(prop.x, prop.y)))
    first = len(scene.cars) + len(scene.props) + 1
    for index, piece in enumerate(scene.furniture):
        for part in piece.parts():
            x, y, _ = part.mesh.quads.mean((0, 1)).tolist()
            things.append(Thing(part.mesh, part.colours, first + index, view.over_ground(x, y)))
    return things


def _front_faces(view: View, mesh: Mesh, outlines: Floats) -> NDArray[np.int64]:
    """Faces that look at the camera, far to near."""
    a, b = outlines[:, 2] - outlines[:, 0], outlines[:, 3] - outlines[:, 1]
    shown = np.flatnonzero(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] < 0)
    away = np.linalg.norm(mesh.quads[shown].mean(1) - view.eye, axis=1)
    return shown[np.argsort(mesh.lift[shown] - away, kind="stable")]


def paint_objects(stage: Stage, scene: Scene) -> Painted:
    """Paint everything above the ground, far to near."""
    view, scenery = stage.view, stage.scenery
    size = (view.width * SUBPIXELS, view.height * SUBPIXELS)
    ids = np.zeros(size[::-1], np.int32)
    items: list[Thing | Sprite] = [*_things(view, scene), *scenery.sprites]
    count = len(scenery.points) + 1
    outlines_of: list[Floats] = [np.zeros((0, 4, 2), np.float32)]
    meshes = [EMPTY]
    painted: list[tuple[Thing, int]] = []
    paints = [np.zeros((0, 3), np.float32)]
    alone: dict[int, tuple[int, Window]] = {}
    for item in sorted(items, key=lambda item: -item.distance):
        if not isinstance(item, Thing):
            item.paste(ids)
            continue
        outlines, depth = view.project(item.mesh.quads)
        corners = outlines.reshape(-1, 2)
        low, high = corners.min(0), corners.max(0)
        if depth.min() < NEAR_PLANE_M or (high < 0).any() or (low > [view.width, view.height]).any():
            continue
        front = _front_faces(view, item.mesh, outlines)
        paint(ids, outlines[front], np.arange(count, count + len(front)))
        outlines_of.append(outlines[front])
        meshes.append(item.mesh[front])
        painted.append((item, len(front)))
        colours = np.asarray(item.paint, np.float32)
        paints.append(np.broadcast_to(colours, (len(front), 3)) if colours.ndim == 1 else colours[front])
        if item.owner <= len(scene.cars):
            x0, y0 = np.clip(low * SUBPIXELS - 2, 0, size).astype(int).tolist()
            x1, y1 = np.clip(high * SUBPIXELS + 2, 0, size).astype(int).tolist()
            # This car was painted last, so no id in its window is higher than its own.
            alone[item.owner - 1] = (int(np.count_nonzero(ids[y0:y1, x0:x1] >= count)), (x0, y0, x1, y1))
        count += len(front)

    faces = [number for _, number in painted]
    thing = np.repeat(np.array([item.owner for item, _ in painted], np.int64), faces)
    still = np.zeros(len(scenery.points) + 1)
    pieces = np.maximum(thing - len(scene.cars) - len(scene.props), 0)
    away = np.repeat([item.distance for item, _ in painted], faces)
    return Painted(
        ids,
        np.concatenate([still, np.where(thing <= len(scene.cars), thing, 0)]).astype(np.int32),
        np.concatenate([[np.inf], scenery.distance, away]).astype(np.float32),
        alone,
        np.concatenate(outlines_of),
        merge(meshes),
        np.concatenate(paints),
        thing,
        np.concatenate([still, pieces]).astype(np.int32),
    )


def colour_table(stage: Stage, scene: Scene, painted: Painted, sun_map: Shade) -> Floats:
    """Colour of each face as ``raster.resolve`` takes it, (faces + 1, 9)."""
    scenery, mesh, light = stage.scenery, painted.mesh, scene.light
    eye = stage.view.eye.astype(np.float32)
    posts = stage.lit_posts(light)
    first = len(scenery.points) + 1
    table = np.zeros((first + len(mesh), 9), np.float32)

    lit = sun_map.lit(scenery.points + 0.6 * scenery.normals, 0)
    still = shade(scenery.points, scenery.normals, scenery.albedo, scenery.reflectance, lit, light, eye, posts)
    lamps = scenery.material == Material.LAMP_ON
    still[lamps] += EMISSION[Material.LAMP_ON] * light.lamp_level
    table[1:first, :3] = still

    albedo = ALBEDO[mesh.material]
    painted_parts = mesh.material == Material.PAINT
    albedo[painted_parts] = painted.paint[painted_parts]
    reflectance = REFLECTANCE[mesh.material]
    if light.snow > 0:  # it stays on what is level, on glass too
        level = np.clip((mesh.normals.mean(1)[:, 2] - 0.55) / 0.3, 0, 1) * min(1.0, 1.4 * light.snow)
        albedo = albedo + (SNOW_ALBEDO - albedo) * level[:, None].astype(np.float32)
        reflectance = reflectance * (1 - level)
    points = mesh.quads.reshape(-1, 3)
    colours = shade(
        points,
        mesh.normals.reshape(-1, 3),
        np.repeat(albedo, 4, axis=0),
        np.repeat(reflectance, 4),
        sun_map.lit(points, np.repeat(painted.thing, 4)),
        light,
        eye,
        posts,
    ).reshape(-1, 4, 3)
    table[first:] = gradients(painted.outlines, colours + EMISSION[mesh.material][:, None])
    return table
