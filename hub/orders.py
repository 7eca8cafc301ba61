"""A node's report, and what the hub orders in answer: cards it wants, frames it can use, bundles it offers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from lotwise.hub.camera_ids import checked_id
from lotwise.hub.database import audit, nodes
from lotwise.hub.database.cameras import cameras_of
from lotwise.hub.database.frames import frame_counts
from lotwise.hub.database.offers import STANDING, change_offer, offers_of
from lotwise.hub.database.reports import Said, last_rows, note_report
from lotwise.hub.database.slots import standing_orders
from lotwise.hub.database.tables import CameraRow, OfferRow
from lotwise.hub.hub import Hub
from lotwise.hub.jobs.queue import last_jobs
from lotwise.hub.learning.due import WORTH_RETRAINING
from lotwise.hub.learning.enqueue import enqueue_due, waits_for_frame
from lotwise.hub.plain import plain_line
from lotwise.hub.rollouts.advance import advance
from lotwise.hub.settings import LearningSettings
from lotwise.hub.slot_orders import MOST_DOCUMENTS, follow_slots, slot_order
from lotwise.node.hub.messages import CameraReport, Offer, OfferedFile, Orders, Report

log = logging.getLogger(__name__)

MORE_FRAMES = 4
"""A camera that should be retrained may send so many times as many frames as a retraining needs."""


def answer(hub: Hub, node: str, report: Report, now: datetime | None = None) -> Orders:
    """Keep what a node says, and tell it what the hub wants.

    Args:
        hub: the hub.
        node: fingerprint of the node.
        report: what it says.
        now: the moment.

    Raises:
        InputError: the id of a camera cannot name a folder, or there are too many.
    """
    moment = now or datetime.now(UTC)
    learning = hub.file.settings.learning
    cards: list[str] = []
    documents: list[str] = []
    wanted: dict[str, int] = {}
    for one in (*report.cameras, *report.cards, *report.documents):
        checked_id(one)
    queued = False
    with hub.database.writing() as session:
        row = nodes.node_of(session, node)
        if row is None:  # removed since the request was checked
            return Orders(cards=(), frames={}, offers=(), again_s=hub.file.settings.report_s)
        row.seen, row.software = moment, report.software
        # Each asked once for all cameras: hundreds of nodes report every ten seconds.
        known = {one.camera: one.verdict for one in cameras_of(session, node)}
        slots = standing_orders(session, node)
        counts, last, all_offers = frame_counts(session, node), last_rows(session, node), offers_of(session, node)
        last_job_of = last_jobs(session, node)
        for name, said in report.cameras.items():
            camera = note_report(session, node, _said(name, said), moment, last.get(name))
            changed = False
            if name in report.cards:
                card = report.cards[name].model_dump(mode="json")
                changed = card != camera.card
                camera.card, camera.card_stamp = card, report.cards[name].stamp
            if camera.card_stamp != said.card:
                cards.append(name)
            if follow_slots(session, camera, said, report.documents.get(name), slots.get(name), moment):
                documents.append(name)
            news = _follow(session, node, name, said, [one for one in all_offers if one.camera == name], moment)
            if news:
                queued = advance(session, moment) or queued
            if news or name in report.cards or camera.asked or known.get(name) != camera.verdict:
                # A card, a verdict or a decision may be what a job has waited for.
                queued = enqueue_due(session, camera, learning, changed) is not None or queued
            # As due.has_student, of what was asked at once.
            student = (name, "used") in counts or any(one.camera == name for one in all_offers)
            if count := frames_wanted(camera, counts.get((name, "new"), 0), student, learning):
                wanted[name] = count
            elif name in last_job_of and waits_for_frame(session, last_job_of[name], moment):
                # Enough are here, and only one that comes lets the hub try again.
                wanted[name] = 1
        drawn = [slot_order(one) for one in slots.values() if one.state == "ordered" and one.camera in report.cameras]
        offers = [_offer(one) for one in all_offers if one.state in STANDING and one.camera in report.cameras]
    if queued:
        hub.job_came()
    return Orders(
        cards=tuple(cards), documents=tuple(documents[:MOST_DOCUMENTS]), frames=wanted, offers=tuple(offers),
        slots=tuple(drawn), again_s=hub.file.settings.report_s,
    )  # fmt: skip


def frames_wanted(camera: CameraRow, new: int, student: bool, learning: LearningSettings) -> int:
    """How many more frames of a camera the hub can use now.

    Args:
        camera: as its node told last.
        new: frames of it that are here and were not yet learned from.
        student: whether its first student was made.
        learning: when the hub learns.
    """
    if not student:
        return max(0, learning.first_frames - new)
    urgent = camera.asked or not camera.live or camera.verdict in WORTH_RETRAINING
    return max(0, learning.new_frames * (MORE_FRAMES if urgent else 1) - new)


def _said(name: str, said: CameraReport) -> Said:
    return Said(
        camera=name,
        live=said.live or "",
        shadow=said.shadow or "",
        verdict=said.verdict or "",
        accuracy=said.accuracy,
        view=plain_line(said.view)[:32],
        free=said.free,
        occupied=said.occupied,
        unknown=said.unknown,
        whole=said.model_dump(mode="json"),
    )


def _follow(
    session: Session, node: str, camera: str, said: CameraReport, offers: Sequence[OfferRow], now: datetime
) -> bool:
    """Note how far a camera's offers have come by what the node says of its bundles; whether anything is news."""
    any_news = False
    for offer in offers:
        news = False
        if offer.identity == said.live and not (offer.how == "back" and said.shadow):
            news = change_offer(offer, "live", now)
        elif offer.how == "promote" and offer.state in STANDING:
            # That the node has refused it, or runs it in the shadow, was known when a person wanted it live.
            if offer.identity in said.declined:
                news = change_offer(offer, "refused", now, plain_line(said.declined[offer.identity]))
        elif offer.identity in said.refused:
            news = change_offer(offer, "refused", now, plain_line(said.refused[offer.identity]))
        elif offer.identity == said.shadow and offer.state != "withdrawn":
            news = change_offer(offer, "shadow", now)
        if news:
            details = {"bundle": offer.identity, "why": offer.refused} if offer.refused else {"bundle": offer.identity}
            audit.note(session, f"node {node[:12]}", offer.state, f"{node[:12]} {camera}", details, now)
            log.info("%s %s: bundle %s is %s %s", node[:12], camera, offer.identity, offer.state, offer.refused)
        any_news = any_news or news
    return any_news


def _offer(row: OfferRow) -> Offer:
    return Offer.model_validate(
        {
            "camera": row.camera,
            "identity": row.identity,
            "role": row.role,
            "how": row.how,
            "why": row.why,
            "files": [OfferedFile.model_validate(one) for one in row.files],
            "signature": row.signature,
        }
    )
