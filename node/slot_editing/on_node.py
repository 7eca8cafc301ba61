"""The cameras of a running node as the slot editor edits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_storage import SlotStorage, slot_storage
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.datasets.frame import Slot
from lotwise.node.node import Node
from lotwise.node.picture import encoded
from lotwise.node.slot_editing.edited_site import EditedPicture
from lotwise.node.state import CameraNow, Event
from lotwise.node.wording import cause

PICTURES_KEPT = 3
"""Last pictures of a camera that somebody may be drawing on."""


class NodeSlots:
    """Slots, pictures and boxes of a node's cameras.

    Args:
        site: the whole site file, with absolute paths.
        node: that runs it, or some of its cameras.
    """

    def __init__(self, site: Site, node: Node) -> None:
        self._site, self._node = site, node
        self._pictured: dict[str, tuple[SeenFrame, ...]] = {}

    @property
    def name(self) -> str:
        """Name of the site."""
        return self._site.name

    @property
    def cameras(self) -> Sequence[str]:
        """Ids of the cameras that run."""
        return tuple(self._node.now().cameras)

    def storage(self, camera: str) -> SlotStorage:
        """Where the slot files of a camera are."""
        return slot_storage(self._site, camera)

    def bundle_slots(self, camera: str) -> tuple[Slot, ...]:
        """Slots that its live bundle carries."""
        return self._node.loop(camera).bundle_slots

    def pictures(self, camera: str) -> Sequence[str]:
        """The name of the last frame."""
        shown = self._node.picture(camera)
        return () if shown is None else (_name(shown[1].time),)

    def picture(self, camera: str, number: int) -> EditedPicture | None:
        """The last frame, whatever number is asked for: there is no other."""
        shown = self._node.picture(camera)
        if shown is None:
            return None
        image, now, _ = shown
        self._keep_seen(camera, now)
        size = image.shape[1], image.shape[0]
        return EditedPicture(_name(now.time), encoded(image), size, now.view.shift, cause(now))

    def seen_frames(self, camera: str) -> Sequence[SeenFrame]:
        """What was found on the last pictures that were drawn on, and on the last detected frames."""
        return *self._pictured.get(camera, ()), *self._node.loop(camera).seen_frames

    def _keep_seen(self, camera: str, now: CameraNow) -> None:
        """Keep what was found on a picture for as long as it may be drawn on: it must be read as it is seen."""
        if now.time is None or now.view.verdict != "good":
            return
        frames = [frame for frame in self._node.loop(camera).seen_frames if frame.taken and frame.taken <= now.time]
        kept = self._pictured.get(camera, ())
        if frames and all(frame.name != _name(now.time) for frame in kept):
            self._pictured[camera] = (*kept[1 - PICTURES_KEPT :], replace(frames[-1], name=_name(now.time)))

    def unread(self, camera: str) -> str:
        """Why no slots can be read, in one line."""
        return "" if self._node.loop(camera).seen_frames else "no frame was read yet"

    def saved(self, camera: str, by: str, before: int, after: int) -> None:
        """Tell that somebody saved slots: in the history, and so to every subscriber."""
        details = {"why": f"saved from {by}", "by": by}
        self._node.note(Event(datetime.now(UTC), "camera", camera, "slot file", str(before), str(after), details))


def _name(taken: datetime | None) -> str:
    return "last frame" if taken is None else taken.isoformat()
