"""One moment of a lot through one camera: the picture and the exact truth from the same id buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lotwise.datasets.frame import Image, Truth, VehicleTruth
from lotwise.datasets.synthetic import props, vehicles
from lotwise.datasets.synthetic.atmosphere import sky_above, treeline_radiance
from lotwise.datasets.synthetic.furniture.piece import Piece
from lotwise.datasets.synthetic.ground import Ground, render_ground
from lotwise.datasets.synthetic.light import LAMP_COLOUR, SNOW_ALBEDO, Light, lamp_light, sky_radiance
from lotwise.datasets.synthetic.lot import Lot
from lotwise.datasets.synthetic.mesh import Floats, Material
from lotwise.datasets.synthetic.objects import Painted, colour_table, paint_objects
from lotwise.datasets.synthetic.raster import SUBPIXELS, Ids, paint, resolve
from lotwise.datasets.synthetic.scene import Scene, Stage
from lotwise.datasets.synthetic.scenery import render_scenery
from lotwise.datasets.synthetic.sensor import Sensor, expose
from lotwise.datasets.synthetic.shadows import Caster, Shade, cast, contact, still_casters, vehicle_casters
from lotwise.datasets.synthetic.truth import slot_states, vehicle_boxes, visible_slots
from lotwise.datasets.synthetic.view import NEAR_PLANE_M, View
from lotwise.datasets.synthetic.yard.marks import paint_marks
from lotwise.datasets.synthetic.yard.truth import PieceTruth, piece_boxes, shade_caster


@dataclass(frozen=True)
class Shot:
    """A rendered frame.

    Attributes:
        jpeg: the frame as the camera delivers it.
        truth: vehicle boxes in pixels of the image and slot states by slot id.
        painted: the id buffer behind the picture.
        boxed: index into ``Scene.cars`` of each truth box.
        furniture: what shows and is no vehicle.
    """

    jpeg: bytes
    truth: Truth
    painted: Painted
    boxed: tuple[int, ...]
    furniture: tuple[PieceTruth, ...] = ()

    @property
    def owner(self) -> Ids:
        """(H * SUBPIXELS, W * SUBPIXELS) the car each sub-pixel shows: index into ``Scene.cars`` + 1, else 0."""
        return self.painted.cars()

    @property
    def image(self) -> Image:
        """(H, W, 3) BGR."""
        return np.asarray(cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def make_stage(view: View, lot: Lot, marks: Sequence[Piece] = ()) -> Stage:
    """All that never changes in a view of a lot, with these marks painted on the ground."""
    scenery, ground = render_scenery(view, lot), paint_marks(render_ground(view, lot), view, marks)
    return Stage(view, lot, ground, scenery, visible_slots(view, lot), still_casters(lot))


def render(stage: Stage, scene: Scene, sensor: Sensor) -> Shot:
    """Render a scene as the stage's camera sees it.

    Args:
        stage: from ``make_stage``.
        scene: cars, props and light of the moment.
        sensor: the camera's optics and chip, with the seed of this frame's noise.
    """
    view, light, ground = stage.view, scene.light, stage.ground
    shadow, sun_map = _shadows(stage, scene)
    painted = paint_objects(stage, scene)
    table = colour_table(stage, scene, painted, sun_map)

    solid = [piece for piece in scene.furniture if piece.solid]
    open_sky = (1 - contact(view, [(car.vehicle, car.x, car.y, car.yaw) for car in scene.cars], solid))[..., None]
    incoming = (np.float32(light.to_sun[2]) * (1 - shadow))[..., None] * np.array(light.sun, np.float32)
    incoming += np.array(light.sky, np.float32)
    if light.dark:
        incoming += _night_light(stage, scene)
    incoming *= open_sky
    incoming *= ground.albedo if light.snow == 0 else _snowed(ground, light)
    radiance = incoming / np.float32(np.pi)
    if light.wet > 0:
        radiance = _wet(stage, scene, radiance)
    above = sky_above(ground, light)
    rows = len(above)
    np.copyto(radiance[:rows], above, where=ground.sky[:rows, :, None])
    veil = 1 - np.exp(-np.minimum(ground.distance, 400) * np.float32(light.haze))
    radiance += (np.array(light.horizon, np.float32) - radiance) * (veil * ~ground.sky)[..., None]

    for line in ground.treelines:
        part = radiance[: len(line.cover)]
        part += (treeline_radiance(line, light) - part) * line.cover[..., None]

    colour, cover = resolve(painted.ids, table)
    radiance *= (1 - cover)[..., None]
    radiance += colour
    jpeg = expose(_glow(stage, scene, radiance), light, sensor)

    boxes, ignore, boxed, visible = vehicle_boxes(view, scene, painted)
    states = slot_states(stage, scene, painted, visible)
    furniture = piece_boxes(view, light, scene.furniture, painted)
    return Shot(jpeg, Truth(VehicleTruth(boxes, ignore), states), painted, boxed, furniture)


def _snowed(ground: Ground, light: Light) -> Floats:
    """Albedo (H, W, 3) of the ground under snow, which thaws where tyres run and water stands."""
    cover = np.clip(1.5 * light.snow - 0.9 * ground.hollow, 0, 0.97)[..., None]
    return np.asarray(ground.albedo + (SNOW_ALBEDO - ground.albedo) * cover, np.float32)


def _shadows(stage: Stage, scene: Scene) -> tuple[Floats, Shade]:
    if max(scene.light.sun) < 1e-3:
        return np.zeros((stage.view.height, stage.view.width), np.float32), Shade.none()
    moving: list[Caster] = []
    for index, car in enumerate(scene.cars):
        moving += vehicle_casters(car.vehicle, car.x, car.y, car.yaw, index + 1)
    for index, prop in enumerate(scene.props):
        moving.append(Caster(props.mesh(prop).quads.reshape(-1, 3), len(scene.cars) + index + 1))
    first = len(scene.cars) + len(scene.props) + 1
    for index, piece in enumerate(scene.furniture):
        if piece.kind == "shadow":
            moving.append(shade_caster(piece, scene.light))
        for part in piece.parts():
            if part.casts:
                moving.append(Caster(part.mesh.quads.reshape(-1, 3), first + index))
    return cast(stage.view, stage.lot, scene.light, stage.casters, moving)


def _night_light(stage: Stage, scene: Scene) -> Floats:
    """Irradiance (H, W, 3) of street lamps and headlights on the ground, computed on a quarter grid."""
    view = stage.view
    place = cv2.resize(stage.ground.place, (view.width // 4, view.height // 4), interpolation=cv2.INTER_AREA)
    points = np.dstack([place, np.zeros(place.shape[:2], np.float32)])
    total = lamp_light(points, None, stage.lit_posts(scene.light), scene.light.lamps)[..., None] * LAMP_COLOUR
    for car in scene.cars:
        if car.lights:
            ahead = np.array([np.cos(car.yaw), np.sin(car.yaw)], np.float32)
            offset = place - (np.array([car.x, car.y], np.float32) + ahead * car.vehicle.size[0] / 2)
            along, across = offset @ ahead, offset @ np.array([-ahead[1], ahead[0]])
            beam = (
                np.exp(-((across / (0.8 + 0.25 * np.abs(along))) ** 2)) * np.exp(-np.abs(along - 3.5) / 4) * (along > 0)
            )
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
    below = np.zeros((view.height * SUBPIXELS, view.width * SUBPIXELS), np.int32)
    away = [float(np.hypot(car.x - view.position[0], car.y - view.position[1])) for car in scene.cars]
    for index in np.argsort(away)[::-1].tolist():
        car = scene.cars[index]
        mesh = vehicles.mesh(car.vehicle, car.x, car.y, car.yaw, False, car.lights)
        outlines, depth = view.project(mesh.quads * np.array([1, 1, -1], np.float32))
        if depth.min() < NEAR_PLANE_M:
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
        radiance + cv2.resize(halo, (stage.view.width, stage.view.height), interpolation=cv2.INTER_LINEAR),
        np.float32,
    )
