"""Camera-days with truth: what their samples say, what the deployed rule makes of it, and how many slots were wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.trust.fit import deviations_of, fit_prior, usual_of
from benchmarks.trust.rows import Floats, Row, by_world
from lotwise.cameras.trust.fit import conformal_radius, left_out_residuals, nonnegative_ridge
from lotwise.cameras.trust.prior import Prior
from lotwise.cameras.trust.signals.frame_signals import SIGNALS
from lotwise.cameras.trust.verdict import TEACHER_FRAMES
from lotwise.students.trust.cases import UNDISTURBED
from lotwise.students.trust.reference import PRIOR_CASES


@dataclass(frozen=True)
class Day:
    """One camera under one weather.

    Attributes:
        world, day: which. rendered: of a rendered year.
        truth: share of slots read wrongly. teacher: otherwise than by the teacher; nan if nobody asked it.
        estimate, low, high: of the error, by the camera's own fit; 1 where the view was bad.
        others: the error by the prior alone.
        looked: the estimate drawn towards what a teacher says of the day's first picture; nan where none looked.
        scores: what else might tell, by name; larger for worse.
        frames: of the day.
    """

    world: str
    day: str
    rendered: bool
    truth: float
    teacher: float
    estimate: float
    low: float
    high: float
    others: float
    looked: float
    scores: Mapping[str, float]
    frames: int


def days_of(rows: Sequence[Row]) -> Iterator[Day]:
    """All camera-days; nothing of a day, nor of its lot's other cameras, was fitted to.

    A camera's own fit is made from its disturbed frames as lotwise adapt does it; of a disturbed day, from all other
    kinds of disturbance.
    """
    priors: dict[str, Prior] = {}
    for world, own in by_world(rows).items():
        lot = own[0].lot
        if lot not in priors:
            priors[lot] = fit_prior([row for row in rows if row.lot != lot])
        yield from _of_world(world, own, priors[lot])


def _of_world(world: str, rows: Sequence[Row], prior: Prior) -> Iterator[Day]:
    spread = np.array([prior.spread[name] for name in SIGNALS])
    weights_before = np.array([prior.weights[name] for name in SIGNALS])
    days: dict[str, list[Row]] = {}
    for row in rows:
        if not np.isnan(row.truth):
            days.setdefault(row.day, []).append(row)
    for day, of_day in days.items():
        frames = {row.frame for row in of_day}
        kind, rendered = of_day[0].kind, bool(of_day[0].condition)
        plain = kind == UNDISTURBED and not rendered
        known = [
            row
            for row in rows
            if not row.condition and not np.isnan(row.teacher)
            and (row.usual or row.kind != kind)
            and not (plain and row.frame in frames)
        ]  # fmt: skip
        if not any(row.usual for row in known):
            continue
        usual = usual_of(known)
        cases = deviations_of(known, usual, spread)
        roots = np.sqrt([row.teacher for row in known])
        weights, offset = nonnegative_ridge(cases, roots, weights_before, PRIOR_CASES)
        radius = conformal_radius(
            left_out_residuals(cases, roots, [row.kind for row in known], weights_before, PRIOR_CASES)
        )
        here = deviations_of(of_day, usual, spread).mean(axis=0)
        root = float(offset + here @ weights)
        seen = np.mean([row.view == "good" for row in of_day]) > 0.5
        base = float(np.mean([row.teacher for row in known if row.usual]))
        estimate, first = _square(root) if seen else 1.0, of_day[0].look
        yield Day(
            world,
            day,
            rendered,
            float(np.mean([row.truth for row in of_day])),
            float(np.mean([row.teacher for row in of_day])),
            estimate,
            _square(root - radius) if seen else 0.0,
            _square(root + radius) if seen else 1.0,
            _square(float(np.sqrt(base) + here @ weights_before)) if seen else 1.0,
            estimate + (first - estimate) / (1 + TEACHER_FRAMES),
            {**_signals(here), **_published(of_day, [row for row in rows if row.usual])},
            len(of_day),
        )


def _square(root: float) -> float:
    return min(max(root, 0.0), 1.0) ** 2


def _signals(here: Floats) -> dict[str, float]:
    return {name: float(value) for name, value in zip(SIGNALS, here, strict=True)}


def _published(rows: Sequence[Row], usual: Sequence[Row]) -> dict[str, float]:
    """Published predictors, larger for worse: as they are, and as the change from the camera's usual value."""
    found = {}
    for name in rows[0].published:
        mean = float(np.mean([row.published[name] for row in rows if row.published]))
        found[name] = -mean
        known = [row.published[name] for row in usual if row.published]
        if known:
            found[f"{name}, change"] = float(np.mean(known)) - mean
    return found
