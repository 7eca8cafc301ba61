"""What a camera is told to ignore, as its file says it at this moment, and what it might be told to ignore next."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.ignore.region import IgnoreRegion, is_ignored, region_boxes
from lotwise.cameras.ignore.region_file import Regions, add_region, read_regions, remove_region
from lotwise.cameras.ignore.staying import StayingBox, StayingBoxes, not_ignored
from lotwise.cameras.slots.half_covered import slot_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.file_stamp import file_stamp
from lotwise.datasets.frame import Detections, Slot
from lotwise.node.state import CameraNow

MIN_IOU_ON_SLOT = 0.1
"""A box whose IoU with a slot's bounding box is at least this belongs to the slot: nobody is asked whether it is a
vehicle. As in the report's protocol ``slots``."""

log = logging.getLogger(__name__)


class Ignoring:
    """The ignore regions of one camera, and the boxes that stay in its view.

    Regions are read and changed by any thread; ``look`` and ``save`` belong to the camera's loop.

    Args:
        regions: file of the regions, which may not be there yet; None for none that can be changed.
        staying: file of what stays; None to keep nothing.

    Raises:
        InputError: the file of the regions is broken.
    """

    def __init__(self, regions: Path | None = None, staying: Path | None = None) -> None:
        self._file, self._stay = regions, StayingBoxes(staying)
        self._lock = threading.Lock()
        self._stamp = file_stamp(regions)
        self._regions: Regions = read_regions(regions) if regions is not None else ()
        self._told = ""

    @property
    def regions(self) -> Regions:
        """The same object until they change."""
        return self._regions

    def follow(self) -> None:
        """Read the file again where somebody has changed it; a broken one changes nothing and is told in the log."""
        if self._file is None or (stamp := file_stamp(self._file)) == self._stamp:
            return
        with self._lock:
            self._stamp = stamp
            try:
                self._set(read_regions(self._file))
                self._told = ""
            except InputError as error:
                if self._told != str(error):
                    log.warning("%s; the regions before stay", error)
                self._told = str(error)

    def add(self, region: IgnoreRegion) -> None:
        """Ignore one thing more, from this moment on and after every restart.

        Raises:
            InputError: the file cannot be written.
        """
        with self._lock:
            self._set(add_region(self._writable(), region))

    def remove(self, identity: str) -> None:
        """Take a region back.

        Raises:
            InputError: there is none of this id, or the file cannot be written.
        """
        with self._lock:
            self._set(remove_region(self._writable(), identity))

    def mask(self, detections: Detections, size: tuple[int, int], shift: tuple[float, float]) -> NDArray[np.bool_]:
        """(N,) which detections are those of things to be ignored.

        Args:
            detections: in pixels of the frame.
            size: (width, height) of the frame.
            shift: by which the view has moved against its reference, in shares of the frame.
        """
        moved = region_boxes(self._regions) + np.array([*shift, *shift], np.float32)
        return is_ignored(detections.boxes, moved, size)

    def look(
        self, seen: Detections, slots: tuple[Slot, ...], size: tuple[int, int], confidence: float, moment: datetime
    ) -> None:
        """Count a frame for what stays.

        Args:
            seen: all boxes, in pixels, laid where the reference view has them; those that are ignored too, so that
                a thing is asked about again once its region is taken back.
            slots: of the camera.
            size: (width, height) of the frame.
            confidence: of the detector.
            moment: when the frame was taken.
        """
        on_slot = iou(seen.boxes, slot_boxes(slots, size)).max(axis=1, initial=0) >= MIN_IOU_ON_SLOT
        outside = seen[~on_slot]
        relative = np.clip(outside.boxes / np.array([*size, *size], np.float32), 0, 1).astype(np.float32)
        self._stay.look(Detections(relative, outside.scores, outside.labels), confidence, moment)

    def save(self) -> None:
        """Write what is known of what stays."""
        self._stay.save()

    def applied(self, now: CameraNow) -> CameraNow:
        """What is known of the camera, by the regions as they are at this moment.

        Whoever adds a region or takes one back sees it at once, and not only after the next frame that is detected.
        """
        regions = self._regions
        if now.regions is regions:
            return now
        boxes = np.concatenate([now.detections.boxes, now.ignored.boxes])
        scores = np.concatenate([now.detections.scores, now.ignored.scores])
        both = Detections(boxes, scores, np.concatenate([now.detections.labels, now.ignored.labels]))
        both = both[np.argsort(-both.scores, kind="stable")]
        ignored = self.mask(both, now.size, now.shift)
        return replace(now, regions=regions, detections=both[~ignored], ignored=both[ignored], staying=self.staying())

    def staying(self) -> tuple[StayingBox, ...]:
        """Boxes that stay and are under no region, the longest first."""
        return not_ignored(self._stay.staying, self._regions)

    def _writable(self) -> Path:
        if self._file is None:
            raise InputError("this camera has no file of ignore regions")
        return self._file

    def _set(self, regions: Regions) -> None:
        if regions != self._regions:
            self._regions = regions
        self._stamp = file_stamp(self._file)
