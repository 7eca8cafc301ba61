"""What a retraining changed, as one HTML page: no other file, no script, no network."""

from __future__ import annotations

from dataclasses import dataclass

from lotwise.eval.page.environment import page_environment
from lotwise.students.retraining.records import FrameChange, RetrainingRecord


@dataclass(frozen=True)
class SlotChange:
    """On how many held-out frames a slot is read otherwise than by the teacher, before and after."""

    slot: str
    before: int
    after: int


@dataclass(frozen=True)
class ChangePicture:
    """A frame as the bundle before and the new one read it, as JPEGs of one size."""

    change: FrameChange
    better: bool
    before: bytes
    after: bytes


@dataclass(frozen=True)
class ChangePage:
    """What the page shows.

    Attributes:
        record: of the retraining.
        headline: which model is live now.
        better, worse: frames that are read better or worse.
        slots: that are wrong on more or fewer frames, the largest gain first.
        pictures: of the frames that changed most.
    """

    record: RetrainingRecord
    headline: str
    better: tuple[FrameChange, ...]
    worse: tuple[FrameChange, ...]
    slots: tuple[SlotChange, ...]
    pictures: tuple[ChangePicture, ...]


def changes_page(page: ChangePage) -> str:
    """The whole page."""
    return (
        page_environment()
        .get_template("changes.html")
        .render(page=page, record=page.record, compared=page.record.compared)
    )
