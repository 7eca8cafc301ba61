"""Slots that people draw at the hub: signed, sent with the answer to a report, followed until the node has decided."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.datasets.errors import InputError
from lotwise.hub.database import audit
from lotwise.hub.database.slot_tables import SlotOrderRow
from lotwise.hub.database.slots import change_order, entries_of, keep_document, standing_orders
from lotwise.hub.database.tables import CameraRow
from lotwise.hub.hub import Hub
from lotwise.hub.plain import plain_line
from lotwise.node.hub.messages import CameraReport, SlotOrder, slot_order_text
from lotwise.node.slot_editing.document import entries_version
from lotwise.node.slot_editing.sent_slot import SentSlot

log = logging.getLogger(__name__)

MOST_DOCUMENTS = 5
"""Cameras whose whole slots are asked for at once: a thousand slots each would make a report too long."""
MOST_SEEN = 20
ENTRIES: TypeAdapter[tuple[SlotEntry, ...]] = TypeAdapter(tuple[SlotEntry, ...])


def follow_slots(
    session: Session,
    camera: CameraRow,
    said: CameraReport,
    document: Sequence[SentSlot] | None,
    order: SlotOrderRow | None,
    now: datetime,
) -> bool:
    """Note what a node says of a camera's slots.

    Args:
        session: to write with.
        camera: whose slots.
        said: by its node.
        document: all of the slots, where the hub has asked for them.
        order: drawn here and not decided of by the node.
        now: the moment.

    Returns:
        Whether the hub needs all of the slots.
    """
    version = said.slots_version or ""
    if order is not None:
        _follow_order(session, camera, said, order, version, now)
    if not version or version == camera.slots_version:
        camera.slots_version = version
        return False
    if document is not None and entries_version(document) == version:
        keep_document(session, camera.node, camera.camera, version, _as_json(document))
    elif order is not None and version == order.version:
        keep_document(session, camera.node, camera.camera, version, order.entries)
    else:
        return True
    camera.slots_version = version
    return False


def order_slots(
    session: Session, hub: Hub, camera: CameraRow, entries: Sequence[SlotEntry], who: str, now: datetime | None = None
) -> SlotOrderRow:
    """Let a node take other slots for a camera, in place of those that it has or was told to take.

    Args:
        session: to write with.
        hub: that signs.
        camera: which.
        entries: all of its slots from then on, as a slot file has them.
        who: has drawn them.
        now: the moment.

    Raises:
        InputError: the node does not let its hub change slots.
    """
    if not camera.slots_version:
        raise InputError("the node does not let its hub change slots")
    moment = now or datetime.now(UTC)
    before = standing_orders(session, camera.node).get(camera.camera)
    # The node may have taken the order before this one, and not said so yet.
    seen = [camera.slots_version, *([] if before is None else [before.version, *before.seen])]
    seen = list(dict.fromkeys(seen))[:MOST_SEEN]
    base = wanted_version(session, camera)
    version = entries_version(entries)
    if before is not None:
        change_order(before, "replaced", moment)
    row = SlotOrderRow(
        node=camera.node,
        camera=camera.camera,
        seen=seen,
        version=version,
        entries=_as_json(entries),
        base_version=base,
        base=entries_of(session, camera.node, camera.camera, base) or [],
        who=who[:200],
        signature=hub.keys.sign(slot_order_text(camera.camera, seen, version, who[:200])),
        state="ordered",
        created=moment,
        changed=moment,
    )
    session.add(row)
    session.flush()
    return row


def wanted_version(session: Session, camera: CameraRow) -> str:
    """Version of the slots that a camera's node was told to take, or else has; "" where the hub may not change them."""
    order = standing_orders(session, camera.node).get(camera.camera)
    return order.version if order is not None and camera.slots_version else camera.slots_version


def slot_order(row: SlotOrderRow) -> SlotOrder:
    """As the node is told."""
    return SlotOrder.model_validate(
        {
            "camera": row.camera,
            "seen": row.seen,
            "version": row.version,
            "slots": row.entries,
            "by": row.who,
            "signature": row.signature,
        }
    )


def _follow_order(
    session: Session, camera: CameraRow, said: CameraReport, order: SlotOrderRow, version: str, now: datetime
) -> None:
    if version == order.version:
        change_order(order, "done", now)
    elif not version:
        change_order(order, "refused", now, "the node does not let its hub change slots any more")
    elif order.version in said.declined:
        change_order(order, "refused", now, plain_line(said.declined[order.version]))
    else:
        return
    who, what = f"node {camera.node[:12]}", f"{camera.node[:12]} {camera.camera}"
    audit.note(session, who, f"slots {order.state}", what, {"why": order.why} if order.why else {}, now)
    log.info("%s: slots of %s are %s %s", what, order.who, order.state, order.why)


def _as_json(entries: Sequence[SlotEntry]) -> list[Any]:
    return [entry.model_dump(mode="json") for entry in entries]
