"""The frames of a run, from any kind of dataset or from a site file, and what in them is no vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lotwise.cameras.ignore.region import region_boxes
from lotwise.cameras.ignore.region_file import read_regions, regions_in
from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Footage
from lotwise.datasets.readers.open import open_dataset
from lotwise.students.pipeline.plan import Plan


def open_footage(plan: Plan) -> Footage:
    """The frames and slots of a run, without any truth."""
    return open_run_frames(plan).footage


def open_run_frames(plan: Plan) -> Dataset:
    """The frames of a run with whatever truth there is; only the evaluator looks at that."""
    return with_ignored(open_frames(plan.dataset, plan.root, plan.cameras), plan)


def open_frames(kind: str, root: Path, cameras: tuple[str, ...] | None = None) -> Dataset:
    """A dataset of any kind, a site file included."""
    return site_dataset(root, cameras) if kind == "site" else open_dataset(kind, root, cameras)


def with_ignored(dataset: Dataset, plan: Plan) -> Dataset:
    """A dataset with the ignore regions that a run's plan names for its cameras, and a note on how many there are.

    Raises:
        InputError: a file of regions is broken.
    """
    files = _region_files(plan, dataset.cameras)
    regions = {camera: found for camera, file in files.items() if (found := read_regions(file))}
    notes = [
        f"{camera}: {len(found)} ignore region{'s'[: len(found) - 1]} ({files[camera]})"
        for camera, found in regions.items()
    ]
    ignored = {camera: region_boxes(found) for camera, found in regions.items()}
    return replace(dataset, ignored=ignored, notes=(*dataset.notes, *notes))


def _region_files(plan: Plan, cameras: Sequence[str]) -> dict[str, Path]:
    folder = plan.ignore_regions
    if folder is not None:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; give one with ID.json of each camera as --ignore-regions")
        return {camera: regions_in(folder, camera) for camera in cameras}
    if plan.dataset != "site":
        return {}
    site = read_site(plan.root)
    return {camera: site.ignore_file(camera) for camera in cameras if camera in site.cameras}
