"""A camera's slots as the editor opens and saves them at the hub."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from pydantic import ValidationError
from sqlalchemy.orm import Session

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.datasets.errors import InputError
from lotwise.datasets.images import image_size
from lotwise.hub.database import audit
from lotwise.hub.database.cameras import camera_of, cameras_of
from lotwise.hub.database.frames import kept_pictures
from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.slots import entries_of, newest_order
from lotwise.hub.database.tables import CameraRow, FrameRow, NodeRow
from lotwise.hub.hub import Hub
from lotwise.hub.pages.actions.action import Target
from lotwise.hub.pages.actions.slot_actions import SLOTS_NOTED
from lotwise.hub.pages.asking import PageFailed
from lotwise.hub.pages.times import clock
from lotwise.hub.slot_orders import ENTRIES, order_slots, wanted_version
from lotwise.hub.store.keys import frame_key
from lotwise.hub.store.store import NotStored
from lotwise.node.http.slot_editor.models import RefusedAnswer, SlotsAnswer
from lotwise.node.slot_editing.document import as_saved, entries_version
from lotwise.node.slot_editing.edited_site import EditedPicture

MOST_PICTURES = 12
BATCH_BYTES = 8
NOT_ALLOWED = (
    "the node does not let its hub change slots; give its site file hub: slots: {allow: true} and start it again, "
    "or draw them in its own editor"
)
WAITS = "Saved. The node takes it with its next report; the page of the camera says when it has"


class ChangedMeanwhile(Exception):
    """Somebody else has saved since the slots were opened, here or at the node."""

    def __init__(self, now: SlotsAnswer) -> None:
        super().__init__("somebody else has saved these slots meanwhile")
        self.now = now


def opened(session: Session, node: str, camera: str) -> SlotsAnswer:
    """The slots of a camera as its node has them, or was told to have them.

    Raises:
        PageFailed: there is no such camera.
    """
    owner, row = _found(session, node, camera)
    version = wanted_version(session, row)
    known = entries_of(session, node, camera, version) if version else None
    pictures = kept_pictures(session, node, camera, MOST_PICTURES)
    order = newest_order(session, node, camera)
    refused = None
    if order is not None and order.state == "refused" and version:
        base, slots = (ENTRIES.validate_python(one) for one in (order.base, order.entries))
        refused = RefusedAnswer(why=order.why, base=base, slots=slots)
    return SlotsAnswer(
        camera=camera,
        site=owner.name,
        version=version,
        slots=ENTRIES.validate_python((row.card or {}).get("slots", ()) if known is None else known),
        origin="file",
        file=f"node {owner.name}",
        unwritable=NOT_ALLOWED if known is None else "",
        pictures=tuple(clock(one.taken) for one in pictures),
        refused=refused,
    )


def saved(session: Session, hub: Hub, node: str, camera: str, sent: Sequence[SlotEntry], seen: str, who: str) -> str:
    """Let the node take slots, and note it; the name under which it is noted, "" where nothing was changed.

    Args:
        session: to write with.
        hub: that signs.
        node, camera: whose slots.
        sent: all of them from now on.
        seen: version of the slots that were changed.
        who: has drawn them.

    Raises:
        ChangedMeanwhile: nothing was changed.
        InputError: a slot that a slot file would be refused for, or the node does not let its hub change slots.
        PageFailed: there is no such camera.
    """
    owner, row = _found(session, node, camera)
    if not row.slots_version:
        raise InputError(NOT_ALLOWED)
    before = wanted_version(session, row)
    if before != seen:
        raise ChangedMeanwhile(opened(session, node, camera))
    try:
        entries = as_saved([SlotEntry.model_validate(one.model_dump()) for one in sent])
    except ValidationError as error:
        raise InputError(" ".join(str(error).split())) from error
    if entries_version(entries) == before:
        return ""
    batch, count = secrets.token_hex(BATCH_BYTES), len(entries_of(session, node, camera, before) or ())
    order = order_slots(session, hub, row, entries, who)
    details = {
        "batch": batch, "target": str(Target(node, camera)), "before": before, "after": order.version,
        "slots": f"{count} → {len(entries)}",
    }  # fmt: skip
    audit.note(session, who, SLOTS_NOTED, f"{owner.name} {camera}", details)
    return batch


def picture(hub: Hub, node: str, camera: str, number: int) -> EditedPicture | None:
    """One of the newest frames that the hub has of a camera; None where there is none of this number.

    Raises:
        PageFailed: the store cannot be reached.
    """
    with hub.database.reading() as session:
        rows = kept_pictures(session, node, camera, MOST_PICTURES)
    if number >= len(rows):
        return None
    row: FrameRow = rows[number]
    try:
        path = hub.store.local(frame_key(row.node, row.camera, row.sha256), row.sha256)
        return EditedPicture(clock(row.taken), path.read_bytes(), image_size(path))
    except (NotStored, InputError):
        return None
    except OSError as error:
        raise PageFailed(503, "error.store") from error


def cameras_of_node(session: Session, node: str) -> tuple[NodeRow, list[str]]:
    """A node, and ids of its cameras.

    Raises:
        PageFailed: there is no such node.
    """
    owner = node_of(session, node)
    if owner is None:
        raise PageFailed(404, "error.not_found")
    return owner, [one.camera for one in cameras_of(session, node)]


def _found(session: Session, node: str, camera: str) -> tuple[NodeRow, CameraRow]:
    owner, row = node_of(session, node), camera_of(session, node, camera)
    if owner is None or row is None:
        raise PageFailed(404, "error.not_found")
    return owner, row
