"""What a slot editor may ask of what stands behind it: a running node, or a site file and saved pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lotwise.cameras.site.slot_storage import SlotStorage
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.datasets.frame import Slot


@dataclass(frozen=True)
class EditedPicture:
    """A picture to draw on.

    Attributes:
        name: for people; a time, or a file's name.
        jpeg: the whole picture.
        size: (width, height) in pixels.
        shift: x, y by which the view has moved, in shares of the frame: slots show moved by it.
        note: what is wrong with the view, in one line; "" where nothing is.
    """

    name: str
    jpeg: bytes
    size: tuple[int, int]
    shift: tuple[float, float] = (0.0, 0.0)
    note: str = ""


class EditedSite(Protocol):
    """Cameras whose slots are edited; every method is called from the server's threads."""

    @property
    def name(self) -> str:
        """Name of the site."""

    @property
    def cameras(self) -> Sequence[str]:
        """Ids."""

    def storage(self, camera: str) -> SlotStorage:
        """Where the slot files of a camera are."""

    def bundle_slots(self, camera: str) -> tuple[Slot, ...]:
        """Slots that its live bundle carries."""

    def pictures(self, camera: str) -> Sequence[str]:
        """Names of the pictures that can be drawn on, the best one first; empty where there is none yet."""

    def picture(self, camera: str, number: int) -> EditedPicture | None:
        """One of them; None where it is not there, or cannot be read any more."""

    def seen_frames(self, camera: str) -> Sequence[SeenFrame]:
        """What was found on the last frames or on the saved pictures, as far as they have been looked at."""

    def unread(self, camera: str) -> str:
        """Why no slots can be read, in one line; "" where they can."""

    def saved(self, camera: str, by: str, before: int, after: int) -> None:
        """Tell that somebody saved slots.

        Args:
            camera: its id.
            by: address that it was saved from.
            before, after: number of slots.
        """
