"""Boxes outside of every slot that are there whenever one looks: what an operator is asked about."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.ignore.region import Box, Boxes, IgnoreRegion, is_ignored, region_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections
from lotwise.datasets.whole_file import write_whole

SAME_IOU = 0.5
"""IoU from which on a box is taken for the thing that was there before; as for an ignore region."""
LOOK_EVERY = timedelta(minutes=1)
"""Time between two frames that count: a thing that stays is there a minute later too."""
MIN_STAY = timedelta(hours=12)
"""Time after which a thing counts as staying: longer than a working day, so that few parked cars are asked about."""
MAX_PAUSE = timedelta(days=1)
"""What counts of the time between two frames: of a node that was off for a month nobody knows what stood there, and a
recording that is played again and again jumps in time."""
MIN_LOOKS = 20
"""Frames that must have counted by then."""
MIN_SHARE = 0.9
"""Share of them on which it was there: darkness, and what passes before it, hide it now and then."""
FORGOTTEN_SHARE = 0.5
"""What was there on less than this share of at least FORGOTTEN_LOOKS frames passed by, or has left."""
FORGOTTEN_LOOKS = 8
MAX_TRACKS = 64
"""Things of a camera that are followed at once; 6 kB on the disk."""
MEMORY_LOOKS = 50
"""Frames over which a thing's box and score are averaged."""
SAVE_EVERY_S = 600.0
"""Seconds between two writings of the file: so much a kill may take away."""

log = logging.getLogger(__name__)


class StayingBox(BaseModel):
    """A thing that may stay.

    What is asked of it is only whether it is a vehicle: that it stays is no proof that it is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    box: Annotated[Box, Field(description="Mean x1, y1, x2, y2 in 0..1 of the view.")]
    score: Annotated[float, Field(ge=0, le=1, description="Mean score.")]
    looks: Annotated[int, Field(ge=1, description="Frames that counted since it was first there.")]
    seen: Annotated[int, Field(ge=1, description="On how many of them it was there.")]
    first: Annotated[AwareDatetime, Field(description="When it was first there.")]
    last: Annotated[AwareDatetime, Field(description="When it was last there.")]
    stayed_s: Annotated[
        float,
        Field(
            ge=0, description="Seconds over which it has been looked for; of a pause between two frames a day at most."
        ),
    ] = 0.0

    @property
    def stays(self) -> bool:
        """Whether it has been there for long enough to be asked about."""
        return (
            self.looks >= MIN_LOOKS
            and self.seen >= MIN_SHARE * self.looks
            and self.stayed_s >= MIN_STAY.total_seconds()
        )  # fmt: skip

    @property
    def passed(self) -> bool:
        """Whether it is not worth following any more."""
        return self.looks >= FORGOTTEN_LOOKS and self.seen < FORGOTTEN_SHARE * self.looks

    def seen_again(self, box: Boxes, score: float, moment: datetime, pause_s: float) -> StayingBox:
        """Having been there on one more frame, so many seconds after the one that counted before."""
        share = 1 / min(self.seen + 1, MEMORY_LOOKS)
        mean = np.array(self.box) + share * (box - np.array(self.box))
        return StayingBox(
            box=_rounded(mean), score=round(self.score + share * (score - self.score), 4), looks=self.looks + 1,
            seen=self.seen + 1, first=min(self.first, moment), last=max(self.last, moment),
            stayed_s=self.stayed_s + pause_s,
        )  # fmt: skip

    def not_seen(self, pause_s: float) -> StayingBox:
        """Not having been there on one more frame."""
        return self.model_copy(update={"looks": self.looks + 1, "stayed_s": self.stayed_s + pause_s})


class _History(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid")

    looked: AwareDatetime | None = None
    boxes: tuple[StayingBox, ...] = ()


class StayingBoxes:
    """The things of one camera's view that are followed, in a small file that outlives a restart.

    Used by one thread at a time.

    Args:
        path: the file; None keeps nothing.
        clock: seconds; monotonic.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._history = _read(path)
        self._written, self._changed = clock(), False

    @property
    def staying(self) -> tuple[StayingBox, ...]:
        """Those that were there for long, the longest first."""
        return tuple(sorted((one for one in self._history.boxes if one.stays), key=lambda one: -one.stayed_s))

    def look(self, found: Detections, confidence: float, moment: datetime) -> bool:
        """Count a frame, unless the last one that counted was just before it.

        Args:
            found: boxes outside of every slot and ignore region, in 0..1 of the view, also some under ``confidence``:
                a thing that is followed is there too where the detector is less sure of it.
            confidence: boxes from this score up are followed from now on.
            moment: when the frame was taken, with time zone.

        Returns:
            Whether it counted.
        """
        history = self._history
        if history.looked is not None and abs(moment - history.looked) < LOOK_EVERY:
            return False
        pause_s = 0.0 if history.looked is None else min(abs(moment - history.looked), MAX_PAUSE).total_seconds()
        overlap = iou(np.array([one.box for one in history.boxes], np.float32).reshape(-1, 4), found.boxes)
        free = np.ones(len(found), bool)
        after = []
        # The one that was seen most often chooses first: it is the surest of its place.
        for index in sorted(range(len(history.boxes)), key=lambda index: -history.boxes[index].seen):
            one, fits = history.boxes[index], np.where(free, overlap[index], 0)
            best = int(fits.argmax()) if len(found) else -1
            if best >= 0 and fits[best] >= SAME_IOU:
                free[best] = False
                after.append(one.seen_again(found.boxes[best], float(found.scores[best]), moment, pause_s))
            else:
                after.append(one.not_seen(pause_s))
        new = found[free & (found.scores >= confidence)]
        after += [
            StayingBox(box=_rounded(box), score=round(float(score), 4), looks=1, seen=1, first=moment, last=moment)
            for box, score in zip(new.boxes, new.scores, strict=True)
        ]
        kept = sorted((one for one in after if not one.passed), key=lambda one: -one.seen)[:MAX_TRACKS]
        before = sum(one.stays for one in history.boxes)
        self._history = _History(looked=moment, boxes=tuple(kept))
        self._changed = True
        # What is asked about is in the file at once, where lotwise ignore finds it.
        if self._clock() - self._written >= SAVE_EVERY_S or sum(one.stays for one in kept) != before:
            self.save()
        return True

    def save(self) -> None:
        """Write the file where something has changed; a disk that cannot be written is told in the log."""
        if self._path is None or not self._changed:
            return
        self._written, self._changed = self._clock(), False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, self._history.model_dump_json().encode() + b"\n", sync=False)
        except OSError as error:
            log.warning("%s: cannot be written (%s)", self._path, error.strerror)


def read_staying(path: Path) -> tuple[StayingBox, ...]:
    """Those that a node has seen for long, the longest first; none where there is no file."""
    return StayingBoxes(path).staying


def not_ignored(staying: Sequence[StayingBox], regions: Sequence[IgnoreRegion]) -> tuple[StayingBox, ...]:
    """Those of which nobody has said yet that they are no vehicles."""
    boxes: Boxes = np.array([one.box for one in staying], np.float32).reshape(-1, 4)
    gone = is_ignored(boxes, region_boxes(regions), (1, 1))
    return tuple(one for one, ignored in zip(staying, gone, strict=True) if not ignored)


def _read(path: Path | None) -> _History:
    if path is None:
        return _History()
    try:
        return _History.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _History()
    except (OSError, ValidationError):
        # It is only a count that begins anew; nothing that anybody has decided is in it.
        log.warning("%s: cannot be read; what stays in this view is counted anew", path)
        return _History()


def _rounded(box: Boxes) -> Box:
    x1, y1, x2, y2 = (round(float(side), 4) for side in box)
    return x1, y1, x2, y2
