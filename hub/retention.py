"""Forgets what was kept long enough: history of cameras, ended jobs, the audit log, and pictures learned from."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from lotwise.hub.database.audit import forget_audit
from lotwise.hub.database.reports import forget_reports
from lotwise.hub.hub import Hub
from lotwise.hub.jobs.queue import forget_jobs
from lotwise.hub.store.tidy import tidy

log = logging.getLogger(__name__)


def forget_old(hub: Hub, now: datetime | None = None) -> None:
    """Delete reports, ended jobs and lines of the audit log that are older than the hub file says.

    Args:
        hub: the hub.
        now: the moment.
    """
    before = (now or datetime.now(UTC)) - timedelta(days=hub.file.settings.limits.retention_days)
    with hub.database.writing() as session:
        gone = forget_reports(session, before) + forget_audit(session, before) + forget_jobs(session, before)
    if gone:
        log.info("%d rows from before %s are forgotten", gone, f"{before:%Y-%m-%d}")
    try:
        tidy(hub.database, hub.store, hub.file.settings.limits, now)
    except OSError as error:
        log.error("pictures cannot be removed now: %s; it is tried again in an hour", error.strerror or error)
