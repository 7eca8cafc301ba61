"""Where furniture stands on a lot, when it comes and goes, and which cars never leave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from lotwise.datasets.synthetic.furniture.piece import FLAT, Kind, Piece, extent
from lotwise.datasets.synthetic.lot import Lot, Place, rectangle
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.scene import Placement
from lotwise.datasets.synthetic.schedule import Stay, clear_of, park
from lotwise.datasets.synthetic.vehicles import footprint, random_vehicle

MOST_PIECES = 90
"""Pieces on a lot at the highest density."""
MOST_BLOCKED = 0.18
"""Share of a lot's slots that furniture takes at the highest density."""
VISITORS = 0.12
"""Share of the solid pieces that are delivered or taken away within the days."""
_CAMERA_CLEAR_M = 6.0
_TRIES = 60

ZONES: dict[str, tuple[float, dict[Kind, float]]] = {
    "end": (0.26, {
        "container": 3, "office": 1.5, "skip": 2, "boat": 2, "tarpaulin": 1.5, "generator": 1.5, "cages": 2,
        "goods": 1.5, "pallets": 1.5, "trolleys": 1, "toilet": 0.7, "blocks": 1,
    }),
    "edge": (0.26, {
        "container": 2, "office": 2, "skip": 1, "cages": 2, "pallets": 1.5, "goods": 1.5, "bins": 2, "boat": 1,
        "tarpaulin": 1, "generator": 1, "toilet": 0.7, "trolleys": 0.7, "blocks": 0.7,
    }),
    "slot": (0.28, {
        "skip": 2, "boat": 3.5, "cages": 2, "pallets": 1, "goods": 1.5, "tarpaulin": 2, "generator": 1,
        "trolleys": 1.5, "container": 1, "bins": 1,
    }),
    "aisle": (0.20, {"arrow": 3, "patch": 1.5, "shadow": 2, "bollards": 1.5}),
}  # fmt: skip
"""By zone: share of the pieces, and how often each kind stands there."""


@dataclass(frozen=True)
class Yard:
    """The furniture of a lot.

    Attributes:
        pieces: all of them.
        blocked: ids of slots on which no car can stand because of them; they have no truth of state.
        residents: cars that never leave.
    """

    pieces: tuple[Piece, ...] = ()
    blocked: frozenset[str] = frozenset()
    residents: tuple[Stay, ...] = ()

    def at(self, hour: float) -> tuple[Piece, ...]:
        """What stands there so many hours after the first midnight."""
        return tuple(piece for piece in self.pieces if piece.begin <= hour < piece.end)

    def leaves_room(self, car: Placement) -> bool:
        """Whether a car can stand where it would: on no blocked slot, in no piece, in no car that never leaves."""
        others = tuple(stay.car for stay in self.residents if stay.car != car)
        taken = {other.slot for other in others} - {None} | self.blocked
        return car.slot not in taken and clear_of_pieces(self.pieces, car) and clear_of(others, car)

    @property
    def flat(self) -> tuple[Piece, ...]:
        """What is painted on the ground."""
        return tuple(piece for piece in self.pieces if piece.kind in FLAT)


def plan_yard(
    rng: np.random.Generator, lot: Lot, cameras: Sequence[tuple[float, float, float]], clutter: float, days: int
) -> Yard:
    """Furniture around the slots, on a few of them and in the aisles.

    Args:
        rng: source of randomness.
        lot: where it stands.
        cameras: x, y, z of those who look; nothing is put before their eyes.
        clutter: 0 nothing .. 1 a yard full of it.
        days: within which some of it comes or goes.
    """
    pieces: list[Piece] = []
    blocked: set[str] = set()
    names = list(ZONES)
    shares = np.array([ZONES[name][0] for name in names])
    most_blocked = round(MOST_BLOCKED * clutter * len(lot.slots))
    for _ in range(round(MOST_PIECES * clutter)):
        zone = names[int(rng.choice(len(names), p=shares / shares.sum()))]
        place = None
        if zone == "slot":
            free = [slot for slot in lot.slots if slot.id not in blocked]
            if len(blocked) >= most_blocked or not free:
                zone = "end"
            else:
                place = free[int(rng.integers(len(free)))]
        kind, seed = _kind(rng, zone), int(rng.integers(2**31))
        size = extent(kind, seed)
        for _ in range(_TRIES):
            new = Piece(kind, *(_slot_spot(rng, place, size) if place else _spot(rng, lot, zone, kind)), seed, size)
            if _fits(new, lot, pieces, cameras, place):
                pieces.append(_timed(rng, new, days))
                if place:
                    blocked.add(place.id)
                break
    return Yard(tuple(pieces), frozenset(blocked))


def _kind(rng: np.random.Generator, zone: str) -> Kind:
    kinds = ZONES[zone][1]
    weights = np.array(list(kinds.values()))
    return list(kinds)[int(rng.choice(len(kinds), p=weights / weights.sum()))]


def _slot_spot(rng: np.random.Generator, place: Place, size: tuple[float, float]) -> tuple[float, float, float]:
    """x, y, yaw of a piece in a slot: along it, or across where it is short enough."""
    across = max(size) <= place.width - 0.05 and rng.random() < 0.5
    yaw = place.yaw + float(rng.choice([0, np.pi])) + float(rng.normal(0, 0.06)) + (np.pi / 2 if across else 0.0)
    return place.centre[0], place.centre[1], yaw


def _spot(rng: np.random.Generator, lot: Lot, zone: str, kind: Kind) -> tuple[float, float, float]:
    """x, y, yaw of a piece somewhere in a zone."""
    yaw = float(rng.choice([0, np.pi / 2, np.pi, -np.pi / 2])) + float(rng.normal(0, 0.08))
    if zone == "end":
        x = float(rng.uniform(0.5, 5.5))
        return x if rng.random() < 0.5 else lot.length - x, float(rng.uniform(0, lot.width)), yaw
    if zone == "edge":
        out = float(rng.uniform(0.8, 4.5))
        if rng.random() < 0.7:
            return float(rng.uniform(0, lot.length)), (-out, lot.width + out)[int(rng.integers(2))], yaw
        return (-out, lot.length + out)[int(rng.integers(2))], float(rng.uniform(0, lot.width)), yaw
    x0, y0, x1, y1, _ = lot.aisles[int(rng.integers(len(lot.aisles)))]
    if kind == "bollards":
        return float(rng.choice([x0 + 0.6, x1 - 0.6])), (y0 + y1) / 2, np.pi / 2
    return float(rng.uniform(x0 + 3, x1 - 3)), float(rng.uniform(y0 + 1.2, y1 - 1.2)), yaw


def overlap(a: Floats, b: Floats) -> float:
    """Square metres that two convex polygons (K, 2) share."""
    return float(cv2.intersectConvexConvex(a, b)[0])


def _fits(
    new: Piece, lot: Lot, pieces: Sequence[Piece], cameras: Sequence[tuple[float, float, float]], place: Place | None
) -> bool:
    ground = new.footprint(0.15)
    reach = math.hypot(*new.size) / 2
    if any(math.hypot(x - new.x, y - new.y) < _CAMERA_CLEAR_M + reach for x, y, _ in cameras):
        return False
    if place and (new.size[0] > place.length + 0.6 or new.size[1] > place.width - 0.05):
        return False
    near = [piece for piece in pieces if math.hypot(piece.x - new.x, piece.y - new.y) < 14]
    if any(overlap(ground, piece.footprint(0.15)) > 0 for piece in near if piece.kind != "shadow"):
        return False
    if not new.solid:
        return True
    if any(math.hypot(tree.x - new.x, tree.y - new.y) < reach + 0.4 for tree in lot.trees):
        return False
    if any(math.hypot(x - new.x, y - new.y) < reach + 0.4 for x, y, _ in lot.lamps):
        return False
    close = (slot for slot in lot.slots if math.dist(slot.centre, (new.x, new.y)) < reach + slot.length)
    if any(overlap(ground, np.asarray(slot.corners, np.float32)) > 0.3 for slot in close if slot is not place):
        return False
    # Cars must come through: what stands at the end of an aisle may take its edge only.
    lanes = (rectangle(x0 - 3, y0 + 0.3, x1 + 3, y1 - 0.3) for x0, y0, x1, y1, _ in lot.aisles)
    return new.kind == "bollards" or place is not None or all(overlap(ground, lane) <= 0.3 for lane in lanes)


def _timed(rng: np.random.Generator, piece: Piece, days: int) -> Piece:
    """Some solid pieces are delivered, taken away, or both, while people work."""
    if not piece.solid or rng.random() >= VISITORS:
        return piece
    times = [float(rng.integers(days)) * 24 + float(rng.uniform(8, 17)) for _ in range(2)]
    way = int(rng.integers(3))
    if way == 0:
        return replace(piece, begin=times[0])
    if way == 1:
        return replace(piece, end=times[0])
    return replace(piece, begin=min(times), end=max(times))


def plan_residents(rng: np.random.Generator, lot: Lot, yard: Yard, share: float) -> tuple[Stay, ...]:
    """Cars that stand for weeks: on a share of the slots, and one in four of them beside the slots among furniture."""
    free = [slot for slot in lot.slots if slot.id not in yard.blocked]
    count = round(share * len(lot.slots))
    picked = rng.permutation(len(free))[: round(0.75 * count)].tolist()
    cars = [park(rng, free[index], random_vehicle(rng)) for index in picked]
    for _ in range(count - len(cars)):
        for _ in range(_TRIES):
            zone = "end" if rng.random() < 0.6 else "edge"
            car = Placement(random_vehicle(rng), *_spot(rng, lot, zone, "container"))
            shape = Piece("container", car.x, car.y, car.yaw, 0, car.vehicle.size[:2])
            if _fits(shape, lot, yard.pieces, (), None) and clear_of_pieces(yard.pieces, car):
                cars.append(car)
                break
    return tuple(Stay(car, -math.inf, math.inf) for car in cars)


def clear_of_pieces(pieces: Sequence[Piece], car: Placement) -> bool:
    """Whether a car touches no solid piece."""
    outline = np.ascontiguousarray(footprint(car.vehicle, car.x, car.y, car.yaw)[:, :2], np.float32)
    return all(
        overlap(piece.footprint(), outline) <= 0.02
        for piece in pieces
        if piece.solid and math.hypot(piece.x - car.x, piece.y - car.y) < 10
    )
