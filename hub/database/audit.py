"""The audit log: who has decided what, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lotwise.hub.database.tables import AuditRow


def note(
    session: Session,
    who: str,
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> None:
    """Add a line.

    Args:
        session: to write with.
        who: a person (``operator root``), a node (``node 0123abcd``) or ``hub``.
        action: one word, such as ``accept`` or ``offer``.
        subject: what it was done to.
        details: more, as JSON.
        now: the moment.
    """
    time = now or datetime.now(UTC)
    session.add(AuditRow(time=time, who=who[:200], action=action, subject=subject[:200], details=dict(details or {})))


def audit_log(session: Session, most: int = 100) -> Sequence[AuditRow]:
    """The newest lines, newest first."""
    return session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(most)).all()


def forget_audit(session: Session, before: datetime) -> int:
    """Delete lines that are older, and return how many that were."""
    gone = session.execute(delete(AuditRow).where(AuditRow.time < before))
    return int(getattr(gone, "rowcount", 0))
