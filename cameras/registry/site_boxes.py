"""What a site's live bundles find on its stored frames, for a site whose teacher is not at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.batch import detect_stored
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.frame_result import FrameReader
from lotwise.cameras.detection.result_log import ResultLog
from lotwise.cameras.detection.stored_frames import StoredFrame
from lotwise.cameras.ignore.region_file import read_regions
from lotwise.cameras.registry.site_bundles import live_bundle
from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.slots.proposals.seen_frames import SeenFrames
from lotwise.cameras.slots.recurring_boxes import MIN_SCORE
from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Progress, no_progress

MAX_FRAMES = 500
"""Frames of a camera that are looked at: a week of a frame every twenty minutes. Of more, evenly many."""


def site_boxes(
    path: Path, cameras: tuple[str, ...] | None, folder: Path, progress: Progress = no_progress
) -> Iterator[tuple[str, SeenFrames]]:
    """Boxes of each camera's student on its stored frames, but for those of ignored things; camera by camera.

    Args:
        path: the site file.
        cameras: ids; None for all.
        folder: where boxes are kept as ``CAMERA.boxes.json``; a killed run goes on from there.
        progress: called after each frame.

    Raises:
        InputError: a broken site file, a source without stored frames, no live bundle, or no frame can be read.
    """
    site, dataset = read_site(path), site_dataset(path, cameras)
    for camera in dataset.cameras:
        frames = dataset.of_camera(camera)
        keep = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MAX_FRAMES)).round().astype(int))
        stored = [StoredFrame(frames[index], Path(frames[index].name)) for index in keep]
        regions = read_regions(site.ignore_file(camera))
        reader = FrameReader(load_detector(live_bundle(site, camera)), MIN_SCORE, (), regions)
        skipped: list[str] = []
        with ResultLog(folder / f"{camera}.boxes.json", reader.identity) as log:
            results = list(detect_stored(stored, lambda _, reader=reader: reader, progress, skipped, log))  # type: ignore[misc]
            log.write(results)
        if not results:
            raise InputError(
                f"{path}: camera {camera}: none of its {len(stored)} frames can be read; first: {skipped[0]}"
            )
        by_name = {result.file: result for result in results}
        found = ((one.frame, by_name[one.frame.name]) for one in stored if one.frame.name in by_name)
        yield camera, SeenFrames.of((frame, result.detections, result.size) for frame, result in found)
