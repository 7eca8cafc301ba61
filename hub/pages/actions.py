"""What people decide by button: shown before it is done, done for one or many, noted, and brought back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotwise.hub.bundle_files import bundle_folder
from lotwise.hub.database import audit
from lotwise.hub.database.cameras import camera_of
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.offers import STANDING, change_offer, offer_of, offers_of
from lotwise.hub.database.tables import AuditRow, NodeRow, NodeState, OfferState
from lotwise.hub.hub import Hub
from lotwise.hub.jobs.queue import cancel, open_job
from lotwise.hub.learning.offering import offer_back
from lotwise.hub.learning.retrain_request import ask_to_retrain

BATCH_BYTES = 8
"""Of the random name under which things that were decided at once are noted."""
SHADOW = "shadow"


@dataclass(frozen=True)
class Target:
    """What is decided of: a node, or one of its cameras.

    Attributes:
        node: fingerprint.
        camera: its id; "" where the node itself is meant.
    """

    node: str
    camera: str = ""

    @staticmethod
    def of(text: str) -> Target:
        """From a form: ``node`` or ``node/camera``.

        >>> Target.of("ab12/C1")
        Target(node='ab12', camera='C1')
        """
        node, _, camera = text.partition("/")
        return Target(node, camera)

    def __str__(self) -> str:
        return f"{self.node}/{self.camera}" if self.camera else self.node


@dataclass(frozen=True)
class Setting:
    """Where an action works: it changes one value, and changing it back undoes it.

    Attributes:
        session: to read or write with.
        target: whose value.
        hub: whose tables they are.
    """

    session: Session
    target: Target
    hub: Hub


@dataclass(frozen=True)
class Action:
    """Something that a person may decide.

    Attributes:
        name: of its texts.
        noted: word in the audit log.
        of: what it decides of.
        read: the value that it changes; None where the target is not there.
        after: the value that it wants, from the present one and who asks.
        write: sets the value.
        why_not: key of the text that says why nothing is to be done, from the present value; "" where something is.
        undoable: whether the value can be set back.
    """

    name: str
    noted: str
    of: Literal["node", "camera"]
    read: Callable[[Setting], str | None]
    after: Callable[[Setting, str, str], str]
    write: Callable[[Setting, str], None]
    why_not: Callable[[Setting, str], str]
    undoable: bool = True


@dataclass(frozen=True)
class Step:
    """What an action does to one target.

    Attributes:
        target: whose value is changed.
        title: name of it for people.
        before, after: the value now, and then.
        why_not: key of the text that says why it stays as it is; "" where it changes.
    """

    target: Target
    title: str
    before: str
    after: str
    why_not: str


def preview(session: Session, action: Action, targets: Sequence[Target], who: str, hub: Hub) -> list[Step]:
    """What an action would do, without doing it."""
    return [_step(Setting(session, target, hub), action, who) for target in dict.fromkeys(targets)]


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
        setting = Setting(session, target, hub)
        step = _step(setting, action, who)
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


def can_undo(session: Session, line: AuditRow, hub: Hub) -> bool:
    """Whether a line's change can be brought back: nothing has changed its value since."""
    action = BY_NOTE.get(line.action)
    if action is None or not action.undoable:
        return False
    setting = Setting(session, Target.of(str(line.details["target"])), hub)
    return action.read(setting) == str(line.details["after"])


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
        if not can_undo(session, line, hub):
            left += 1
            continue
        setting = Setting(session, Target.of(str(line.details["target"])), hub)
        BY_NOTE[line.action].write(setting, str(line.details["before"]))
        audit.note(session, who, "undo", line.subject, {"of": line.action, "before": line.details["after"]})
        undone += 1
    return undone, left


def _step(setting: Setting, action: Action, who: str) -> Step:
    node, camera = node_of(setting.session, setting.target.node), setting.target.camera
    right_kind = bool(camera) == (action.of == "camera")
    before = action.read(setting) if node is not None and right_kind else None
    if before is None or node is None:
        return Step(setting.target, str(setting.target)[:80], "", "", "action.gone")
    why_not = action.why_not(setting, before)
    after = before if why_not else action.after(setting, before, who)
    return Step(setting.target, f"{node.name} {camera}".strip(), before, after, why_not)


def _node_state(setting: Setting) -> str | None:
    row = node_of(setting.session, setting.target.node)
    return None if row is None else row.state


def _decide(setting: Setting, value: str) -> None:
    states: dict[str, NodeState] = {"pending": "pending", "accepted": "accepted", "rejected": "rejected"}
    row: NodeRow | None = node_of(setting.session, setting.target.node)
    if row is not None:
        row.state = states[value]


def _asked(setting: Setting) -> str | None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    return None if row is None else row.asked


def _ask(setting: Setting, value: str) -> None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    if row is not None:
        ask_to_retrain(setting.session, row, value, setting.hub.file.settings.learning)


def _offer(setting: Setting) -> str | None:
    """Identity and state of the newest offer."""
    if camera_of(setting.session, setting.target.node, setting.target.camera) is None:
        return None
    offers = offers_of(setting.session, setting.target.node, setting.target.camera)
    return f"{offers[-1].identity} {offers[-1].state}" if offers else ""


def _change_offer(setting: Setting, value: str) -> None:
    identity, _, word = value.partition(" ")
    states: dict[str, OfferState] = {"offered": "offered", "fetched": "fetched", "withdrawn": "withdrawn"}
    row = offer_of(setting.session, setting.target.node, setting.target.camera, identity)
    if row is not None:
        change_offer(row, states[word], datetime.now(UTC))


def _why_not_withdrawn(setting: Setting, value: str) -> str:
    if value.endswith((" offered", " fetched")):
        return ""
    return "action.in_shadow" if value.endswith(f" {SHADOW}") else "action.no_offer"


def _live(setting: Setting) -> str | None:
    row = camera_of(setting.session, setting.target.node, setting.target.camera)
    return None if row is None else row.live


def _live_before(setting: Setting, live: str) -> str:
    """The version that went live before the one that is; "" where the hub has made none, or has it no more."""
    offers = offers_of(setting.session, setting.target.node, setting.target.camera)
    earlier = [one for one in offers if one.state == "live" and one.identity != live and live]
    for one in sorted(earlier, key=lambda offer: offer.changed, reverse=True):
        if bundle_folder(setting.hub.folders, one.node, one.camera, one.identity).is_dir():
            return one.identity
    return ""


def _why_not_back(setting: Setting, live: str) -> str:
    newest = (_offer(setting) or "").split()
    going = bool(newest) and newest[-1] in STANDING and newest[0] == _live_before(setting, live)
    return "action.already" if going else "" if _live_before(setting, live) else "action.no_before"


def _go_back(setting: Setting, identity: str) -> None:
    row, folders = camera_of(setting.session, setting.target.node, setting.target.camera), setting.hub.folders
    if row is not None:
        folder = bundle_folder(folders, row.node, row.camera, identity)
        offer_back(setting.session, setting.hub.keys, row, folder, "an operator wants it back")


def _job(setting: Setting) -> str | None:
    if camera_of(setting.session, setting.target.node, setting.target.camera) is None:
        return None
    job: JobRow | None = open_job(setting.session, setting.target.node, setting.target.camera)
    return "" if job is None or job.stop else f"{job.id} {job.kind} {job.state}"


def _cancel(setting: Setting, value: str) -> None:
    cancel(setting.session, setting.target.node, setting.target.camera)


def _unless(value: str) -> Callable[[Setting, str], str]:
    return lambda _, before: "action.already" if before == value else ""


def _to(value: str) -> Callable[[Setting, str, str], str]:
    return lambda setting, before, who: value


_ACTIONS = (
    Action("accept", "accepted", "node", _node_state, _to("accepted"), _decide, _unless("accepted")),
    Action("reject", "rejected", "node", _node_state, _to("rejected"), _decide, _unless("rejected")),
    Action(
        "retrain", "retrain", "camera", _asked, lambda _, before, who: f"asked for by {who}", _ask,
        lambda _, before: "action.already" if before else "",
    ),
    Action("no_retrain", "no retrain", "camera", _asked, _to(""), _ask, _unless("")),
    Action(
        "withdraw", "withdraw", "camera", _offer, lambda _, before, who: f"{before.partition(' ')[0]} withdrawn",
        _change_offer, _why_not_withdrawn,
    ),
    Action(
        "roll_back", "roll back", "camera", _live, lambda setting, before, who: _live_before(setting, before), _go_back,
        _why_not_back, undoable=False,
    ),
    Action(
        "cancel", "cancel", "camera", _job, _to(""), _cancel,
        lambda _, before: "" if before else "action.no_job", undoable=False,
    ),
)  # fmt: skip
BY_NAME = {one.name: one for one in _ACTIONS}
BY_NOTE = {one.noted: one for one in _ACTIONS}
