"""Routes of the past: a page, all figures as JSON, and stays as CSV."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response

from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError
from lotwise.node.history.site_history import SiteHistory, site_history
from lotwise.node.history.tables import as_csv, as_json, table_of
from lotwise.node.http.history_page import POLICY, history_page
from lotwise.node.state_folder import JOURNAL

Days = Annotated[float, Query(description="Days back from now", gt=0, le=366)]


def add_history(app: FastAPI, site: Site, one: CapacityLimiter) -> None:
    """Add the routes.

    Args:
        app: the application.
        site: with absolute paths; its node runs.
        one: lets one question at a time read the disk, in a thread of its own.
    """
    zone = site.schedule.zone

    def read(days: float) -> SiteHistory:
        now = datetime.now(UTC)
        try:
            return site_history(site, site.state / JOURNAL, now - timedelta(days=days), now, now)
        except InputError as error:
            raise HTTPException(503, str(error)) from error

    @app.get("/history", response_class=HTMLResponse)
    async def page(days: Days = 7) -> HTMLResponse:
        """The page of the past."""
        html = await run_sync(lambda: history_page(site.name, read(days), round(days), zone), limiter=one)
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

    @app.get("/api/v1/history")
    async def history(days: Days = 7) -> JSONResponse:
        """Use by camera, row, slot, hour and weekday, and all stays; unknown time is never free."""
        content: dict[str, Any] = await run_sync(lambda: as_json(read(days), zone), limiter=one)
        return JSONResponse(content)

    @app.get("/api/v1/stays.csv", response_class=Response)
    async def stays(days: Days = 7) -> Response:
        """All stays, a line each."""
        text = await run_sync(lambda: as_csv(table_of(read(days), "stay", zone)), limiter=one)
        return Response(text, media_type="text/csv")
