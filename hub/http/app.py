"""The hub's application: all routes of nodes and tools, and below them the operators' pages."""

from __future__ import annotations

from fastapi import FastAPI

from lotwise.hub.http.bundles import add_bundles
from lotwise.hub.http.frames import add_frames
from lotwise.hub.http.nodes import add_nodes
from lotwise.hub.http.operations import add_operations
from lotwise.hub.http.refusals import add_refusals
from lotwise.hub.hub import Hub
from lotwise.hub.pages.app import Guarded, make_pages


def make_app(hub: Hub, metrics_token: str | None = None) -> FastAPI:
    """The application.

    Args:
        hub: what is served.
        metrics_token: asked for on /metrics; None where only this machine may read it.
    """
    app = FastAPI(
        title="Lotwise hub", description="The teacher as a service for many nodes.", docs_url=None, redoc_url=None,
        openapi_url=None,
    )  # fmt: skip
    add_refusals(app)
    add_nodes(app, hub)
    add_frames(app, hub)
    add_bundles(app, hub)
    add_operations(app, hub, metrics_token)
    app.mount("/", Guarded(make_pages(hub)))
    return app
