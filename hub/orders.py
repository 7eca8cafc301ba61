"""A node's report, and what the hub orders in answer: cards it wants, frames it can use, bundles it offers."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from lotwise.hub.camera_ids import checked_id
from lotwise.hub.database import audit, nodes
from lotwise.hub.database.frames import count_frames
from lotwise.hub.database.offers import change_offer, offers_of, standing_offers
from lotwise.hub.database.reports import Said, note_report
from lotwise.hub.database.tables import CameraRow, OfferRow
from lotwise.hub.hub import Hub
from lotwise.hub.settings import LearningSettings
from lotwise.node.hub.messages import CameraReport, Offer, OfferedFile, Orders, Report

log = logging.getLogger(__name__)

MORE_FRAMES = 4
"""A camera that should be retrained may send so many times as many frames as a retraining needs."""
WORTH_RETRAINING = ("watch", "retrain")
"""Verdicts on which a camera is retrained."""


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
    wanted: dict[str, int] = {}
    for one in (*report.cameras, *report.cards):
        checked_id(one)
    with hub.database.writing() as session:
        row = nodes.node_of(session, node)
        if row is None:  # removed since the request was checked
            return Orders(cards=(), frames={}, offers=(), again_s=hub.file.settings.report_s)
        row.seen, row.software = moment, report.software
        for name, said in report.cameras.items():
            camera = note_report(session, node, _said(name, said), moment)
            if name in report.cards:
                camera.card = report.cards[name].model_dump(mode="json")
                camera.card_stamp = report.cards[name].stamp
            if camera.card_stamp != said.card:
                cards.append(name)
            _follow(session, node, name, said, moment)
            if count := frames_wanted(session, camera, learning):
                wanted[name] = count
        offers = [_offer(one) for one in standing_offers(session, node) if one.camera in report.cameras]
    # A card or a verdict may be what a job has waited for.
    for name in report.cameras:
        hub.frame_came(node, name)
    return Orders(cards=tuple(cards), frames=wanted, offers=tuple(offers), again_s=hub.file.settings.report_s)


def frames_wanted(session: Session, camera: CameraRow, learning: LearningSettings) -> int:
    """How many more frames of a camera the hub can use now."""
    new = count_frames(session, camera.node, camera.camera, "new")
    if not count_frames(session, camera.node, camera.camera, "used"):
        return max(0, learning.first_frames - new)
    urgent = camera.asked or camera.verdict in WORTH_RETRAINING
    return max(0, learning.new_frames * (MORE_FRAMES if urgent else 1) - new)


def plain_line(text: str) -> str:
    """What a node has written, as one line without characters that steer a terminal or end a line of the log.

    >>> plain_line("no\\nERROR")
    'no ERROR'
    """
    return "".join(one for one in " ".join(text.split()) if one.isprintable())


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


def _follow(session: Session, node: str, camera: str, said: CameraReport, now: datetime) -> None:
    """Note how far offers have come by what the node says of its bundles."""
    for offer in offers_of(session, node, camera):
        news = False
        if offer.identity == said.live:
            news = change_offer(offer, "live", now)
        elif offer.identity in said.refused:
            news = change_offer(offer, "refused", now, plain_line(said.refused[offer.identity]))
        elif offer.identity == said.shadow:
            news = change_offer(offer, "shadow", now)
        if news:
            details = {"bundle": offer.identity, "why": offer.refused} if offer.refused else {"bundle": offer.identity}
            audit.note(session, f"node {node[:12]}", offer.state, f"{node[:12]} {camera}", details, now)
            log.info("%s %s: bundle %s is %s %s", node[:12], camera, offer.identity, offer.state, offer.refused)


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
