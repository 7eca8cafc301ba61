"""Rollouts are stopped and taken back; the newest alone, as only that one may run."""

from __future__ import annotations

from lotwise.hub.database import audit
from lotwise.hub.database.rollout_table import RolloutRow
from lotwise.hub.database.rollouts import newest_rollout
from lotwise.hub.pages.actions.action import Action, Setting, never, to
from lotwise.hub.rollouts.control import stop_rollout, undo_rollout


def rollout_title(setting: Setting) -> str | None:
    """Name of the rollout; None where it is not the newest."""
    row = _newest(setting)
    return None if row is None else row.name


def _newest(setting: Setting) -> RolloutRow | None:
    row = newest_rollout(setting.session)
    return row if row is not None and str(row.id) == setting.target.node else None


def _state(setting: Setting) -> str | None:
    row = _newest(setting)
    return None if row is None else row.state


def _stop(setting: Setting, value: str) -> None:
    stop_rollout(setting.session, setting.who)


def _undo(setting: Setting, value: str) -> None:
    rollout, trouble = undo_rollout(setting.session, setting.hub.keys, setting.hub.folders, setting.who)
    for line in trouble:
        audit.note(setting.session, "hub", "not undone", rollout.name, {"why": line})


ROLLOUT_ACTIONS = (
    Action(
        "stop_rollout", "stop rollout", "rollout", _state, to("stopped"), _stop,
        lambda _, before: "" if before == "running" else "action.no_rollout", never,
    ),
    Action(
        "undo_rollout", "undo rollout", "rollout", _state, to("undone"), _undo,
        lambda _, before: "action.already" if before == "undone" else "", never,
    ),
)  # fmt: skip
