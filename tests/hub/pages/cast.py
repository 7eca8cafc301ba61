"""A hub with users, nodes, cameras, frames, offers and jobs, as its pages show them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.hub.database import audit
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.frames import add_frame, use_frames
from lotwise.hub.database.nodes import decide, enrol, node_of
from lotwise.hub.database.offers import change_offer, make_offer, offers_of
from lotwise.hub.database.reports import Said, note_report
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.hub import Hub
from lotwise.hub.jobs.queue import enqueue
from lotwise.hub.orders import answer
from lotwise.hub.users.accounts import add_user
from lotwise.node.hub.messages import CameraCard, CameraReport, Orders, Report
from lotwise.node.hub.signing import check_signature
from lotwise.node.slot_editing.document import as_saved, entries_version
from lotwise.node.slot_editing.sent_slot import SentSlot
from tests.hub.signed_client import jpeg_of

PASSWORD = "four words are better"
NORTH, SOUTH, STRANGER = "ab" * 16, "cd" * 16, "ef" * 16
LIVE, OFFERED, REFUSED = "0123456789abcdef", "fedcba9876543210", "00112233445566aa"
STATES = "fofou"
"""Of the five slots of north's C1."""
SQUARE = ((0.1, 0.5), (0.4, 0.5), (0.4, 0.9), (0.1, 0.9))


def add_people(hub: Hub) -> None:
    """One of each role: vera looks, otto decides, anna does all."""
    with hub.database.writing() as session:
        add_user(session, "vera", "viewer", PASSWORD)
        add_user(session, "otto", "operator", PASSWORD)
        add_user(session, "anna", "admin", PASSWORD)


def add_cast(hub: Hub, pictures: Sequence[bytes] = ()) -> None:
    """North with C1 (good) and roof east (retrain, an offer stands), south with C1 (silent); a stranger waits.

    Args:
        hub: empty.
        pictures: JPEGs of north's C1; small ones of noise by default.
    """
    now = datetime.now(UTC)
    with hub.database.writing() as session:
        for node, name in ((NORTH, "north"), (SOUTH, "south"), (STRANGER, "<b>stranger</b>")):
            row = enrol(session, node, name, "key", "lotwise 0.1.0", None, now - timedelta(hours=3))
            if node != STRANGER:
                decide(session, row, "accepted", "canary" if node == SOUTH else None)
        slots = [{"id": str(number), "polygon": [(x + number * 0.1, y) for x, y in SQUARE]} for number in range(5)]
        card = CameraCard.model_validate({"slots": slots})
        for hours in range(60, -1, -4):
            busy = 3 + hours % 5
            moment, states = now - timedelta(hours=hours), STATES if not hours else ""
            _say(hub, session, NORTH, "C1", moment, card, 0.987, "good", 10 - busy, busy, states=states)
        _say(hub, session, NORTH, "roof east", now, card, 0.612, "retrain", 2, 3, reasons=("many faint boxes", "night"))
        _say(hub, session, SOUTH, "C1", now - timedelta(hours=5), card, None, None, 0, 0, source="down")
        first = find_camera(session, NORTH, "C1")
        first.card, first.card_stamp = card.model_dump(mode="json"), card.stamp
        make_offer(session, _offer("C1", LIVE, now)).state = "live"
        change_offer(make_offer(session, _offer("C1", REFUSED, now)), "refused", now, "worse by 0.08 on 40 frames")
        make_offer(session, _offer("roof east", OFFERED, now))
        enqueue(session, "retrain", NORTH, "C1", "6 new frames; the node's verdict is watch")
        audit.note(session, "hub", "offer", f"{NORTH[:12]} C1", {"bundle": LIVE, "how": "live"}, now)
    for number, jpeg in enumerate(pictures or [jpeg_of(seed, 320, 240) for seed in range(4)]):
        add_picture(hub, NORTH, "C1", jpeg, now - timedelta(minutes=30 * number), used=number >= 2)


def add_picture(hub: Hub, node: str, camera: str, jpeg: bytes, taken: datetime, used: bool = False) -> str:
    """A frame with its file; its hash."""
    digest = hashlib.sha256(jpeg).hexdigest()
    path = hub.folders.frame(node, camera, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg)
    with hub.database.writing() as session:
        add_frame(session, node, camera, digest, taken, ["new light"], len(jpeg))
        if used:
            use_frames(session, node, camera, [digest])
    return digest


def node_state(hub: Hub, node: str) -> str:
    """What was decided of a node."""
    with hub.database.reading() as session:
        row = node_of(session, node)
        assert row is not None
        return row.state


def asked(hub: Hub, camera: str = "C1", node: str = NORTH) -> str:
    """Who asks for a camera to be retrained."""
    with hub.database.reading() as session:
        return find_camera(session, node, camera).asked


def _say(
    hub, session, node, camera, time, card, accuracy, verdict, free, occupied, source="live", reasons=(), states=""
) -> None:
    said = CameraReport(
        card=card.stamp, verdict=verdict, accuracy=accuracy, low=accuracy and accuracy - 0.02,
        high=accuracy and accuracy + 0.01, reasons=reasons, view="good" if source == "live" else "", source=source,
        free=free, occupied=occupied, unknown=1, live=LIVE, states=states,
    )  # fmt: skip
    whole = said.model_dump(mode="json")
    row = Said(
        camera=camera, live=LIVE, verdict=verdict or "", accuracy=accuracy, view=said.view, free=free,
        occupied=occupied, unknown=1, whole=whole,
    )  # fmt: skip
    note_report(session, node, row, time, None)


def _offer(camera: str, identity: str, now: datetime) -> OfferRow:
    return OfferRow(
        node=NORTH, camera=camera, identity=identity, role="student", how="shadow", why="retrained with 6 new frames",
        files=[], signature="", state="offered", offered=now, changed=now,
    )  # fmt: skip


@dataclass
class SlotNode:
    """North as far as the slots of its C1 go: it has a slot file, and lets the hub change it.

    Attributes:
        hub: that it reports to.
        entries: of its slot file.
    """

    hub: Hub
    entries: tuple[SlotEntry, ...]

    @property
    def version(self) -> str:
        return entries_version(self.entries)

    def report(self, declined: dict[str, str] | None = None, allow: bool = True, ask: bool = True) -> Orders:
        """Tell how the slots are, once more with all of them where the hub wants that; what the hub says."""
        said = CameraReport(
            card="0" * 16, live=LIVE, slots_version=self.version if allow else None, declined=declined or {}
        )
        now, documents = datetime.now(UTC), {}
        orders = answer(self.hub, NORTH, Report(time=now, cameras={"C1": said}))
        if orders.documents and ask:
            documents = {"C1": tuple(SentSlot.model_validate(one.model_dump()) for one in self.entries)}
            orders = answer(self.hub, NORTH, Report(time=now, cameras={"C1": said}, documents=documents))
        return orders

    def take(self) -> Orders:
        """Do what the hub orders, as a node does."""
        for order in self.report().slots:
            assert self.version in order.seen and check_signature(
                self.hub.keys.public, order.signed_text, order.signature
            )
            assert entries_version(order.slots) == order.version
            self.entries = tuple(SlotEntry.model_validate(one.model_dump()) for one in order.slots)
        return self.report()


def slot_node(hub: Hub) -> SlotNode:
    """North with five slots at C1, one of them only proposed."""
    with hub.database.writing() as session:
        for row in offers_of(session, NORTH):  # they have no files, and cannot be sent
            session.delete(row)
    entries = [
        SlotEntry(id=str(number), polygon=tuple((x + number * 0.1, y) for x, y in SQUARE)) for number in range(5)
    ]
    entries[4] = entries[4].model_copy(update={"status": "proposed"})
    node = SlotNode(hub, as_saved(entries))
    assert node.report().documents == ()
    return node
