"""A student over several boards, as one HTML page: no other file, no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lotwise.cameras.detection.ensemble import DividedBy, ModuleEntry
from lotwise.eval.page.environment import page_environment
from lotwise.students.right_size.losses import Losses

WAYS: dict[DividedBy, str] = {
    "scale": "a level of the head for each board",
    "region": "a part of the view for each board",
    "channel": "a community of the neck's channels for each board",
}


@dataclass(frozen=True)
class Reading:
    """How the held-out frames of a camera are read with some boards.

    Attributes:
        without: number of the board that is lost; None where all answer.
        losses: against the full-size student; None where it was not measured.
        changed: slots that are told in another state than with all boards, over all frames.
        unknown: of these, how many are unknown.
        jpeg: one frame as it is read; the same frame for all readings of a camera.
    """

    without: int | None
    losses: Losses | None
    changed: int
    unknown: int
    jpeg: bytes


@dataclass(frozen=True)
class Board:
    """One board.

    Attributes:
        module: that it runs.
        sent: bytes of its part of a frame as JPEG, the mean over the frames.
        answered: bytes of what it says of that.
    """

    module: ModuleEntry
    sent: int
    answered: int


@dataclass(frozen=True)
class DividedCamera:
    """A camera whose student was divided.

    Attributes:
        camera: its id.
        bundle: identity of the bundle of modules.
        by: how it was divided.
        headline: what came of it, in one line.
        boards: in the order of their numbers.
        readings: with all boards first, then without each of them.
        frame: name of the frame of the pictures; "" where no held-out frame can be read.
        frames: held-out frames that the readings are of.
        slots: slots on all of them together.
        seconds: of teaching.
    """

    camera: str
    bundle: str
    by: DividedBy
    headline: str
    boards: Sequence[Board]
    readings: Sequence[Reading]
    frame: str
    frames: int
    slots: int
    seconds: float


def boards_page(title: str, cameras: Sequence[DividedCamera], allowed: float) -> str:
    """The whole page.

    Args:
        title: shown by the browser and above the headline; plain text.
        cameras: at least one.
        allowed: the largest loss with which a divided student goes live by itself.
    """
    return page_environment().get_template("boards.html").render(
        title=title, cameras=cameras, allowed=allowed, ways=WAYS, headline=headline(cameras)
    )  # fmt: skip


def headline(cameras: Sequence[DividedCamera]) -> str:
    """The first line of the page: of one camera what came of it, of several how many boards each has."""
    if len(cameras) == 1:
        return cameras[0].headline
    counts = sorted({len(one.boards) for one in cameras})
    return f"{len(cameras)} cameras, each with a student over {' or '.join(map(str, counts))} boards"
