"""What only looks like drift: a camera that was turned, or whose pictures have another size, needs its slots anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.thumbnail import thumbnail
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import LoadFrame
from lotwise.students.export.quantize import spread
from lotwise.students.pipeline.readable import readable_frames

KNOWN_VIEWS = 5
"""Old frames that show what the camera should see."""
LOOKED_AT = 12
"""Most new frames whose view is compared with that."""
RECENT = timedelta(days=1)
HOW = (
    "draw its slots anew (lotwise slots edit SITE, or lotwise slots propose SITE), collect frames of the view as it is "
    "now (lotwise collect SITE), and run lotwise adapt into another folder"
)


def turned_by_samples(samples: Sequence[Sample]) -> str:
    """Why a camera is not to be retrained, by the views that its node has sampled on the last day; empty if it is.

    Args:
        samples: in order of time.
    """
    last = [sample for sample in samples if samples[-1].taken - sample.taken < RECENT]
    moved = sum(sample.view == "moved" for sample in last)
    if not last or moved * 2 <= len(last):
        return ""
    return f"it was turned: the view is moved on {moved} of the {len(last)} frames sampled last; turn it back, or {HOW}"


def another_view(old: Sequence[Frame], new: Sequence[Frame], size: tuple[int, int], read: LoadFrame) -> str:
    """Why a camera's new frames are not to be learned from: another size or another view; empty where they are.

    Args:
        old: frames of the view that its slots were drawn on, in order of time.
        new: frames that look new.
        size: (width, height) of the old ones in pixels.
        read: gives the pixels of a frame.
    """
    pictures = list(readable_frames((new[index] for index in spread(len(new), LOOKED_AT)), read))
    sizes = Counter((image.shape[1], image.shape[0]) for _, image in pictures)
    if not sizes:
        return ""
    usual, count = sizes.most_common(1)[0]
    if usual != size and count * 2 > len(pictures):
        return (
            f"its pictures are {usual[0]}x{usual[1]} now and were {size[0]}x{size[1]} when it learned: {HOW}, or set "
            "the camera back"
        )
    known = [image for _, image in readable_frames((old[index] for index in spread(len(old), KNOWN_VIEWS)), read)]
    moved = _moved(known, [image for _, image in pictures]) if known else 0
    if moved * 2 > len(pictures):
        return f"it was turned: {moved} of {len(pictures)} new frames show another view; turn it back, or {HOW}"
    return ""


def _moved(known: Sequence[Image], shown: Sequence[Image]) -> int:
    """How many pictures view health finds moved that has seen the known ones."""
    health, moment, moved = ViewHealth(ViewSettings(recover_frames=1)), datetime(2000, 1, 1, tzinfo=UTC), 0
    for number, image in enumerate((*known, *shown)):
        # An hour apart: no picture counts as frozen, and each is judged by itself.
        report = health.check(image, thumbnail(image), moment + timedelta(hours=number))
        moved += number >= len(known) and report.verdict == "moved"
    return moved
