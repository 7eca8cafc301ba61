"""What a running camera learns of its slots: where its own student's boxes of parked cars lie."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.ignore.region import IgnoreRegion, is_ignored, region_boxes
from lotwise.cameras.slots.masked import MAX_MASKED_SHARE
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_boxes import MAX_FRAMES_KEPT, FrameBoxes, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import read_seen_boxes, write_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Masks, Slot
from lotwise.datasets.privacy_masks import hidden_pixels

LOOK_EVERY = timedelta(minutes=1)
"""Time between two frames that count; within a minute a lot hardly changes."""
OWN_FRAMES = 20
"""Frames of its own that a node needs at least before it reads slots that were learned at adapt by its own picture."""
BETTER_FOUNDED = 4
"""As many times the frames of adapt must they be: a student that sees too little teaches less than its teacher does.
Measured on CNR-EXT's camera 1 and PKLot's UFPR05, where up to twice as many were no better."""
BUNDLE_FRAMES = 50
"""Frames of the bundle whose boxes teach however many the node has seen itself: they tell what its student misses."""
RELEARN_SHARE = 0.25
"""New frames, as a share of those learned from, after which it is learned anew; at least ``RELEARN_FRAMES``."""
RELEARN_FRAMES = 3
SAVED_AT_ONCE = 20
"""Frames up to which the file is written with each; later one in ``SAVE_EVERY_S``, so much a kill may take away."""
SAVE_EVERY_S = 600.0
_MASK_WIDTH, _MASK_HEIGHT = 320, 240  # in whose pixels masks are held against boxes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Learned:
    """A picture and what it was learned from; whether it holds for every bundle, instead of that of the bundle."""

    picture: SlotPicture
    bundle: str
    regions: Sequence[IgnoreRegion]
    own: int
    for_all: bool


class SlotLearning:
    """The boxes that one camera's students found, kept in a small file, and the picture that is learned from them.

    Boxes of the bundle's training frames teach too, and make room as the node sees more frames of its own. Learning is
    done by ``executor``, beside the loop. Used by one thread at a time.

    Args:
        path: the file of the boxes; None keeps them in memory only.
        executor: where the picture is learned; None for at once, in the caller's thread.
        keep: how long boxes are kept.
        masks: privacy masks of the camera: boxes that they touch are of what shows beside them, not of whole cars.
        clock: seconds; monotonic.
    """

    def __init__(
        self,
        path: Path | None = None,
        executor: Executor | None = None,
        keep: timedelta = timedelta(days=90),
        masks: Masks = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._executor, self._keep, self._clock = path, executor, keep, clock
        self._hidden = hidden_pixels(masks, _MASK_WIDTH, _MASK_HEIGHT) if masks else None
        self._boxes = _read(path)
        self._looked = self._boxes.frames[-1].taken if self._boxes.frames else None
        self._learned: _Learned | None = None
        self._job: Future[_Learned] | None = None
        self._new = 0
        self._written, self._changed = clock(), False

    @property
    def frames(self) -> int:
        """Frames whose boxes are kept."""
        return len(self._boxes.frames)

    def look(self, found: Detections, size: tuple[int, int], moment: datetime, by: str, view: str) -> bool:
        """Count a frame of a view that can be trusted, unless the last one that counted was just before it.

        Args:
            found: all boxes but those of ignored things, in pixels, laid where the reference view has them.
            size: (width, height) of the frame.
            moment: when it was taken, with time zone.
            by: identity of the bundle that found them.
            view: fingerprint of the reference view; what was seen in another one is forgotten.

        Returns:
            Whether it counted.
        """
        self._follow_view(view)
        if self._looked is not None and abs(moment - self._looked) < LOOK_EVERY:
            return False
        frame = self._unmasked(FrameBoxes.of(found, size, moment, by))
        if not len(frame.scores):
            return False  # an empty lot teaches nothing
        self._looked = moment
        self._boxes = self._boxes.without(before=moment - self._keep).with_frame(frame, size)
        self._new, self._changed = self._new + 1, True
        if self.frames <= SAVED_AT_ONCE or self._clock() - self._written >= SAVE_EVERY_S:
            self.save()
        return True

    def learn(self, detector: Detector, regions: Sequence[IgnoreRegion]) -> bool:
        """Learn the picture anew where there is enough new to learn from, or use what was learned meanwhile.

        The first time it is waited for, so that a restart reads slots as before.

        Args:
            detector: the live one.
            regions: what is no vehicle.

        Returns:
            Whether there is another picture than before.
        """
        first, before = self._learned is None and self._job is None, self._learned
        if self._job is None and self._due(detector.identity, regions):
            self._new = 0
            boxes = self._boxes
            if self._executor is None or first:
                self._learned = _learn(boxes, detector, regions)
            else:
                self._job = self._executor.submit(_learn, boxes, detector, regions)
        if self._job is not None and self._job.done():
            job, self._job = self._job, None
            try:
                self._learned = job.result()
            except Exception:  # of whatever kind: slots are read as before
                log.exception("%s: where cars park could not be learned anew", self._path or "seen boxes")
        return self._learned is not before

    def picture(self, detector: Detector) -> SlotPicture:
        """What is known of where cars park, for a detector that runs.

        Only what the node has learned itself holds for every detector; before that, each has its bundle's picture.
        """
        learned = self._learned
        if learned is None or (learned.bundle != detector.identity and not learned.for_all):
            return detector.picture
        return learned.picture

    def camera_moved(self, bundles: Sequence[str]) -> None:
        """The camera was turned, and somebody has accepted its new view: what was seen before lies elsewhere.

        Args:
            bundles: identities of those in use, whose boxes and slots are of the view before.
        """
        known = dict.fromkeys([*self._boxes.moved_under, *filter(None, bundles)])
        self._boxes = SeenBoxes(moved_under=tuple(known)[-_MOVED_UNDER:])
        self._forgotten()

    def forget_bundle(self, identity: str) -> None:
        """A bundle was rolled back: it may have seen what is not there, so its boxes teach no more."""
        left = self._boxes.without(by=identity)
        if left is not self._boxes:
            self._boxes = left
            self._forgotten()

    def save(self) -> None:
        """Write the boxes where some are new; a disk that cannot be written is told in the log."""
        if self._path is None or not self._changed:
            return
        self._written, self._changed = self._clock(), False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_seen_boxes(self._path, self._boxes, sync=False)
        except OSError as error:
            log.warning("%s: cannot be written (%s)", self._path, error.strerror)

    def _due(self, bundle: str, regions: Sequence[IgnoreRegion]) -> bool:
        learned = self._learned
        if learned is None or (learned.bundle, tuple(learned.regions)) != (bundle, tuple(regions)):
            return True
        return self._new >= max(RELEARN_FRAMES, RELEARN_SHARE * learned.own)

    def _follow_view(self, view: str) -> None:
        if self._boxes.view == view:
            return
        if self._boxes.view:
            log.info("%s: boxes of another view are forgotten", self._path or "seen boxes")
            self._boxes = SeenBoxes(view=view, moved_under=self._boxes.moved_under)
            self._forgotten()
        else:
            self._boxes = replace(self._boxes, view=view)
            self._changed = True

    def _forgotten(self) -> None:
        self._looked, self._learned, self._job, self._new = None, None, None, 0
        self._changed = True
        self.save()

    def _unmasked(self, frame: FrameBoxes) -> FrameBoxes:
        if self._hidden is None or not len(frame.scores):
            return frame
        sides = frame.boxes_in_view * np.array([_MASK_WIDTH, _MASK_HEIGHT] * 2, np.float32)
        whole = np.concatenate([np.floor(sides[:, :2]), np.ceil(sides[:, 2:])], axis=1).astype(int).tolist()
        shares = [self._hidden[top:bottom, left:right] for left, top, right, bottom in whole]
        return frame[np.array([not part.size or part.mean() <= MAX_MASKED_SHARE for part in shares])]


_MOVED_UNDER = 50  # bundles of former views that are remembered


class KnownBundle(Protocol):
    """As much of a bundle as slots are learned from."""

    @property
    def identity(self) -> str: ...
    @property
    def slots(self) -> tuple[Slot, ...]: ...
    @property
    def slot_model(self) -> SlotModel | None: ...
    @property
    def seen_boxes(self) -> SeenBoxes: ...


def learned_picture(own: SeenBoxes, bundle: KnownBundle, regions: Sequence[IgnoreRegion]) -> SlotPicture:
    """The picture from a node's own boxes, and from those of the bundle as far as there is room.

    Args:
        own: what the node has seen.
        bundle: that is live.
        regions: what is no vehicle.
    """
    carried = bundle.seen_boxes
    moved = bundle.identity in own.moved_under
    count = 0 if moved else min(len(carried.frames), max(MAX_FRAMES_KEPT - len(own.frames), BUNDLE_FRAMES))
    frames = (*_evenly(carried.frames, count), *_evenly(own.frames, MAX_FRAMES_KEPT - count))
    ignored = region_boxes(regions)
    if len(ignored):
        frames = tuple(frame[~is_ignored(frame.boxes_in_view, ignored, (1, 1))] for frame in frames)
    boxes = SeenBoxes(own.size if own.frames else carried.size, frames)
    if better_founded(own, bundle):
        return SlotPicture(boxes=boxes)
    return SlotPicture(bundle.slot_model, bundle.slots, boxes)


def better_founded(own: SeenBoxes, bundle: KnownBundle) -> bool:
    """Whether the node's picture holds also for slots that were learned at adapt."""
    at_adapt = bundle.slot_model.frames if bundle.slot_model else 0
    return bundle.identity in own.moved_under or len(own.frames) >= max(OWN_FRAMES, BETTER_FOUNDED * at_adapt)


def _evenly(frames: Sequence[FrameBoxes], count: int) -> Sequence[FrameBoxes]:
    """So many of them, in their order."""
    if count >= len(frames):
        return frames
    return [frames[index] for index in np.linspace(0, len(frames) - 1, count).round().astype(int)]


def _learn(own: SeenBoxes, detector: Detector, regions: Sequence[IgnoreRegion]) -> _Learned:
    picture = learned_picture(own, detector, regions)
    _ = picture.parked  # here, and not where a frame waits for it
    return _Learned(picture, detector.identity, regions, len(own.frames), better_founded(own, detector))


def _read(path: Path | None) -> SeenBoxes:
    if path is None:
        return SeenBoxes()
    try:
        return read_seen_boxes(path) or SeenBoxes()
    except InputError:
        # Only boxes that come again every day; nothing that anybody has decided is in it.
        log.warning("%s: cannot be read; where cars park is learned anew", path)
        return SeenBoxes()
