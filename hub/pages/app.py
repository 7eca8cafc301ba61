"""The pages as an application of their own below the hub's: its errors are pages, and all its answers are guarded."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotwise.datasets.errors import InputError
from lotwise.hub.hub import Hub
from lotwise.hub.pages.action_routes import add_actions
from lotwise.hub.pages.asking import NotSignedIn, PageFailed, to_sign_in
from lotwise.hub.pages.camera_routes import add_camera
from lotwise.hub.pages.fleet_routes import add_fleet
from lotwise.hub.pages.log_routes import add_log
from lotwise.hub.pages.people_routes import add_people
from lotwise.hub.pages.program_routes import add_programs
from lotwise.hub.pages.rendering import HEADERS, show, texts_of
from lotwise.hub.pages.rollout_routes import add_rollouts
from lotwise.hub.pages.sign_in_routes import add_sign_in
from lotwise.hub.pages.slot_editing.routes import add_slot_editing

log = logging.getLogger(__name__)


def make_pages(hub: Hub) -> FastAPI:
    """The application, to be mounted after all other routes, within :class:`Guarded`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _add_errors(app, hub)
    add_sign_in(app, hub)
    add_fleet(app, hub)
    add_camera(app, hub)
    add_slot_editing(app, hub)
    add_actions(app, hub)
    add_log(app, hub)
    add_rollouts(app, hub)
    add_people(app, hub)
    add_programs(app, hub)
    return app


class Guarded:
    """Adds the headers of every page to an application's answers, where they do not say otherwise.

    It stands around the whole application: middleware within would not see the answer to an error that nobody caught.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    given.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)


def _add_errors(app: FastAPI, hub: Hub) -> None:
    def failed(request: Request, code: int, key: str, **values: object) -> Response:
        """A page for people; one line for nodes and programs."""
        if _wants_page(request):
            return show(hub, request, "error.html", None, code, key=key, values=values)
        return JSONResponse({"error": texts_of(request)(key, **values)}, code)

    @app.exception_handler(NotSignedIn)
    async def unknown(request: Request, error: NotSignedIn) -> Response:
        return to_sign_in(request)

    @app.exception_handler(PageFailed)
    async def told(request: Request, error: PageFailed) -> Response:
        return failed(request, error.status, error.key, **error.values)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        nothing = error.detail == "Not Found"
        if not _wants_page(request):  # as nodes are told of the hub's other routes
            text = "no such path at this hub" if nothing else str(error.detail)
            return JSONResponse({"error": text}, error.status_code, error.headers)
        if nothing:
            return failed(request, 404, "error.not_found")
        return failed(request, error.status_code, "error.other", status=error.status_code)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        return failed(request, 422, "error.no_form")

    @app.exception_handler(InputError)
    async def impossible(request: Request, error: InputError) -> Response:
        return failed(request, 409, "error.impossible", why=str(error))

    @app.exception_handler(DBAPIError)
    async def away(request: Request, error: DBAPIError) -> Response:
        log.error("the database failed: %s", " ".join(str(error.orig).split()))
        return failed(request, 503, "error.database")

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        return failed(request, 500, "error.broken")


def _wants_page(request: Request) -> bool:
    """Whether a browser asks, which can show a page."""
    return "text/html" in request.headers.get("accept", "")
