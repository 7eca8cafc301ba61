"""Versions are withdrawn, put live, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime

from lotwise.hub.bundle_files import bundle_folder
from lotwise.hub.database.cameras import camera_of
from lotwise.hub.database.offers import STANDING, change_offer, offer_of, offers_of
from lotwise.hub.database.tables import OfferRow, OfferState
from lotwise.hub.learning.offering import offer_again, offer_back, offer_promotion
from lotwise.hub.pages.actions.action import Action, Setting, never

AT_ONCE = ("promote", "back")
"""Ways of an offer by which a version goes live because a person wants it."""


def _offer(setting: Setting) -> str | None:
    """Identity and state of the newest offer."""
    if camera_of(setting.session, setting.target.node, setting.target.camera) is None:
        return None
    newest = _offers(setting)[-1:]
    return f"{newest[0].identity} {newest[0].state}" if newest else ""


def _change_offer(setting: Setting, value: str) -> None:
    identity, _, word = value.partition(" ")
    states: dict[str, OfferState] = {"offered": "offered", "fetched": "fetched", "withdrawn": "withdrawn"}
    row = offer_of(setting.session, setting.target.node, setting.target.camera, identity)
    if row is not None:
        change_offer(row, states[word], datetime.now(UTC))


def _why_not_withdrawn(setting: Setting, value: str) -> str:
    if value.endswith((" offered", " fetched")):
        return ""
    return "action.in_shadow" if value.endswith(" shadow") else "action.no_offer"


def _live(setting: Setting) -> str | None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    return None if row is None else row.live


def _ordered_live(setting: Setting) -> str | None:
    """The version that is to be live: the one that its node was told to put live, else the one that is."""
    live = _live(setting)
    told = [one.identity for one in _offers(setting) if one.state in STANDING and one.how in AT_ONCE]
    return told[-1] if told and live is not None else live


def _live_before(setting: Setting, live: str) -> str:
    """The version that went live before the one that is; "" where the hub has made none, or has it no more."""
    earlier = [one for one in _offers(setting) if one.state == "live" and one.identity != live and live]
    return next((one.identity for one in _newest_first(earlier) if _is_here(setting, one.identity)), "")


def waiting_version(setting: Setting) -> OfferRow | None:
    """The version that could be put live: one of which the node has not decided, else the newest that it refused."""
    live = _ordered_live(setting)
    offers = [one for one in _offers(setting) if one.identity != live]
    waiting = [one for one in offers if one.state in STANDING] or [one for one in offers if one.state == "refused"]
    return next((one for one in _newest_first(waiting) if _is_here(setting, one.identity)), None)


def _promoted(setting: Setting, live: str) -> str:
    waiting = waiting_version(setting)
    return live if waiting is None else waiting.identity


def _about_promotion(setting: Setting, live: str) -> str:
    waiting = waiting_version(setting)
    return "" if waiting is None else waiting.refused or waiting.why


def _put_live(setting: Setting, identity: str) -> None:
    """Let the node put a version live; of an undo: the one that was live before is to stay so, or to be so again."""
    row, folders = camera_of(setting.session, setting.target.node, setting.target.camera), setting.hub.folders
    if row is None:
        return
    ordered = _ordered_live(setting)
    if identity == row.live and ordered not in (None, identity):
        folder = bundle_folder(folders, row.node, row.camera, str(ordered))
        offer_again(setting.session, setting.hub.keys, row, folder, "judged by its node again, as before")
        return
    waiting = waiting_version(setting)
    offer = offer_back if waiting is None or waiting.identity != identity else offer_promotion
    folder = bundle_folder(folders, row.node, row.camera, identity)
    offer(setting.session, setting.hub.keys, row, folder, f"{setting.who} wants it")


def _why_not_back(setting: Setting, live: str) -> str:
    before = _live_before(setting, live)
    newest = (_offer(setting) or "").split()
    going = bool(newest) and newest[-1] in STANDING and newest[0] == before
    return "action.already" if going else "" if before else "action.no_before"


def _go_back(setting: Setting, identity: str) -> None:
    row, folders = camera_of(setting.session, setting.target.node, setting.target.camera), setting.hub.folders
    if row is not None:
        folder = bundle_folder(folders, row.node, row.camera, identity)
        offer_back(setting.session, setting.hub.keys, row, folder, f"{setting.who} wants it back")


def _offers(setting: Setting) -> list[OfferRow]:
    return list(offers_of(setting.session, setting.target.node, setting.target.camera))


def _newest_first(offers: list[OfferRow]) -> list[OfferRow]:
    return sorted(offers, key=lambda offer: offer.changed, reverse=True)


def _is_here(setting: Setting, identity: str) -> bool:
    folders, target = setting.hub.folders, setting.target
    return bool(identity) and bundle_folder(folders, target.node, target.camera, identity).is_dir()


BUNDLE_ACTIONS = (
    Action(
        "withdraw", "withdraw", "camera", _offer, lambda _, before: f"{before.partition(' ')[0]} withdrawn",
        _change_offer, _why_not_withdrawn,
    ),
    Action(
        "promote", "promote", "camera", _ordered_live, _promoted, _put_live,
        lambda setting, before: "" if waiting_version(setting) else "action.nothing_waits",
        restorable=_is_here, about=_about_promotion,
    ),
    Action("roll_back", "roll back", "camera", _live, _live_before, _go_back, _why_not_back, never),
)  # fmt: skip
