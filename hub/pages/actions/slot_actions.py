"""Slots that were drawn at the hub are undone; they are drawn in the editor, and so by no button of their own."""

from __future__ import annotations

from lotwise.hub.database.cameras import camera_of
from lotwise.hub.database.slots import entries_of
from lotwise.hub.pages.actions.action import Action, Setting
from lotwise.hub.slot_orders import ENTRIES, order_slots, wanted_version

SLOTS_NOTED = "slots"


def _version(setting: Setting) -> str | None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    return None if row is None else wanted_version(setting.session, row)


def _order(setting: Setting, version: str) -> None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    entries = entries_of(setting.session, setting.target.node, setting.target.camera, version)
    if row is not None and entries is not None:
        order_slots(setting.session, setting.hub, row, ENTRIES.validate_python(entries), setting.who)


def _is_known(setting: Setting, version: str) -> bool:
    return entries_of(setting.session, setting.target.node, setting.target.camera, version) is not None


SLOTS = Action(
    "slots", SLOTS_NOTED, "camera", _version, lambda _, before: before, _order, lambda *_: "action.already", _is_known
)
"""Never asked for by name: it brings earlier slots back."""
