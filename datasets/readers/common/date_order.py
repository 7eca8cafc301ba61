"""Times of a camera's frames, looked at together: which way its dates are read, and how many have none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath

from lotwise.datasets.frame import Frame
from lotwise.datasets.timestamps import month_first, parse_time


def date_orders(paths: Mapping[str, Iterable[PurePath]]) -> tuple[dict[str, bool], list[str]]:
    """By camera, whether dates such as ``01-02-2024`` begin with the month; a sentence for each that stays open.

    Args:
        paths: of each camera's files.
    """
    found = {camera: month_first(of_camera) for camera, of_camera in paths.items()}
    notes = [
        f"{camera}: dates in its names, such as 01-02-2024, fit with the day or the month first; they were read with "
        "the day first"
        for camera, order in found.items()
        if order is None
    ]
    return {camera: bool(order) for camera, order in found.items()}, notes


def in_date_order(frames: Iterable[Frame], root: PurePath) -> tuple[list[Frame], list[str]]:
    """Pictures with their times read in the order of their camera's dates, and :func:`date_orders`' sentences.

    Args:
        frames: pictures below the root, none of a video.
        root: folder of the dataset.
    """
    frames = list(frames)
    paths: dict[str, list[PurePath]] = defaultdict(list)
    for frame in frames:
        paths[frame.camera].append(frame.path.relative_to(root))
    orders, notes = date_orders(paths)
    return [
        replace(frame, taken=parse_time(frame.path.relative_to(root), True)) if orders[frame.camera] else frame
        for frame in frames
    ], notes


def untimed_notes(frames: Iterable[Frame]) -> list[str]:
    """A sentence for each camera of which some frames have a time and others none."""
    frames = list(frames)
    total = Counter(frame.camera for frame in frames)
    untimed = Counter(frame.camera for frame in frames if frame.taken is None)
    return [
        f"{camera}: {count} of {total[camera]} frames tell no time; they were put behind those that do"
        for camera, count in untimed.items()
        if count < total[camera]
    ]
