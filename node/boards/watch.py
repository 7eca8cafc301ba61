"""Tells when a camera's student is read without some of its boards, and when with all of them again."""

from __future__ import annotations

from datetime import datetime

from lotwise.cameras.detection.detector import Detector
from lotwise.node.boards.leader import boards_of
from lotwise.node.boards.words import lost_words
from lotwise.node.state import Event

WHOLE, PARTLY = "all boards", "boards lost"
"""States of an event ``boards``."""


class BoardsWatch:
    """Of one camera; used by its loop.

    Args:
        camera: its id.
    """

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._lost: tuple[int, ...] = ()

    @property
    def any_lost(self) -> bool:
        """Whether the last frame was read without some board."""
        return bool(self._lost)

    def look(self, detector: Detector, time: datetime) -> list[Event]:
        """After a frame that the detector has read.

        Args:
            detector: of the camera.
            time: when the frame was taken.

        Returns:
            An event where other boards are lost than before.
        """
        boards = boards_of(detector)
        lost = tuple(board.number for board in boards if not board.answers)
        if lost == self._lost:
            return []
        before, after = (PARTLY if some else WHOLE for some in (self._lost, lost))
        self._lost = lost
        return [Event(time, "camera", self._camera, "boards", before, after, {"why": lost_words(boards)})]
