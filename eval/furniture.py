"""What a report says of things that never came or went on a camera's frames, and whether the frames could tell."""

from __future__ import annotations

from collections.abc import Mapping

from lotwise.students.pipeline.records import CameraRecord


def furniture_notes(records: Mapping[str, CameraRecord]) -> list[str]:
    """A line for each camera on whose frames something stood in all of which the teacher is never sure.

    Args:
        records: by camera; those of earlier versions say nothing of it.
    """
    notes = []
    for camera, record in records.items():
        found = record.training.get("consensus", {})
        if furniture := found.get("furniture", 0):
            notes.append(
                f"{camera}: {_boxes(furniture)} of the teacher on things that never come or go, such as a container, "
                f"{'was' if furniture == 1 else 'were'} taught as background."
            )
        if untold := found.get("untold", 0):
            notes.append(
                f"{camera}: its frames cannot tell whether {_boxes(untold)} of the teacher "
                f"{'is' if untold == 1 else 'are'} of cars that did not move or of things that never do; no score was "
                "raised there. Frames of another day would tell."
            )
    return notes


def _boxes(count: int) -> str:
    return "1 box" if count == 1 else f"{count} boxes"
