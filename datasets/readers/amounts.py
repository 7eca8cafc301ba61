"""What a user is told of how much was taken: of videos, and of cameras with next to no frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from lotwise.datasets.frame import Frame
from lotwise.datasets.readers.video import VideoSample

FEW_FRAMES = 4
"""Fewer frames of a camera are told of. On camera 3 of CNR-EXT a student learned most from the first three
(docs/frames.md); one that learns from a single moment knows one light and one set of cars."""


def video_notes(samples: Mapping[str, Sequence[VideoSample]]) -> list[str]:
    """How many frames were taken of the videos of each camera, by camera id."""
    notes = []
    for camera, of_camera in samples.items():
        taken, total = sum(len(one.frames) for one in of_camera), sum(one.total for one in of_camera)
        pauses = sorted({f"{one.every_s:.3g}" for one in of_camera}, key=float)
        every = pauses[0] if len(pauses) == 1 else f"{pauses[0]} to {pauses[-1]}"
        videos = "its video" if len(of_camera) == 1 else f"its {len(of_camera)} videos"
        alike = ", without those in which nothing changed" if any(one.thinned for one in of_camera) else ""
        notes.append(
            f"{camera}: {taken} of {total} frames of {videos} taken, one every {every} s{alike}; every_s sets the pause"
        )
    return notes


def few_frames_notes(frames: Sequence[Frame]) -> list[str]:
    """A sentence for each camera of fewer than :data:`FEW_FRAMES` frames."""
    counts = Counter(frame.camera for frame in frames)
    return [
        f"{camera}: only {count} frame{'s' if count > 1 else ''}, so a student would learn little more than "
        f"{'that moment' if count == 1 else 'those moments'}; give frames of several hours and days"
        for camera, count in counts.items()
        if count < FEW_FRAMES
    ]
