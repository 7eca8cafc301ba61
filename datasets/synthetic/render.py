"""One moment of a lot through one camera: the picture and the exact truth from the same id buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.frame import Image, Slot, SlotState, Truth, VehicleTruth
from datasets.synthetic import props, vehicles
from datasets.synthetic.atmosphere import ridge_colour, sky_above
from datasets.synthetic.ground import Ground, render_ground
from datasets.synthetic.light import LAMP_COLOUR, Light, lamp_light, shade, sky_radiance
from datasets.synthetic.lot import Lot, Place
from datasets.synthetic.mesh import ALBEDO, EMISSION, REFLECTANCE, Floats, Material, Mesh
from datasets.synthetic.props import Prop
from datasets.synthetic.raster import SAMPLES, Ids, gradients, paint, paint_one, resolve
from datasets.synthetic.scenery import Scenery, render_scenery
from datasets.synthetic.sensor import Sensor, expose
from datasets.synthetic.shadows import Caster, Shade, StillCasters, cast, contact, still_casters, vehicle_casters
from datasets.synthetic.vehicles import Vehicle
from datasets.synthetic.view import NEAR, View

MIN_HEIGHT = 8.0
"""Pixels; lower boxes are ignore regions."""
MIN_VISIBLE = 0.18
"""Share of a car's outline; cars seen less are ignore regions."""
MIN_SLOT_VISIBLE = 0.10
"""Share of a slot's car, or of the room for one, below which the slot has no truth."""
MIN_PIXELS = 6.0
_ROOM = 1.3
"""Metres of height that a car in a free slot would fill."""


@dataclass(frozen=True)
class Placement:
    """A car on the lot: centre in metres, direction of its front, lights, the slot it stands in."""

    vehicle: Vehicle
    x: float
    y: float
    yaw: float
    lights: bool = False
    slot: str | None = None


@dataclass(frozen=True)
class Scene:
    """Everything that changes from frame to frame."""

    cars: tuple[Placement, ...]
    props: tuple[Prop, ...]
    light: Light


@dataclass(frozen=True)
class Stage:
    """A view of a lot with all that never changes there, computed once.

    Attributes:
        view, lot: the camera and what it looks at.
        ground, scenery: what is painted once.
        slots: those of the lot that the view shows well enough, as the whole project describes slots.
        casters: what stands still and throws shadows.
    """

    view: View
    lot: Lot
    ground: Ground
    scenery: Scenery
    slots: tuple[Slot, ...]
    casters: StillCasters


@dataclass(frozen=True)
class Shot:
    """A rendered frame.

    Attributes:
        jpeg: the frame as the camera delivers it.
        truth: vehicle boxes in pixels of the image and slot states by slot id.
        owner: (H * SAMPLES, W * SAMPLES) the car each sub-pixel shows: index into ``Scene.cars`` + 1, else 0.
        boxed: index into ``Scene.cars`` of each truth box.
    """

    jpeg: bytes
    truth: Truth
    owner: Ids
    boxed: tuple[int, ...]

    @property
    def image(self) -> Image:
        """(H, W, 3) BGR."""
        return np.asarray(cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def make_stage(view: View, lot: Lot) -> Stage:
    scenery = render_scenery(view, lot)
    return Stage(
        view, lot, render_ground(view, lot), scenery, _visible_slots(view, lot), still_casters(lot)
    )


def _visible_slots(view: View, lot: Lot) -> tuple[Slot, ...]:
    """Slots with their centre and at least four fifths of their area in the frame, no lower than six pixels."""
    found = []
    frame = np.array([[0, 0], [view.width, 0], [view.width, view.height], [0, view.height]], np.float32)
    for place in lot.slots:
        pixels, depth = view.project(np.column_stack([place.corners, np.zeros(4)]))
        if depth.min() < 2 * NEAR:
            continue
        whole = abs(cv2.contourArea(pixels))
        inside, _ = cv2.intersectConvexConvex(pixels, frame)
        low, high = pixels.min(0), pixels.max(0)
        if whole > 0 and inside >= 0.8 * whole and high[1] - low[1] >= 6:
            found.append(Slot(place.id, (pixels / [view.width, view.height]).clip(0, 1).astype(np.float32)))
    return tuple(found)


@dataclass
class _Faces:
    """Faces of all moving things of a frame while they are gathered."""

    quads: list[Floats]
    normals: list[Floats]
    albedo: list[Floats]
    material: list[NDArray[np.int64]]
    owner: list[NDArray[np.int64]]


def render(stage: Stage, scene: Scene, sensor: Sensor) -> Shot:
    """Render a scene as the stage's camera sees it.

    Args:
        stage: from ``make_stage``.
        scene: cars, props and light of the moment.
        sensor: the camera's optics and chip, with the seed of this frame's noise.
    """
    view, light, ground = stage.view, scene.light, stage.ground
    shadow, sun_map = _shadows(stage, scene)
    posts = np.array(stage.lot.lamps, np.float32).reshape(-1, 3)
    ids, owner_of, table, alone = _objects(stage, scene, sun_map, posts)

    open_sky = (1 - contact(view, [(car.vehicle, car.x, car.y, car.yaw) for car in scene.cars]))[..., None]
    incoming = (np.float32(light.to_sun[2]) * (1 - shadow))[..., None] * np.array(light.sun, np.float32)
    incoming += np.array(light.sky, np.float32)
    if light.dark:
        incoming += _night_light(stage, scene, posts)
    incoming *= open_sky
    incoming *= ground.albedo
    radiance = incoming / np.float32(np.pi)
    if light.wet > 0:
        radiance = _wet(stage, scene, radiance)
    above = sky_above(ground, light)
    rows = len(above)
    np.copyto(radiance[:rows], above, where=ground.sky[:rows, :, None])
    radiance[:rows] += (ridge_colour(light) - radiance[:rows]) * ground.ridge[:rows, :, None]

    veil = 1 - np.exp(-np.minimum(ground.distance, 400) * np.float32(light.haze))
    radiance += (np.array(light.horizon, np.float32) - radiance) * (veil * ~ground.sky)[..., None]

    colour, cover = resolve(ids, table)
    radiance *= (1 - cover)[..., None]
    radiance += colour
    jpeg = expose(_glow(stage, scene, radiance), light, sensor)

    owner = owner_of[ids]
    boxes, ignore, boxed, visible = _boxes(view, scene, owner, alone)
    states = _slot_states(stage, scene, ids, owner_of, visible)
    return Shot(jpeg, Truth(VehicleTruth(boxes, ignore), states), owner, boxed)


def _shadows(stage: Stage, scene: Scene) -> tuple[Floats, Shade]:
    if max(scene.light.sun) < 1e-3:
        return np.zeros((stage.view.height, stage.view.width), np.float32), Shade.none()
    moving: list[Caster] = []
    for index, car in enumerate(scene.cars):
        moving += vehicle_casters(car.vehicle, car.x, car.y, car.yaw, index + 1)
    for index, prop in enumerate(scene.props):
        moving.append(Caster(props.mesh(prop).quads.reshape(-1, 3), len(scene.cars) + index + 1))
    return cast(stage.view, stage.lot, scene.light, stage.casters, moving)


def _objects(
    stage: Stage, scene: Scene, sun_map: Shade, posts: Floats
) -> tuple[Ids, NDArray[np.int32], Floats, dict[int, tuple[int, tuple[int, int, int, int]]]]:
    """Paint everything above the ground, far to near.

    Returns:
        ids: sub-pixel face ids; owner_of: (faces + 1,) car index + 1 by id, 0 for all else;
        table: (faces + 1, 9) colours by id; alone: per car its sub-pixel count and window before others cover it.
    """
    view, scenery = stage.view, stage.scenery
    eye = view.eye.astype(np.float32)
    height, width = view.height * SAMPLES, view.width * SAMPLES
    ids = np.zeros((height, width), np.int32)
    first = len(scenery.points) + 1

    things: list[tuple[float, Mesh | None, Sequence[float], int]] = []
    for index, car in enumerate(scene.cars):
        distance = float(np.hypot(car.x - eye[0], car.y - eye[1]))
        fine = view.focal * car.vehicle.size[0] / max(distance, 1.0) > 70
        mesh = vehicles.mesh(car.vehicle, car.x, car.y, car.yaw, fine, car.lights)
        things.append((distance, mesh, car.vehicle.paint, index + 1))
    for index, prop in enumerate(scene.props):
        distance = float(np.hypot(prop.x - eye[0], prop.y - eye[1]))
        things.append((distance, props.mesh(prop), props.colour(prop), -index - 1))
    things += [(sprite.distance, None, (), index) for index, sprite in enumerate(scenery.sprites)]
    things.sort(key=lambda thing: -thing[0])

    faces = _Faces([], [], [], [], [])
    count = first
    alone: dict[int, tuple[int, tuple[int, int, int, int]]] = {}
    outlines_all: list[Floats] = []
    for _, mesh, tint, who in things:
        if mesh is None:
            scenery.sprites[who].paste(ids)
            continue
        outlines, depth = view.project(mesh.quads)
        if depth.min() < NEAR:
            continue
        low, high = outlines.min((0, 1)), outlines.max((0, 1))
        if (high < 0).any() or (low > [view.width, view.height]).any():
            continue
        centre = mesh.quads.mean(1)
        away = eye - centre
        front = np.cross(outlines[:, 2] - outlines[:, 0], outlines[:, 3] - outlines[:, 1]) < 0
        order = np.flatnonzero(front)
        order = order[np.argsort(mesh.lift[order] - np.linalg.norm(away[order], axis=1), kind="stable")]
        number = np.arange(count, count + len(order))
        paint(ids, outlines[order], number)
        albedo = ALBEDO[mesh.material[order]]
        albedo[mesh.material[order] == Material.PAINT] = tint
        faces.quads.append(mesh.quads[order])
        faces.normals.append(mesh.normals[order])
        faces.albedo.append(albedo)
        faces.material.append(mesh.material[order])
        faces.owner.append(np.full(len(order), who))
        outlines_all.append(outlines[order])
        if who > 0:
            x0, y0 = np.clip(low * SAMPLES - 2, 0, [width, height]).astype(int)
            x1, y1 = np.clip(high * SAMPLES + 2, 0, [width, height]).astype(int)
            window = ids[y0:y1, x0:x1]
            alone[who] = (int(((window >= count) & (window < count + len(order))).sum()), (x0, y0, x1, y1))
        count += len(order)

    table = np.zeros((count, 9), np.float32)
    table[1:first, :3] = _scenery_colours(scenery, scene.light, eye, posts, sun_map)
    owner_of = np.zeros(count, np.int32)
    if faces.quads:
        quads, owner = np.concatenate(faces.quads), np.concatenate(faces.owner)
        material = np.concatenate(faces.material)
        points = quads.reshape(-1, 3)
        sun_owner = np.where(owner > 0, owner, len(scene.cars) - owner)
        colours = shade(
            points,
            np.concatenate(faces.normals).reshape(-1, 3),
            np.repeat(np.concatenate(faces.albedo), 4, axis=0),
            np.repeat(REFLECTANCE[material], 4),
            sun_map.lit(points, np.repeat(sun_owner, 4)),
            scene.light,
            eye,
            posts if scene.light.dark else posts[:0],
        ).reshape(-1, 4, 3)
        colours += EMISSION[material][:, None]
        table[first:] = gradients(np.concatenate(outlines_all), colours)
        owner_of[first:] = np.maximum(owner, 0)
    return ids, owner_of, table, alone


def _scenery_colours(scenery: Scenery, light: Light, eye: Floats, posts: Floats, sun_map: Shade) -> Floats:
    if not len(scenery.points):
        return np.zeros((0, 3), np.float32)
    colours = shade(
        scenery.points,
        scenery.normals,
        scenery.albedo,
        scenery.reflectance,
        sun_map.lit(scenery.points + 0.6 * scenery.normals, 0),
        light,
        eye,
        posts if light.dark else posts[:0],
    )
    if light.dark:
        strength = min(light.lamps / 0.16, 1.0)
        colours[scenery.material == Material.LAMP_ON] += EMISSION[Material.LAMP_ON] * strength
    return colours


def _night_light(stage: Stage, scene: Scene, posts: Floats) -> Floats:
    """Irradiance (H, W, 3) of street lamps and headlights on the ground, computed on a quarter grid."""
    view = stage.view
    place = cv2.resize(stage.ground.place, (view.width // 4, view.height // 4), interpolation=cv2.INTER_AREA)
    points = np.dstack([place, np.zeros(place.shape[:2], np.float32)])
    total = lamp_light(points, None, posts, scene.light.lamps)[..., None] * LAMP_COLOUR
    for car in scene.cars:
        if car.lights:
            ahead = np.array([np.cos(car.yaw), np.sin(car.yaw)], np.float32)
            offset = place - (np.array([car.x, car.y], np.float32) + ahead * car.vehicle.size[0] / 2)
            along, across = offset @ ahead, offset @ np.array([-ahead[1], ahead[0]])
            beam = np.exp(-((across / (0.8 + 0.25 * np.abs(along))) ** 2)) * np.exp(-np.abs(along - 3.5) / 4) * (along > 0)
            total += beam[..., None] * np.array([0.35, 0.42, 0.45], np.float32)
    return np.asarray(cv2.resize(total, (view.width, view.height), interpolation=cv2.INTER_LINEAR), np.float32)


def _wet(stage: Stage, scene: Scene, dry: Floats) -> Floats:
    """A wet ground is darker and mirrors the sky and what stands on it."""
    light, ground = scene.light, stage.ground
    down = np.clip(-ground.rays[..., 2], 0, 1)
    fresnel = 0.03 + 0.97 * (1 - down) ** 5
    film = np.clip(light.wet * (0.35 + 0.9 * ground.hollow), 0, 1)
    up = ground.rays * np.array([1, 1, -1], np.float32)
    mirrored = sky_radiance(up, light) * 0.8
    colour, cover = _reflected(stage, scene)
    mirrored = mirrored * (1 - cover[..., None]) + colour
    mix = (fresnel * film)[..., None]
    return np.asarray(dry * (1 - 0.45 * film[..., None]) * (1 - mix) + mirrored * mix, np.float32)


def _reflected(stage: Stage, scene: Scene) -> tuple[Floats, Floats]:
    """Cars upside down in the water, in plain colours: the film on asphalt blurs all detail."""
    view = stage.view
    below = np.zeros((view.height * SAMPLES, view.width * SAMPLES), np.int32)
    away = [float(np.hypot(car.x - view.position[0], car.y - view.position[1])) for car in scene.cars]
    for index in np.argsort(away)[::-1].tolist():
        car = scene.cars[index]
        mesh = vehicles.mesh(car.vehicle, car.x, car.y, car.yaw, False, car.lights)
        outlines, depth = view.project(mesh.quads * np.array([1, 1, -1], np.float32))
        if depth.min() < NEAR:
            continue
        centre = mesh.quads.mean(1)
        order = np.argsort(-np.linalg.norm(view.eye - centre * [1, 1, -1], axis=1))
        glass = mesh.material[order] == Material.GLASS
        paint(below, outlines[order], np.where(glass, 2, 1) + 2 * index)
    level = np.array(scene.light.sky, np.float32) / np.pi
    tints = np.zeros((2 * len(scene.cars) + 1, 9), np.float32)
    for index, car in enumerate(scene.cars):
        tints[2 * index + 1, :3] = np.array(car.vehicle.paint, np.float32) * level
        tints[2 * index + 2, :3] = level * 0.06
        if car.lights:
            tints[2 * index + 1, :3] += 0.05
    colour, cover = resolve(below, tints)
    smear = (3, 2 * (view.height // 120) + 1)
    return (
        np.asarray(cv2.blur(colour, smear), np.float32),
        np.asarray(cv2.blur(cover, smear), np.float32),
    )


def _glow(stage: Stage, scene: Scene, radiance: Floats) -> Floats:
    """Bloom: bright spots bleed into their surroundings, on a quarter grid."""
    if not scene.light.dark and not any(car.lights for car in scene.cars):
        return radiance
    size = (stage.view.width // 4, stage.view.height // 4)
    bright = cv2.resize(np.clip(radiance - 0.5, 0, 4), size, interpolation=cv2.INTER_AREA)
    halo = cv2.GaussianBlur(bright, (0, 0), 1.5) * 0.5 + cv2.GaussianBlur(bright, (0, 0), 6) * 0.35
    return np.asarray(
        radiance + cv2.resize(halo, (stage.view.width, stage.view.height), interpolation=cv2.INTER_LINEAR), np.float32
    )


def _boxes(
    view: View, scene: Scene, owner: Ids, alone: dict[int, tuple[int, tuple[int, int, int, int]]]
) -> tuple[Floats, NDArray[np.bool_], tuple[int, ...], dict[int, float]]:
    """Visible extent (N, 4) of each car, whether it is an ignore region, its index; visible share by car."""
    boxes, ignore, boxed = [], [], []
    visible: dict[int, float] = {}
    for index, car in enumerate(scene.cars):
        full, (x0, y0, x1, y1) = alone.get(index + 1, (0, (0, 0, 0, 0)))
        mine = owner[y0:y1, x0:x1] == index + 1
        rows, columns = np.flatnonzero(mine.any(1)), np.flatnonzero(mine.any(0))
        count = int(mine.sum())
        visible[index] = count / full if full else 0.0
        if count < MIN_PIXELS * SAMPLES**2:
            continue
        outline = view.project(np.concatenate(vehicles.casters(car.vehicle, car.x, car.y, car.yaw)))[0]
        whole = float(cv2.contourArea(cv2.convexHull(outline))) * SAMPLES**2
        low = np.array([x0 + columns[0], y0 + rows[0]]) / SAMPLES
        high = np.array([x0 + columns[-1] + 1, y0 + rows[-1] + 1]) / SAMPLES
        boxes.append(np.concatenate([low, high]))
        ignore.append(visible[index] < MIN_VISIBLE or count < 0.12 * whole or high[1] - low[1] < MIN_HEIGHT)
        boxed.append(index)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(ignore, bool), tuple(boxed), visible


def _slot_states(
    stage: Stage, scene: Scene, ids: Ids, owner_of: NDArray[np.int32], visible: dict[int, float]
) -> dict[str, SlotState]:
    """State of each slot that can be judged from this frame."""
    holder = {car.slot: index for index, car in enumerate(scene.cars) if car.slot is not None}
    places = {place.id: place for place in stage.lot.slots}
    eye = stage.view.eye[:2]
    distance = np.array([np.hypot(*(np.array([car.x, car.y]) - eye)) for car in scene.cars] or [0.0])
    states: dict[str, SlotState] = {}
    for slot in stage.slots:
        if slot.id in holder:
            if visible[holder[slot.id]] >= MIN_SLOT_VISIBLE:
                states[slot.id] = "occupied"
        elif _room_seen(stage, places[slot.id], ids, owner_of, distance) >= MIN_SLOT_VISIBLE:
            states[slot.id] = "free"
    return states


def _room_seen(stage: Stage, place: Place, ids: Ids, owner_of: NDArray[np.int32], distance: NDArray) -> float:
    """Share of the room above a free slot that no nearer thing covers."""
    inner = np.array(place.centre) + (place.corners - place.centre) * 0.8
    room = np.concatenate([np.column_stack([inner, np.full(4, z)]) for z in (0.0, _ROOM)])
    pixels, depth = stage.view.project(room)
    hull = cv2.convexHull(pixels)[:, 0]
    low = np.clip(hull.min(0) * SAMPLES, 0, [ids.shape[1] - 1, ids.shape[0] - 1]).astype(int)
    high = np.clip(hull.max(0) * SAMPLES + 1, 1, [ids.shape[1], ids.shape[0]]).astype(int)
    if depth.min() < NEAR or (high <= low).any():
        return 0.0
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    paint_one(mask, hull - low / SAMPLES, 1)
    seen = ids[low[1] : high[1], low[0] : high[0]]
    owner = owner_of[seen]
    far = float(np.hypot(*(np.array(place.centre) - stage.view.eye[:2])))
    nearer = (owner > 0) & (distance[np.maximum(owner - 1, 0)] < far)
    foliage = (seen > 0) & (seen <= len(stage.scenery.points))
    room_pixels = int(mask.sum())
    return 1 - float(((nearer | foliage) & (mask > 0)).sum()) / max(room_pixels, 1)
