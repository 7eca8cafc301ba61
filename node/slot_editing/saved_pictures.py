"""A site's saved pictures as the slot editor draws on them, without a node; the live bundles look at them once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.registry.site_bundles import live_bundle
from lotwise.cameras.site.frames import camera_frames
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_storage import SlotStorage, slot_storage
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame, Slot
from lotwise.datasets.image_header import orientation
from lotwise.datasets.images import image_size
from lotwise.datasets.load import load
from lotwise.datasets.readers.folder import read_folder
from lotwise.node.slot_editing.edited_site import EditedPicture

MAX_PICTURES = 12
"""Pictures of a camera, spread over all that are saved: enough to see a lot full and empty, few enough to be read while
one looks at the first."""
JPEG_QUALITY = 92
"""Of 100, for pictures that are no JPEG files. Chosen high: corners are put on what is seen."""

log = logging.getLogger(__name__)


class SavedPictures:
    """Slots, pictures and boxes of a site's cameras, from what is on the disk. Any thread may call its methods.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        path: the site file.
        cameras: ids.
        folder: pictures of each camera in a folder of its name; where None, those that the site file names.
        report: called with one line whenever slots are saved.

    Raises:
        InputError: there is no camera of which a picture is saved.
    """

    def __init__(
        self, site: Site, path: Path, cameras: Sequence[str], folder: Path | None, report: Callable[[str], None]
    ) -> None:
        self._site, self._report = site, report
        self._frames, self.missing = _saved_frames(site, path, cameras, folder)
        if not self._frames:
            raise InputError(next(iter(self.missing.values())))
        self._seen: dict[str, tuple[SeenFrame, ...]] = dict.fromkeys(self._frames, ())
        self._why = dict.fromkeys(self._frames, "the pictures are still being looked at")
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._look, name="bundles", daemon=True)

    @property
    def name(self) -> str:
        """Name of the site."""
        return self._site.name

    @property
    def cameras(self) -> Sequence[str]:
        """Ids of the cameras of which a picture is saved."""
        return tuple(self._frames)

    def start(self) -> None:
        """Begin to look at the pictures, and return at once."""
        self._reader.start()

    def close(self) -> None:
        """Stop looking at pictures."""
        self._stop.set()
        self._reader.join()

    def storage(self, camera: str) -> SlotStorage:
        """Where the slot files of a camera are."""
        return slot_storage(self._site, camera)

    def bundle_slots(self, camera: str) -> tuple[Slot, ...]:
        """Slots that its live bundle carries; none without one."""
        try:
            return tuple(shape.slot() for shape in parse_manifest(live_bundle(self._site, camera)).slots)
        except InputError:
            return ()

    def pictures(self, camera: str) -> Sequence[str]:
        """Names of the saved pictures."""
        return tuple(frame.name for frame in self._frames[camera])

    def picture(self, camera: str, number: int) -> EditedPicture | None:
        """One of the saved pictures, as its file is where that is a JPEG."""
        frames = self._frames[camera]
        if number >= len(frames):
            return None
        frame = frames[number]
        try:
            image = load(frame)
        except InputError as error:
            log.warning("%s", error)
            return None
        size = image.shape[1], image.shape[0]
        if _as_it_is(frame, size):
            return EditedPicture(frame.name, frame.path.read_bytes(), size)
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
        return EditedPicture(frame.name, coded, size)

    def seen_frames(self, camera: str) -> Sequence[SeenFrame]:
        """What the live bundle found on the pictures, as far as it has looked at them."""
        return self._seen[camera]

    def unread(self, camera: str) -> str:
        """Why no slots can be read, in one line."""
        return "" if self._seen[camera] else self._why[camera]

    def saved(self, camera: str, by: str, before: int, after: int) -> None:
        """Tell that somebody saved slots."""
        self._report(f"{camera}: {after} slots saved, {before} before: {self.storage(camera).write}")

    def _look(self) -> None:
        for camera, frames in self._frames.items():
            try:
                bundle = live_bundle(self._site, camera)
                detector = load_detector(bundle, backend=self._site.detector.backend)
            except InputError as error:
                self._why[camera] = f"{camera} has no bundle that can be run ({error})"
                continue
            share = self._site.settings_of(camera).hysteresis.hidden_share
            for frame in frames:
                if self._stop.is_set():
                    return
                try:
                    image = load(frame)
                except InputError as error:
                    self._why[camera] = str(error)
                    continue
                size = image.shape[1], image.shape[0]
                seen = SeenFrame(
                    frame.name,
                    frame.taken,
                    size,
                    detector([image], min(detector.confidence, detector.slot_confidence))[0],
                    detector.confidence,
                    detector.slot_confidence,
                    detector.crop,
                    detector.picture,
                    share,
                )
                self._seen[camera] = (*self._seen[camera], seen)


def _saved_frames(
    site: Site, path: Path, cameras: Sequence[str], folder: Path | None
) -> tuple[dict[str, tuple[Frame, ...]], Mapping[str, str]]:
    """By camera its frames, and why there are none of the others."""
    found: dict[str, tuple[Frame, ...]] = {}
    missing: dict[str, str] = {}
    for camera in cameras:
        try:
            frames = camera_frames(site, path, camera)[0] if folder is None else _frames_in(site, path, camera, folder)
        except InputError as error:
            missing[camera] = str(error) if folder else f"{error}, or give a folder of pictures with --pictures"
            continue
        found[camera] = spread(frames, MAX_PICTURES)
    return found, missing


def _frames_in(site: Site, path: Path, camera: str, folder: Path) -> tuple[Frame, ...]:
    masks = privacy_masks(site.cameras[camera], f"{path}: cameras.{camera}.privacy_masks")
    return tuple(replace(frame, masks=masks) for frame in read_folder(folder, [camera]).frames)


def spread(frames: Sequence[Frame], most: int) -> tuple[Frame, ...]:
    """At most so many frames, the first and the last among them, in their order."""
    if len(frames) <= most:
        return tuple(frames)
    return tuple(frames[round(place)] for place in np.linspace(0, len(frames) - 1, most))


def _as_it_is(frame: Frame, size: tuple[int, int]) -> bool:
    """Whether the frame's file is what is to be seen: a JPEG that nothing turns, with no mask to hide anything."""
    if frame.masks or frame.index is not None or frame.path.suffix.lower() not in (".jpg", ".jpeg"):
        return False
    with frame.path.open("rb") as file:
        return orientation(file) == 1 and image_size(frame.path) == size
