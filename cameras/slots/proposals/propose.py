"""Slots of a camera from where its cars stood: rows, missing places of rows, and what is shown only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.slot_entry import SlotEntry, SlotEvidence, SlotStatus
from lotwise.cameras.slots.proposals.calibration import (
    SIZE_SPREAD,
    YAWS,
    disorder,
    fit_views,
    refine_view,
)
from lotwise.cameras.slots.proposals.car_on_ground import LENGTH_M, WIDTH_M, places_of
from lotwise.cameras.slots.proposals.complete_row import more_places
from lotwise.cameras.slots.proposals.ground_view import Floats, GroundView
from lotwise.cameras.slots.proposals.in_the_way import in_the_way
from lotwise.cameras.slots.proposals.regular_row import RegularRow, regular_row
from lotwise.cameras.slots.proposals.rows import Row, Standing, find_rows
from lotwise.cameras.slots.proposals.standing_cars import StandingCars, find_standing_cars
from lotwise.datasets.frame import Detections

MAX_MISFIT = 9.0
"""A box that fits a usual car worse than this in every direction stands in no row: three deviations."""
MAX_CALIBRATED = 60
"""Boxes that the view is told from, the best ones; more make it no better, and take time."""
MAX_COMPLETED = 10
"""How often a row is looked at for more places; each time it grows by a few."""
SEARCHES = ((120, 2), (240, 1))
"""Searches for the view in which rows are evenest, one after the other, with rows found anew: views that are tried in
each, and how many of the best ones go on."""
MIN_INSIDE = 0.5
"""Share of a slot that must lie in the frame."""
SAME_PLACE_SHARE = 0.4
"""Share of the smaller of two footprints that the other covers, from which on they are one place."""
DRAWN_AT_M = 0.2
"""Height over the ground at which the outlines of slots are laid: people draw them around the sills of cars, not around
their shadows. Chosen on PKLot's UFPR05 and CNR-EXT's camera 1."""
INFERRED_SHARE = 0.5
"""How sure a missing place is, as a share of how sure the places of its row are."""


@dataclass(frozen=True)
class Proposals:
    """What a camera's frames say of its slots.

    Attributes:
        entries: of a slot file; none is accepted. Those of a row follow each other.
        view: how the camera looks at its ground; None where too few cars stood to tell.
        frames: number of frames.
    """

    entries: tuple[SlotEntry, ...]
    view: GroundView | None
    frames: int

    def count(self, *statuses: SlotStatus) -> int:
        return sum(entry.status in statuses for entry in self.entries)


@dataclass(frozen=True)
class _Found:
    """A footprint in pixels (4, 2), before it gets an id."""

    corners: Floats
    status: SlotStatus
    row: int | None
    evidence: SlotEvidence


def propose_slots(frames: Sequence[Detections], times: Sequence[datetime | None], size: tuple[int, int]) -> Proposals:
    """Propose slots from the boxes of many frames of one camera.

    1. Boxes that stood still are gathered into places (:mod:`standing_cars`).
    2. The view of the ground is fitted to their boxes (:mod:`calibration`).
    3. On the ground, places stand in rows (:mod:`rows`), which are made regular; missing places are added.
    4. Rows of cars that shut in others, cars in no row, and what never was empty are told apart.

    Args:
        frames: detections of each frame in order of time, in pixels.
        times: when each was taken, None where it is not known.
        size: width and height of the frames, px.
    """
    cars = find_standing_cars(frames, times, size)
    view = _view(cars, size)
    if view is None:
        return Proposals((), None, len(frames))
    found = list(_found(cars, view, size))
    return Proposals(tuple(_entries(found, size)), view, len(frames))


def _view(cars: StandingCars, size: tuple[int, int]) -> GroundView | None:
    """The view in which cars stand in the evenest rows; None where too few cars stood.

    Single boxes leave it open how the camera looks, so several views are begun with.
    """
    whole = np.flatnonzero(~cars.cut & ~cars.never_empty)
    surest = whole[np.argsort(-_sureness(cars)[whole], kind="stable")][:MAX_CALIBRATED]
    views = fit_views(cars.boxes[surest], size)
    for calls, kept in SEARCHES:
        refined = [refine_view(view, cars.boxes, _numbered(cars, view), calls) for view in views]
        views = sorted(refined, key=lambda view: disorder(view, cars.boxes, _numbered(cars, view)))[:kept]
    return views[0] if views else None


def _numbered(cars: StandingCars, view: GroundView) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    return [(row.members, row.numbers) for row in _rows(cars, view)]


def _sureness(cars: StandingCars) -> Floats:
    """(N,) 0..1: higher scores, more stays and more frames are surer."""
    return np.asarray(cars.scores * (1 - 0.5 ** (cars.stays + np.log2(cars.frames) / 2)), np.float64)


def _found(cars: StandingCars, view: GroundView, size: tuple[int, int]) -> Iterator[_Found]:
    middles, misfit = _all_directions(cars.boxes, view)
    sure = _sureness(cars)
    rows = _complete_rows(cars, view, size)
    kept: list[tuple[RegularRow, bool]] = []
    taken: list[Floats] = []
    blocked = [in_the_way(row, rows) for row in rows]
    used = np.zeros(len(cars), bool)
    for number, (row, blocks) in enumerate(zip(rows, blocked, strict=True)):
        footprints = row.footprints()
        corners = view.laid(footprints, DRAWN_AT_M)
        ours = row.members >= 0
        score = float(sure[row.members[ours]].mean())
        for place, member in enumerate(row.members.tolist()):
            if not _inside(corners[place], size) or any(
                _shared(footprints[place], one) > SAME_PLACE_SHARE for one in taken
            ):
                continue
            taken.append(footprints[place])
            evidence = (
                _evidence(cars, member, sure) if member >= 0 else SlotEvidence(score=round(INFERRED_SHARE * score, 3))
            )
            status: SlotStatus = "in the way" if blocks else "proposed" if member >= 0 else "inferred"
            if blocks and member < 0:
                continue
            yield _Found(corners[place], status, number, evidence)
        used[row.members[ours]] = True
        kept.append((row, blocks))
    best = misfit.argmin(1)
    for index in np.flatnonzero(~used):
        footprint = _car_footprint(middles[index, best[index]], float(YAWS[best[index]]))
        if not np.isfinite(footprint).all():
            continue
        corners = view.laid(footprint, DRAWN_AT_M)
        if not _inside(corners, size) or any(_shared(footprint, one) > SAME_PLACE_SHARE for one in taken):
            continue
        taken.append(footprint)
        status = "never empty" if cars.never_empty[index] else "seen once"
        yield _Found(corners, status, None, _evidence(cars, int(index), sure))


def _rows(cars: StandingCars, view: GroundView) -> list[Row]:
    middles, misfit = _all_directions(cars.boxes, view)
    weights = np.where((misfit.min(1) <= MAX_MISFIT) & ~cars.never_empty & ~cars.cut, 0.3 + 0.7 * _sureness(cars), 0.0)
    return find_rows(Standing(middles, misfit, YAWS, weights))


def _complete_rows(cars: StandingCars, view: GroundView, size: tuple[int, int]) -> list[RegularRow]:
    """Rows made regular, with the cars that the search for rows left out."""
    rows = _rows(cars, view)
    free = ~cars.never_empty
    for row in rows:
        free[row.members] = False
    # Where the border cuts a box, or another car hides a part, it does not tell where the car stands.
    weights = _sureness(cars)
    for number, row in enumerate(rows):
        for _ in range(MAX_COMPLETED):
            more = more_places(regular_row(row, cars.boxes, weights, view), cars.boxes, free, view, size)
            if not len(more.members):
                break
            free[more.members] = False
            weights[more.members] = 0.0
            row = row.joined(more.members, more.numbers)
        rows[number] = row
    return [regular_row(row, cars.boxes, weights, view) for row in rows]


def _all_directions(boxes: Floats, view: GroundView) -> tuple[Floats, Floats]:
    """Middles (N, Y, 2) and misfit (N, Y) of each box in each direction."""
    middles, shares = places_of(view, np.broadcast_to(boxes[:, None], (len(boxes), len(YAWS), 4)), YAWS)
    misfit = (shares**2).sum(-1) / SIZE_SPREAD**2
    return middles, np.where(np.isfinite(misfit), misfit, np.inf)


def _evidence(cars: StandingCars, index: int, sure: Floats) -> SlotEvidence:
    return SlotEvidence(
        frames=int(cars.frames[index]),
        stays=int(cars.stays[index]),
        days=int(cars.days[index]),
        score=round(float(sure[index]), 3),
    )


def _car_footprint(middle: Floats, yaw: float) -> Floats:
    half = np.array([np.cos(yaw), np.sin(yaw)]) * LENGTH_M / 2
    aside = np.array([-np.sin(yaw), np.cos(yaw)]) * WIDTH_M / 2
    return middle + np.stack([-half - aside, half - aside, half + aside, -half + aside])


def _inside(corners: Floats, size: tuple[int, int]) -> bool:
    """Whether enough of a footprint (4, 2), pixels, lies in the frame."""
    width, height = size
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    if not np.isfinite(corners).all() or np.abs(corners).max() > 10 * max(size):
        return False
    hull = cv2.convexHull(corners.astype(np.float32))
    inside, _ = cv2.intersectConvexConvex(hull, frame)
    return bool(inside >= MIN_INSIDE * max(cv2.contourArea(hull), 1.0))


def _shared(one: Floats, other: Floats) -> float:
    """Share of the smaller of two footprints (4, 2), metres, that the other covers."""
    if np.linalg.norm(one.mean(0) - other.mean(0)) > 2 * LENGTH_M:
        return 0.0
    first, second = (cv2.convexHull(corners.astype(np.float32)) for corners in (one, other))
    common, _ = cv2.intersectConvexConvex(first, second)
    return float(common) / max(min(cv2.contourArea(first), cv2.contourArea(second)), 1e-6)


def _entries(found: Sequence[_Found], size: tuple[int, int]) -> Iterator[SlotEntry]:
    """Entries with ids: rows are lettered from the first, and places count from left to right along them."""
    rows = list(dict.fromkeys(one.row for one in found if one.row is not None))
    counters: dict[str, int] = {}
    for row in rows:
        places = [one for one in found if one.row == row]
        if np.ptp(np.array([one.corners.mean(0) for one in places])[:, 0]) and (
            places[0].corners[:, 0].mean() > places[-1].corners[:, 0].mean()
        ):
            places.reverse()
        name = _letters(rows.index(row))
        for number, one in enumerate(places, start=1):
            yield _entry(f"{name}{number}", name, one, size)
    for one in found:
        if one.row is None:
            prefix = one.status.replace(" ", "-")
            counters[prefix] = counters.get(prefix, 0) + 1
            yield _entry(f"{prefix}-{counters[prefix]}", None, one, size)


def _letters(number: int) -> str:
    """0, 1, … as A, B, …, Z, AA, AB, …

    >>> [_letters(number) for number in (0, 25, 26, 52)]
    ['A', 'Z', 'AA', 'BA']
    """
    tail = chr(ord("A") + number % 26)
    return tail if number < 26 else _letters(number // 26 - 1) + tail


def _entry(name: str, row: str | None, one: _Found, size: tuple[int, int]) -> SlotEntry:
    polygon = tuple((round(float(x), 6), round(float(y), 6)) for x, y in one.corners / np.array(size))
    return SlotEntry(id=name, polygon=polygon, status=one.status, row=row, evidence=one.evidence)
