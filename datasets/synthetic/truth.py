"""Exact truth of a rendered frame, read from the id buffer that the picture was painted from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Slot, SlotState
from lotwise.datasets.synthetic import vehicles
from lotwise.datasets.synthetic.lot import Lot, Place
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.objects import Painted
from lotwise.datasets.synthetic.raster import SUBPIXELS, paint_one
from lotwise.datasets.synthetic.scene import Scene, Stage
from lotwise.datasets.synthetic.view import NEAR_PLANE_M, View

MIN_BOX_HEIGHT_PX = 8.0
"""Lower boxes are ignore regions: detectors of 640 px find next to nothing below a cell of their finest grid."""
MIN_VISIBLE_SHARE = 0.18
"""Share of a car's outline; cars seen less are ignore regions."""
MIN_SLOT_VISIBLE_SHARE = 0.10
"""Share of a slot's car, or of the room for one, below which the slot has no truth."""
MIN_VISIBLE_AREA_PX = 6.0
"""Square pixels; cars of which less shows have no box at all."""
MIN_SLOT_HEIGHT_PX = 6.0
"""Slots that look lower are no slots of a view: nobody could tell what stands there."""
_EMPTY_SLOT_HEIGHT_M = 1.3
"""Metres of height that a car in a free slot would fill."""


def visible_slots(view: View, lot: Lot) -> tuple[Slot, ...]:
    """Slots with at least four fifths of their area in the frame and no lower than six pixels, cut to it."""
    found = []
    size = np.array([view.width, view.height], np.float32)
    frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * size
    for place in lot.slots:
        pixels, depth = view.project(np.column_stack([place.corners, np.zeros(4)]))
        if depth.min() < 2 * NEAR_PLANE_M:
            continue
        whole = abs(cv2.contourArea(pixels))
        inside, cut = cv2.intersectConvexConvex(pixels, frame)
        if whole > 0 and inside >= 0.8 * whole and np.ptp(pixels[:, 1]) >= MIN_SLOT_HEIGHT_PX:
            outline = pixels if inside > 0.999 * whole else np.asarray(cut).reshape(-1, 2)
            found.append(Slot(place.id, (outline / size).clip(0, 1).astype(np.float32)))
    return tuple(found)


def vehicle_boxes(
    view: View, scene: Scene, painted: Painted
) -> tuple[Floats, NDArray[np.bool_], tuple[int, ...], dict[int, float]]:
    """Visible extent (N, 4) of each car, whether it is an ignore region, its index; visible share by car."""
    boxes, ignore, boxed = [], [], []
    visible: dict[int, float] = {}
    for index, car in enumerate(scene.cars):
        full, (x0, y0, x1, y1) = painted.alone.get(index, (0, (0, 0, 0, 0)))
        mine = painted.owner[painted.ids[y0:y1, x0:x1]] == index + 1
        rows, columns = np.flatnonzero(mine.any(1)), np.flatnonzero(mine.any(0))
        count = int(mine.sum())
        visible[index] = count / full if full else 0.0
        if count < MIN_VISIBLE_AREA_PX * SUBPIXELS**2:
            continue
        outline = view.project(np.concatenate(vehicles.casters(car.vehicle, car.x, car.y, car.yaw)))[0]
        whole = float(cv2.contourArea(cv2.convexHull(outline))) * SUBPIXELS**2
        low = np.array([x0 + columns[0], y0 + rows[0]]) / SUBPIXELS
        high = np.array([x0 + columns[-1] + 1, y0 + rows[-1] + 1]) / SUBPIXELS
        boxes.append(np.concatenate([low, high]))
        ignore.append(
            visible[index] < MIN_VISIBLE_SHARE or count < 0.12 * whole or high[1] - low[1] < MIN_BOX_HEIGHT_PX
        )
        boxed.append(index)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(ignore, bool), tuple(boxed), visible


def slot_states(stage: Stage, scene: Scene, painted: Painted, visible: dict[int, float]) -> dict[str, SlotState]:
    """State of each slot that can be judged from this frame; ``visible`` is the share seen of each car."""
    holder = {car.slot: index for index, car in enumerate(scene.cars) if car.slot is not None}
    places = {place.id: place for place in stage.lot.slots}
    states: dict[str, SlotState] = {}
    for slot in stage.slots:
        if slot.id in holder:
            if visible[holder[slot.id]] >= MIN_SLOT_VISIBLE_SHARE:
                states[slot.id] = "occupied"
        elif _room_seen(stage.view, places[slot.id], painted) >= MIN_SLOT_VISIBLE_SHARE:
            states[slot.id] = "free"
    return states


def _room_seen(view: View, place: Place, painted: Painted) -> float:
    """Share of the room above a free slot that no nearer thing covers."""
    inner = np.array(place.centre) + (place.corners - place.centre) * 0.8
    pixels, depth = view.project([[*corner, z] for corner in inner for z in (0.0, _EMPTY_SLOT_HEIGHT_M)])
    hull = np.asarray(cv2.convexHull(pixels), np.float32)[:, 0]
    low = np.clip(hull.min(0) * SUBPIXELS, 0, painted.ids.shape[::-1]).astype(int)
    high = np.clip(hull.max(0) * SUBPIXELS + 1, 0, painted.ids.shape[::-1]).astype(int)
    if depth.min() < NEAR_PLANE_M or (high <= low).any():
        return 0.0
    room = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    paint_one(room, hull - low / SUBPIXELS, 1)
    seen = painted.ids[low[1] : high[1], low[0] : high[0]][room > 0]
    far = np.hypot(place.centre[0] - view.position[0], place.centre[1] - view.position[1])
    return float(np.mean((seen == 0) | (painted.distance[seen] > far - 0.5))) if len(seen) else 0.0
