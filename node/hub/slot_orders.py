"""Slots that people draw at the hub: taken where the site file lets the hub, nobody has changed them here, and a slot
file with them would be read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_file import write_slot_entries
from lotwise.cameras.site.slot_storage import SlotStorage
from lotwise.datasets.errors import InputError
from lotwise.datasets.file_stamp import file_stamp
from lotwise.datasets.frame import Slot
from lotwise.node.hub.messages import Document, SlotOrder
from lotwise.node.hub.signing import check_signature
from lotwise.node.hub.telling import Telling
from lotwise.node.slot_editing.document import (
    ChangedMeanwhile,
    SlotDocument,
    entries_version,
    read_document,
    save_document,
)
from lotwise.node.slot_editing.sent_slot import MAX_CORNERS, MAX_SLOTS, SentSlot

EARLIER = "slots"
"""Folder in the node's hub folder: for each camera what its slots were before the hub changed them."""
KEPT = 10
"""Earlier slots of each camera that are kept there, the newest."""


TOO_MUCH = f"more than {MAX_SLOTS} slots, or a slot with a long id or more than {MAX_CORNERS} corners"
SENT: TypeAdapter[tuple[SentSlot, ...]] = TypeAdapter(Document)


@dataclass(frozen=True)
class ToldSlots:
    """All that a camera's slot file has.

    Attributes:
        version: of it, as an editor has it.
        slots: proposals too.
    """

    version: str
    slots: tuple[SentSlot, ...]


class EditedSlots(Protocol):
    """The slots of the node's cameras, as its own editor has them."""

    def storage(self, camera: str) -> SlotStorage:
        """Where the slot files of a camera are."""

    def bundle_slots(self, camera: str) -> tuple[Slot, ...]:
        """Slots that its live bundle carries."""

    def saved(self, camera: str, by: str, before: int, after: int) -> None:
        """Tell that somebody saved slots."""


class SlotOrders:
    """Used by one thread.

    Args:
        allow: whether the hub may change slots, or read more of them than its card has.
        slots: of the node's cameras.
        folder: the node's hub folder.
        hub_key: the one key whose orders are taken.
        telling: where it is said.
    """

    def __init__(
        self, allow: bool, slots: EditedSlots, folder: Path, hub_key: Callable[[], str], telling: Telling
    ) -> None:
        self._allow, self._slots, self._folder = allow, slots, folder / EARLIER
        self._hub_key, self._telling = hub_key, telling
        self._declined: dict[str, dict[str, str]] = {}
        self._read: dict[str, tuple[object, ToldSlots]] = {}

    def told(self, camera: str) -> ToldSlots | None:
        """The slots of a camera as its editor opens them; None where the hub may not change them.

        A slot file is read again once it has changed.
        """
        if not self._allow:
            return None
        try:
            storage, bundle_slots = self._slots.storage(camera), self._slots.bundle_slots(camera)
            stamp = (storage, file_stamp(storage.read), bundle_slots)
            kept = self._read.get(camera)
            if kept is None or kept[0] != stamp:
                document = read_document(storage, bundle_slots)
                told = SENT.validate_python([entry.model_dump() for entry in document.entries])
                kept = self._read[camera] = (stamp, ToldSlots(document.version, told))
            self._telling.over(f"slots {camera}")
            return kept[1]
        except (InputError, ValidationError) as error:
            why = str(error) if isinstance(error, InputError) else TOO_MUCH
            self._telling.warn(f"slots {camera}", f"camera {camera}: its slots are not told to the hub: {why}")
            return None

    def declined(self, camera: str) -> Mapping[str, str]:
        """Orders of last time that are not followed, and why, by the version of their slots."""
        return self._declined.get(camera, {})

    def follow(self, orders: Sequence[SlotOrder], cameras: Collection[str]) -> bool:
        """Save what is ordered.

        Args:
            orders: of the hub.
            cameras: that this node runs.

        Returns:
            Whether the hub should hear of it at once.
        """
        self._declined = {}
        for order in orders:
            if why := self._mistake(order, cameras) or self._save(order):
                self._declined.setdefault(order.camera, {})[order.version] = why
                self._telling.warn(f"order {order.version}", f"camera {order.camera}: slots of {order.by}: {why}")
        return bool(orders)

    def _mistake(self, order: SlotOrder, cameras: Collection[str]) -> str:
        """Why an order is not even tried; "" where it is."""
        if not self._allow:
            return "the node's site file does not say hub.slots.allow: true"
        if order.camera not in cameras:
            return "this node has no such camera"
        if not check_signature(self._hub_key(), order.signed_text, order.signature):
            return "they are not signed with the hub's key that this node knows"
        if entries_version(order.slots) != order.version:
            return "they are not those that the hub has signed"
        return ""

    def _save(self, order: SlotOrder) -> str:
        """Save the slots of an order; "" or why not."""
        storage, bundle_slots = self._slots.storage(order.camera), self._slots.bundle_slots(order.camera)
        entries = tuple(SlotEntry.model_validate(one.model_dump()) for one in order.slots)
        try:
            now = read_document(storage, bundle_slots)
            if now.version == order.version:
                return ""  # it was followed, and the hub has yet to hear of it
            if now.version not in order.seen:
                return _changed(now)
            self._keep(order.camera, now)
            before, after = save_document(storage, bundle_slots, entries, now.version)
        except ChangedMeanwhile as changed:
            return _changed(changed.now)
        except (InputError, OSError) as error:
            return str(error)
        self._slots.saved(order.camera, f"{order.by} at the hub", len(before.entries), len(after.entries))
        self._telling.note(
            f"order {order.version}",
            f"camera {order.camera}: {len(after.entries)} slots of {order.by} are in force; the {len(before.entries)} "
            f"of before are kept in {self._folder / order.camera}",
        )
        return ""

    def _keep(self, camera: str, before: SlotDocument) -> None:
        """Keep what is about to be replaced, as a slot file that can be copied back.

        Raises:
            InputError: it cannot be written.
            OSError: likewise.
        """
        folder = self._folder / camera
        folder.mkdir(parents=True, exist_ok=True)
        write_slot_entries(folder / f"{before.version}.json", before.entries)
        kept = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        for file in kept[:-KEPT]:
            file.unlink()


def _changed(now: SlotDocument) -> str:
    return f"its slots were changed at the node meanwhile, and are {len(now.entries)} now; open them again, and merge"
