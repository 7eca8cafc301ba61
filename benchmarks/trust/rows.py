"""The lines of ``samples.py`` as arrays, and what their days are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.trust.signals.frame_signals import SIGNALS, as_row
from lotwise.students.trust.cases import UNDISTURBED

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One look at one frame, as ``samples.py`` wrote it.

    Attributes:
        world, lot: the camera with its bundle, and the lot it stands on.
        day: what the frames of one camera-day have in common: condition or date, kind and degree of the disturbance.
        kind: of the disturbance.
        condition: of a rendered day; else empty.
        look: share of slots read otherwise than by a teacher that looked at this very picture; nan where none did.
        frame: its name. view: what view health says of it.
        signals: (S,). truth, teacher: share of slots read wrongly, and otherwise than by the teacher; nan if unknown.
        published: published predictors by name.
    """

    world: str
    lot: str
    day: str
    kind: str
    condition: str
    frame: str
    signals: Floats
    truth: float
    teacher: float
    view: str = "good"
    published: dict[str, float] = field(default_factory=dict)
    look: float = float("nan")

    @property
    def usual(self) -> bool:
        return self.kind == UNDISTURBED and not self.condition


def read_rows(paths: Sequence[Path]) -> list[Row]:
    """All lines of these files."""
    rows = []
    for path in paths:
        for line in path.read_text().splitlines():
            one = json.loads(line)
            disturbed = one["kind"] != UNDISTURBED
            day = f"{one['kind']} {one['degree']}" if disturbed else one["condition"] or one["day"]
            rows.append(
                Row(
                    one["world"],
                    one["lot"],
                    day,
                    one["kind"],
                    one["condition"],
                    one["frame"],
                    as_row(one["signals"]),
                    _number(one["truth_error"]),
                    _number(one["teacher_error"]),
                    one.get("view", "good"),
                    one.get("published", {}),
                    _number(one.get("look_error")),
                )
            )
    return rows


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def by_world(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of each world."""
    worlds: dict[str, list[Row]] = {}
    for row in rows:
        worlds.setdefault(row.world, []).append(row)
    return worlds


def without(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """The same rows, as if these signals could not be measured."""
    kept = np.array([name not in names for name in SIGNALS])
    return [replace(row, signals=np.where(kept, row.signals, np.nan)) for row in rows]
