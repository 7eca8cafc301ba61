"""The neighbour's bundle as a detector of this node: only the network itself is elsewhere."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.bundle import Manifest
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, Detector
from lotwise.cameras.slots.seen_boxes import NO_BOXES, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES, parse_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.node.offloading.lane import Lane, Question
from lotwise.node.serving.messages import Card, frame_bytes


class NoAnswer(Exception):
    """The neighbour has not answered in time; the frame is to be read here."""


class NeighbourNetwork:
    """Meets :class:`lotwise.cameras.detection.backends.network.Network`. Used by the camera's thread.

    Args:
        lane: the way to the neighbour.
        manifest: of the bundle there.
        least_score: raw score under which no box is wanted.
        quality: JPEG quality of the frames, of 100.
    """

    name = "neighbour"
    metadata: Mapping[str, str] = {}

    def __init__(self, lane: Lane, manifest: Manifest, least_score: float, quality: int) -> None:
        self._lane, self._bundle = lane, manifest.identity
        self._size, self._least_score, self._quality = manifest.input, least_score, quality
        self.wait_s = 0.0
        """Seconds for which the next answer is waited for."""

    @property
    def input(self) -> tuple[int, int, int]:
        return 1, self._size[1], self._size[0]

    @property
    def outputs(self) -> Mapping[str, tuple[int | None, ...]]:
        return {"boxes": (1, None, 4), "scores": (1, None)}

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Boxes (1, N, 4) in pixels of the input and raw scores (1, N) of one image (1, H, W, 3).

        Raises:
            NoAnswer: none came in time.
        """
        sent = self._lane.send(self._question(images, trial=False))
        found = sent.wait(self.wait_s) if sent is not None else None
        if found is None:
            raise NoAnswer("late" if sent is not None else "under way")
        boxes, scores = found
        return [boxes[None], scores[None]]

    def try_out(self, images: NDArray[np.uint8]) -> bool:
        """Send an image on trial; nobody waits for the answer. Whether it was sent: not while another one is under
        way."""
        return self._lane.send(self._question(images, trial=True)) is not None

    def rest(self) -> None:
        """Nothing to give back."""

    def _question(self, images: NDArray[np.uint8], trial: bool) -> Question:
        return Question(self._bundle, self._least_score, frame_bytes(images[0], self._quality), trial)


def neighbour_detector(card: Card, cameras: tuple[str, ...], low: float, lane: Lane, quality: int) -> Detector:
    """A detector that the neighbour runs, with the thresholds and slots of its own bundle.

    Args:
        card: what it says of its bundle.
        cameras: ids for which the bundle may have been made.
        low: boxes from this calibrated score up are wanted, where that is under the bundle's own thresholds.
        lane: the way to it.
        quality: JPEG quality of the frames, of 100.

    Raises:
        InputError: its bundle was made for another camera, or its boxes are not those that its manifest vouches for.
    """
    manifest = card.manifest
    if manifest.camera not in cameras:
        raise InputError(
            f"its bundle {manifest.identity} was made for camera {manifest.camera}, not for {' or '.join(cameras)}; "
            "name the right bundle in its serve_detection.cameras"
        )
    thresholds = (low, manifest.confidence, manifest.slot_confidence or 1.0)
    wanted = min(thresholds)
    # A little under it, as the calibration of what is there cannot be undone to the last bit.
    raw = wanted if manifest.calibration is None else 0.999 * manifest.calibration.raw(wanted)
    network = NeighbourNetwork(lane, manifest, max(raw, MIN_REPORTED_SCORE), quality)
    return Detector(
        network, manifest.input, manifest.confidence, manifest.overlap, manifest=manifest, seen_boxes=_seen_boxes(card)
    )  # fmt: skip


def _seen_boxes(card: Card) -> SeenBoxes:
    vouched, given = card.manifest.files.get(SEEN_BOXES), card.seen_boxes
    if vouched is None:
        return NO_BOXES
    if given is None or hashlib.sha256(given).hexdigest() != vouched:
        raise InputError(
            f"the boxes that its bundle {card.manifest.identity} carries are not whole; copy it there again"
        )
    return parse_seen_boxes(io.BytesIO(given), f"the boxes of its bundle {card.manifest.identity}")
