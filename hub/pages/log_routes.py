"""The page of the audit log: who has decided what, and when."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy import or_, select

from lotwise.hub.database.tables import AuditRow
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import person_of
from lotwise.hub.pages.rendering import show
from lotwise.hub.threads import in_thread

LINES_SHOWN = 100


def add_log(app: FastAPI, hub: Hub) -> None:
    """Add the route."""

    @app.get("/log")
    async def page(request: Request) -> Response:
        """The newest lines, or older ones, or those with a word in them."""
        person = await person_of(hub, request)
        word, before = request.query_params.get("q", "").strip()[:100], request.query_params.get("before", "")
        last = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
        lines = await in_thread(log_lines, hub, word, last)
        older = lines[LINES_SHOWN - 1].id if len(lines) > LINES_SHOWN else None
        return show(
            hub, request, "log.html", person, lines=lines[:LINES_SHOWN], older=older, q=word, begun=last is None
        )


def log_lines(hub: Hub, word: str, before: int | None) -> Sequence[AuditRow]:
    """Lines of the log, the newest first, and one more than a page shows where there are more.

    Args:
        hub: the hub.
        word: part of who, action or what; "" for all lines.
        before: id of a line; only earlier ones.
    """
    asked = select(AuditRow).order_by(AuditRow.id.desc()).limit(LINES_SHOWN + 1)
    if before is not None:
        asked = asked.where(AuditRow.id < before)
    if word:
        columns = (AuditRow.who, AuditRow.action, AuditRow.subject)
        asked = asked.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    with hub.database.reading() as session:
        return session.scalars(asked).all()
