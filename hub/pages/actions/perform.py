"""What people decide by button: shown before it is done, done for one or many, noted, and brought back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotwise.hub.database import audit
from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.tables import AuditRow
from lotwise.hub.database.user_tables import ROLES, Role
from lotwise.hub.hub import Hub
from lotwise.hub.pages.actions.action import Action, Setting, Target
from lotwise.hub.pages.actions.bundle_actions import BUNDLE_ACTIONS
from lotwise.hub.pages.actions.job_actions import JOB_ACTIONS
from lotwise.hub.pages.actions.node_actions import NODE_ACTIONS
from lotwise.hub.pages.actions.people_actions import PEOPLE_ACTIONS
from lotwise.hub.pages.actions.rollout_actions import ROLLOUT_ACTIONS, rollout_title
from lotwise.hub.pages.actions.slot_actions import SLOTS

ACTIONS: tuple[Action, ...] = (*NODE_ACTIONS, *JOB_ACTIONS, *BUNDLE_ACTIONS, *PEOPLE_ACTIONS, *ROLLOUT_ACTIONS)
BY_NAME = {one.name: one for one in ACTIONS}
BY_NOTE = {one.noted: one for one in (*ACTIONS, SLOTS)}
BATCH_BYTES = 8
"""Of the random name under which things that were decided at once are noted."""


@dataclass(frozen=True)
class Step:
    """What an action does to one target.

    Attributes:
        target: whose value is changed.
        title: name of it for people.
        before, after: the value now, and then.
        why_not: key of the text that says why it stays as it is; "" where it changes.
        about: one line on what would be; "" for none.
    """

    target: Target
    title: str
    before: str
    after: str
    why_not: str
    about: str = ""


def preview(session: Session, action: Action, targets: Sequence[Target], who: str, hub: Hub) -> list[Step]:
    """What an action would do, without doing it."""
    return [_step(Setting(session, target, hub, who), action) for target in dict.fromkeys(targets)]


def perform(session: Session, action: Action, targets: Sequence[Target], who: str, hub: Hub) -> str | None:
    """Do it, and note each change; the name under which they are noted, or None where there was nothing to change.

    Args:
        session: to write with.
        action: what.
        targets: of what.
        who: person, for the audit log.
        hub: whose tables they are.
    """
    batch, any_change = secrets.token_hex(BATCH_BYTES), False
    for target in dict.fromkeys(targets):
        setting = Setting(session, target, hub, who)
        step = _step(setting, action)
        if step.why_not:
            continue
        action.write(setting, step.after)
        details = {"batch": batch, "target": str(target), "before": step.before, "after": step.after}
        audit.note(session, who, action.noted, step.title, details)
        any_change = True
    return batch if any_change else None


def batch_lines(session: Session, batch: str) -> Sequence[AuditRow]:
    """Lines of the audit log that belong together, in the order in which they were written."""
    asked = select(AuditRow).where(AuditRow.details["batch"].as_string() == batch)
    return session.scalars(asked.order_by(AuditRow.id)).all()


def can_undo(session: Session, line: AuditRow, hub: Hub, who: str = "") -> bool:
    """Whether somebody can bring a line's change back: nothing has changed its value since."""
    action = BY_NOTE.get(line.action)
    if action is None or "target" not in line.details:
        return False
    setting = Setting(session, Target.of(str(line.details["target"])), hub, who)
    unchanged = action.read(setting) == str(line.details["after"])
    return unchanged and action.restorable(setting, str(line.details["before"]))


def undo(session: Session, batch: str, who: str, hub: Hub) -> tuple[int, int]:
    """Bring back what was before, where it has not changed since; how many were, and how many were left.

    Args:
        session: to write with.
        batch: as :func:`perform` has named it.
        who: person, for the audit log.
        hub: whose tables they are.
    """
    undone = left = 0
    for line in batch_lines(session, batch):
        if not can_undo(session, line, hub, who):
            left += 1
            continue
        setting = Setting(session, Target.of(str(line.details["target"])), hub, who)
        BY_NOTE[line.action].write(setting, str(line.details["before"]))
        audit.note(session, who, "undo", line.subject, {"of": line.action, "before": line.details["after"]})
        undone += 1
    return undone, left


def role_for(lines: Sequence[AuditRow]) -> Role:
    """The role that undoing some lines needs."""
    needed = {BY_NOTE[line.action].needs for line in lines if line.action in BY_NOTE}
    return max(needed, key=ROLES.index, default="operator")


def _step(setting: Setting, action: Action) -> Step:
    title = _title(setting, action)
    before = None if title is None else action.read(setting)
    if title is None or before is None:
        return Step(setting.target, str(setting.target)[:80], "", "", "action.gone")
    if why_not := action.why_not(setting, before):
        return Step(setting.target, title, before, before, why_not)
    return Step(setting.target, title, before, action.after(setting, before), "", action.about(setting, before))


def _title(setting: Setting, action: Action) -> str | None:
    """Name of a target for people; None where it is none of the action's kind."""
    target = setting.target
    if bool(target.camera) != (action.of == "camera"):
        return None
    if action.of == "rollout":
        return rollout_title(setting)
    if action.of not in ("node", "camera"):
        return target.node
    node = node_of(setting.session, target.node)
    return None if node is None else f"{node.name} {target.camera}".strip()
