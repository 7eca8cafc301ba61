"""The bundles by which this node reads others' frames: loaded when they are asked for, and only so many at once."""

from __future__ import annotations

import io
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lotwise.cameras.detection.bundle import MANIFEST
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, Detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES
from lotwise.datasets.image_header import stored_size
from lotwise.datasets.suppression import suppress
from lotwise.node.serving.messages import Card, boxes_bytes

log = logging.getLogger(__name__)


class NotServed(Exception):
    """No frame of this camera is read here; the text says of which."""


class OtherBundle(Exception):
    """Another bundle reads the camera by now than the one that is asked for; the text says which."""


class NoFrame(Exception):
    """What was sent is no frame that the bundle can read; the text says why."""


@dataclass(frozen=True)
class Served:
    """A loaded bundle and its folder."""

    detector: Detector
    folder: Path

    def card(self) -> bytes:
        """What its neighbours must know of it, as JSON."""
        manifest = self.detector.manifest
        assert manifest is not None
        boxes = (self.folder / SEEN_BOXES).read_bytes() if SEEN_BOXES in manifest.files else None
        card = Card.model_construct(manifest=manifest, seen_boxes=boxes)
        return card.model_dump_json(exclude={"manifest": manifest.unsaid}).encode()


class ServedDetectors:
    """Any thread may ask.

    Args:
        bundles: registry of bundles, or one bundle, by camera id.
        load: from a bundle's folder to a detector that several threads may run.
        most: bundles that are kept loaded.
    """

    def __init__(self, bundles: Mapping[str, Path], load: Callable[[Path], Detector], most: int) -> None:
        self._bundles, self._load, self._most = bundles, load, most
        self._lock, self._loading = threading.Lock(), threading.Lock()
        self._loaded: OrderedDict[str, Served] = OrderedDict()
        self._live: dict[str, tuple[tuple[int, ...], Path]] = {}

    @property
    def loaded(self) -> tuple[str, ...]:
        """Cameras whose bundles are loaded, the one asked for longest ago first."""
        with self._lock:
            return tuple(self._loaded)

    def served(self, camera: str) -> Served:
        """The bundle that reads a camera's frames now.

        Raises:
            NotServed: none does.
            InputError: it cannot be loaded.
        """
        if camera not in self._bundles:
            raise NotServed(f"this node reads no frames of camera {camera!r}; it reads {', '.join(self._bundles)}")
        folder = self._folder(camera)
        if (served := self._kept(camera, folder)) is not None:
            return served
        with self._loading:  # one after the other, so that no more than the allowed ones are ever in memory
            if (served := self._kept(camera, folder)) is not None:
                return served
            with self._lock:
                self._loaded.pop(camera, None)
                while len(self._loaded) >= self._most:
                    self._loaded.popitem(last=False)
            served = Served(self._warm(folder), folder)
            with self._lock:
                self._loaded[camera] = served
        log.info("detection for neighbours: camera %s is read by bundle %s", camera, served.detector.identity)
        return served

    def read(self, camera: str, bundle: str, frame: bytes, least_score: float) -> bytes:
        """What a bundle finds on a frame, as it travels.

        Args:
            camera: its id.
            bundle: identity of the bundle that is to read it.
            frame: JPEG at the size of the bundle's input.
            least_score: raw score under which no box is wanted.

        Raises:
            NotServed, InputError: as of :meth:`served`.
            OtherBundle: another one reads the camera.
            NoFrame: it is none.
        """
        detector = self.served(camera).detector
        if detector.identity != bundle:
            raise OtherBundle(f"camera {camera} is read by bundle {detector.identity}, not by {bundle}")
        found = detector.candidates_of_inputs(_decoded(frame, detector.input)[None])[0]
        least = max(least_score, MIN_REPORTED_SCORE)
        if detector.overlap is None:
            found = found[found.scores >= least]
            found = found[np.argsort(-found.scores, kind="stable")]
        else:
            found = suppress(found, confidence=least, iou=detector.overlap)
        return boxes_bytes(found.boxes, found.scores)

    def _kept(self, camera: str, folder: Path) -> Served | None:
        with self._lock:
            served = self._loaded.get(camera)
            if served is None or served.folder != folder:
                return None
            self._loaded.move_to_end(camera)
            return served

    def _folder(self, camera: str) -> Path:
        """Of the bundle that is live; its files are looked at where the registry has changed."""
        bundles = self._bundles[camera]
        if (bundles / MANIFEST).is_file():
            return bundles
        registry = Registry(bundles)
        stamp, known = registry.stamp(), self._live.get(camera)
        if known is None or known[0] != stamp:
            known = self._live[camera] = stamp, registry.live()
        return known[1]

    def _warm(self, folder: Path) -> Detector:
        """A model's first frame is slow, and must not count as an answer."""
        detector = self._load(folder)
        width, height = detector.input
        detector.candidates_of_inputs(np.zeros((1, height, width, 3), np.uint8))
        return detector


def _decoded(frame: bytes, size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A JPEG whose header says that it has this size; others are not even begun to be decoded."""
    expected = f"expected a JPEG of {size[0]}x{size[1]} pixels, the size of the bundle's input"
    found = stored_size(io.BytesIO(frame)) if frame.startswith(b"\xff\xd8") else None
    if found != size:
        raise NoFrame(f"{expected}, got {f'{found[0]}x{found[1]}' if found else 'something else'}")
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(np.frombuffer(frame, np.uint8), flags)
    if image is None or image.shape != (size[1], size[0], 3):
        raise NoFrame(f"{expected}; what came cannot be decoded")
    return np.asarray(image, np.uint8)
