"""Errors of the HTTP server: each is JSON with one line."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException


def add_errors(app: FastAPI) -> None:
    """Every error of an application is JSON with one line."""

    @app.exception_handler(StarletteHTTPException)
    async def told(request: Request, error: StarletteHTTPException) -> Response:
        text = f"no such page: {request.url.path}" if error.detail == "Not Found" else str(error.detail)
        return JSONResponse({"error": text}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return JSONResponse({"error": f"{first['loc'][-1]}: {first['msg'].lower()}"}, 422)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        # The server logs the error itself with its traceback; outside it might tell too much.
        return JSONResponse({"error": "the node failed at this; its log says why"}, 500)
