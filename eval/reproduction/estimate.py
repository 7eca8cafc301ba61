"""What the table will take, told before it is begun: time, disk and money."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.eval.reproduction.probe import Speeds
from lotwise.eval.reproduction.work import Work

EXPORT_STEPS = 25
"""Training steps that the export of one bundle takes as long as, without what its gate takes for each frame. From three
small runs at 96 and 320 px (docs/reproduction-stages.json), rounded up: with this and :data:`MEASURED_STEPS`, what is
told for export and measuring together is 0.98 to 1.4 times what it took. No larger input was measured."""
MEASURED_STEPS = 4.0
"""Training steps that measuring one frame takes as long as: own student, one for all and untouched nano, in the gate
and for the table. From the same runs."""
TRAINING_WEIGHTS = 5
"""Copies of its weights that a training leaves: student, average, two moments of the optimiser, and the result."""
BUNDLE_WEIGHTS = 1.3
"""Size of a bundle as a multiple of its student's weights: the float model and, of own students, the INT8 one."""


@dataclass(frozen=True)
class Part:
    """One part of the work.

    Attributes:
        name: what is done.
        amount: how much of it, in words.
        seconds: that it will take.
    """

    name: str
    amount: str
    seconds: float


@dataclass(frozen=True)
class Estimate:
    """What is to come.

    Attributes:
        parts: of the work, in order.
        disk_bytes: that the run folder will grow by.
        download_bytes: that will be fetched and unpacked into the data set's folder, room for both included.
        cores: that will be at work.
        price_per_hour: of this machine; None where nobody has said.
    """

    parts: tuple[Part, ...]
    disk_bytes: int
    download_bytes: int
    cores: int
    price_per_hour: float | None = None

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)

    @property
    def cost(self) -> float | None:
        """Money for all of it, in whatever the price is in; None without a price."""
        return None if self.price_per_hour is None else self.seconds / 3600 * self.price_per_hour

    def lines(self) -> Iterator[str]:
        """For the terminal."""
        yield "estimate, from one look and a few training steps on this machine:"
        for part in self.parts:
            yield f"  {part.name:<20} {duration(part.seconds):>10}   {part.amount}"
        if self.cost is None:
            money = f"{self.seconds / 3600 * self.cores:.1f} core hours; --price-per-hour makes money of it"
        else:
            money = f"{self.cost:.2f} at {self.price_per_hour:g} an hour"
        yield f"  {'in all, at most':<20} {duration(self.seconds):>10}   {money}"
        fetched = f" and {size(self.download_bytes)} in the data set's folder" if self.download_bytes else ""
        yield f"  {'disk':<20} {size(self.disk_bytes):>10}   in the run folder{fetched}"

    def to_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "seconds": self.seconds,
            "core_hours": self.seconds / 3600 * self.cores,
            "cost": self.cost,
        }


def estimate(work: Work, speeds: Speeds, price_per_hour: float | None = None) -> Estimate:
    """Time and disk of what is left to be done.

    Students end sooner once they have settled, so training is told at its most. The download's time is not known.
    """
    look, step = speeds.look_s, speeds.step_s
    parts = (
        Part("teacher's looks", f"{work.looks:,} frames, {look:.2f} s each", work.looks * look),
        Part(
            "own students",
            f"{work.cameras} cameras, at most {work.own_steps:,} steps, {step:.2f} s each",
            work.own_steps * step,
        ),
        Part("one for all", f"at most {work.shared_steps:,} steps", work.shared_steps * step),
        Part("export", f"{work.exports} bundles and their gates", work.exports * EXPORT_STEPS * step),
        Part("measuring", f"{work.measured:,} frames", work.measured * MEASURED_STEPS * step),
    )
    weights = (work.cameras + 1) * TRAINING_WEIGHTS + work.cameras + work.exports * BUNDLE_WEIGHTS
    disk = work.looks * speeds.knowledge_bytes + round(weights * speeds.student_bytes)
    return Estimate(parts, disk, work.download, speeds.cores, price_per_hour)


def check_room(folder: Path, told: Estimate) -> None:
    """Refuse to begin what the disk has no room for.

    Raises:
        InputError: it has not.
    """
    there = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.is_dir())
    free = shutil.disk_usage(there).free
    if told.disk_bytes > free:
        raise InputError(
            f"{folder}: about {size(told.disk_bytes)} are needed and {size(free)} are free; "
            "make room, or give another folder with --out"
        )


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(42), duration(150), duration(9000)
    ('42 s', '2.5 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(count: int) -> str:
    """Bytes as people say them.

    >>> size(2_500_000), size(7_100_000_000)
    ('2.5 MB', '7.1 GB')
    """
    return f"{count / 1e6:.1f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
