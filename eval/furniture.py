"""What a report says of things that never came or went on a camera's frames, and whether the frames could tell."""

from __future__ import annotations

from collections.abc import Mapping

from lotwise.students.pipeline.records import CameraRecord


def furniture_notes(records: Mapping[str, CameraRecord]) -> list[str]:
    """What stood in all frames of a camera without the teacher ever being sure of it; cameras are told together.

    Args:
        records: by camera; those of earlier versions say nothing of it.
    """
    counts = {camera: record.training.get("consensus", {}) for camera, record in records.items()}
    furniture, untold = (
        {camera: found[what] for camera, found in counts.items() if found.get(what, 0)}
        for what in ("furniture", "untold")
    )
    notes = []
    if furniture:
        notes.append(
            f"{_boxes(furniture)} of the teacher on things that never come or go, such as a container, "
            f"{'was' if sum(furniture.values()) == 1 else 'were'} taught as background."
        )
    if untold:
        things = "a car that did not move or of a thing that never does"
        if sum(untold.values()) > 1:
            things = "cars that did not move or of things that never do"
        notes.append(
            f"{_boxes(untold)} of the teacher may be of {things}: the frames cannot tell, and no score was raised "
            "there. Frames of another day would tell."
        )
    return notes


def _boxes(counts: Mapping[str, int]) -> str:
    """How many boxes of which camera.

    >>> _boxes({"C1": 1}), _boxes({"C1": 2, "C4": 1})
    ('C1: 1 box', 'C1 2, C4 1 boxes')
    """
    if len(counts) == 1:
        ((camera, count),) = counts.items()
        return f"{camera}: 1 box" if count == 1 else f"{camera}: {count} boxes"
    return ", ".join(f"{camera} {count}" for camera, count in counts.items()) + " boxes"
