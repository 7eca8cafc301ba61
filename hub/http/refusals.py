"""Refusals: a status and one line that says how to mend it, as nodes read them."""

from __future__ import annotations

import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException as StarletteHTTPException

from lotwise.datasets.errors import InputError

log = logging.getLogger(__name__)


def refusal(status: int, why: str, again_s: float | None = None, authenticate: bool = False) -> HTTPException:
    """An error to raise.

    Args:
        status: 400 or more.
        why: one line for the node's log.
        again_s: seconds after which the node may come again.
        authenticate: whether to say how a request is signed.
    """
    headers = {}
    if again_s is not None:
        headers["Retry-After"] = str(max(1, round(again_s)))
    if authenticate:
        headers["WWW-Authenticate"] = "Lotwise"
    return HTTPException(status, why, headers)


def add_refusals(app: FastAPI) -> None:
    """Every error of an application is JSON with one line, as :class:`lotwise.node.hub.messages.Refused` has it."""

    @app.exception_handler(StarletteHTTPException)
    async def told(request: Request, error: StarletteHTTPException) -> Response:
        text = "no such path at this hub" if error.detail == "Not Found" else str(error.detail)
        return JSONResponse({"error": text}, error.status_code, error.headers)

    @app.exception_handler(InputError)
    async def wrong(request: Request, error: InputError) -> Response:
        return JSONResponse({"error": " ".join(str(error).split())}, 422)

    @app.exception_handler(DBAPIError)
    async def away(request: Request, error: DBAPIError) -> Response:
        log.error("the database failed: %s", " ".join(str(error.orig).split()))
        return JSONResponse({"error": "the hub's database cannot be used now"}, 503, {"Retry-After": "30"})

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        # The server logs the error itself with its traceback; outside it might tell too much.
        return JSONResponse({"error": "the hub failed at this; its log says why"}, 500)
