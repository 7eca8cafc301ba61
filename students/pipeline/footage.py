"""The frames of a run, from any kind of dataset or from a site file."""

from __future__ import annotations

from pathlib import Path

from lotwise.cameras.site.frames import site_dataset
from lotwise.datasets.frame import Dataset, Footage
from lotwise.datasets.readers.open import open_dataset
from lotwise.students.pipeline.plan import Plan


def open_footage(plan: Plan) -> Footage:
    """The frames and slots of a run, without any truth."""
    return open_frames(plan.dataset, plan.root, plan.cameras).footage


def open_frames(kind: str, root: Path, cameras: tuple[str, ...] | None = None) -> Dataset:
    """A dataset of any kind, a site file included."""
    return site_dataset(root, cameras) if kind == "site" else open_dataset(kind, root, cameras)
