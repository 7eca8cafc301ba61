"""Forgets what was kept long enough: the history of cameras and the audit log."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from lotwise.hub.database.audit import forget_audit
from lotwise.hub.database.reports import forget_reports
from lotwise.hub.hub import Hub

log = logging.getLogger(__name__)


def forget_old(hub: Hub, now: datetime | None = None) -> None:
    """Delete reports and lines of the audit log that are older than the hub file says.

    Args:
        hub: the hub.
        now: the moment.
    """
    before = (now or datetime.now(UTC)) - timedelta(days=hub.file.settings.limits.retention_days)
    with hub.database.writing() as session:
        gone = forget_reports(session, before) + forget_audit(session, before)
    if gone:
        log.info("%d rows from before %s are forgotten", gone, f"{before:%Y-%m-%d}")
