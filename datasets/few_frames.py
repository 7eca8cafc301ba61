"""What a user is told of a camera with next to no frames to learn from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lotwise.datasets.frame import Frame

MIN_TRAINING_FRAMES = 3
"""Fewer frames to learn from are told of. On camera 3 of CNR-EXT a student of one frame agrees with the teacher by
0.905, one of three frames by 0.927, and one of all eight no better than that (docs/frames.md)."""


def few_frames_notes(frames: Sequence[Frame]) -> list[str]:
    """A sentence for each camera that has too few frames to learn from enough of them and be measured on another.

    Args:
        frames: all that were found, of any number of cameras.
    """
    counts = Counter(frame.camera for frame in frames)
    return [
        f"{camera}: only {count} frame{'s' if count > 1 else ''}, so a student would learn little more than "
        f"{'that moment' if count == 1 else 'those moments'}; give frames of several hours and days"
        for camera, count in counts.items()
        if count < MIN_TRAINING_FRAMES + 1
    ]


def few_training_frames_note(count: int) -> str | None:
    """A sentence on the frames of one camera that are learned from, without its name; None where they are enough.

    >>> few_training_frames_note(1)[:30], few_training_frames_note(3)
    ('only one frame to learn from, ', None)
    """
    if count >= MIN_TRAINING_FRAMES:
        return None
    frames = "one frame" if count == 1 else f"{count} frames"
    return (
        f"only {frames} to learn from, too few to show a lot's light and cars; record more of them, or of a video take "
        "more with a smaller every_s"
    )
