"""Who may use the HTTP server: checks the token, the host name of a loopback server, and where changes come from."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lotwise.cameras.site.api import is_loopback
from lotwise.node.http.token_attempts import DELAY_S, TokenAttempts

HEALTH_PATH = "/healthz"


class AccessControl:
    """ASGI middleware that answers requests which the application must not see.

    With a token each request but that to /healthz must carry it. Without one the server is on loopback; there a
    page of some other site could still reach it by pointing its own name at 127.0.0.1, so it must be asked by a
    loopback name. What changes something is taken from the node's own page or from programs only.

    Below some paths there are guests: they need a token of their own, which opens nothing else.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str | None,
        headers: dict[str, str],
        guests: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """``headers`` are added to every answer that does not say otherwise; ``guests`` are tokens by the beginning of
        the paths that they open."""
        self._app = app
        self._token = token.encode() if token else None
        self._guests = {path: tuple(map(str.encode, tokens)) for path, tokens in (guests or {}).items()}
        self._headers = headers
        self._attempts = TokenAttempts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    given.setdefault(name, value)
            await send(message)

        # uvicorn leaves the body of an answer to HEAD away by itself.
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        await (await self._refusal(scope) or self._app)(asked, receive, send_with_headers)

    async def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._token is None:
            name = _host_name(headers.get("host", ""))
            if not is_loopback(name):
                return _refused(421, "this node is asked by localhost or 127.0.0.1 only; other names need a token")
        tokens = self._tokens_of(scope["path"])
        if tokens and (refusal := await self._token_refusal(scope, headers, tokens)) is not None:
            return refusal
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and _from_elsewhere(headers):
            return _refused(403, "sent by a page of another site; use the node's own page")
        return None

    def _tokens_of(self, path: str) -> tuple[bytes, ...]:
        """Tokens of which one opens this path; none where it is open."""
        for beginning, tokens in self._guests.items():
            if path.startswith(beginning):
                return tokens
        return () if self._token is None or path == HEALTH_PATH else (self._token,)

    async def _token_refusal(self, scope: Scope, headers: Headers, tokens: tuple[bytes, ...]) -> Response | None:
        given, address = headers.get("authorization", ""), (scope.get("client") or ("",))[0]
        if not self._attempts.may_try(address):
            return _refused(429, "too many wrong tokens from this address", {"Retry-After": str(round(DELAY_S))})
        if _carries_one_of(given, tokens):
            return None
        # A browser's first request carries none, which is no attempt.
        if given and (delay_s := self._attempts.wrong(address)):
            try:
                await asyncio.sleep(delay_s)
            finally:
                self._attempts.answered(address)
        # A browser asks its user only if it reads Basic; programs are told by the text.
        return _refused(
            401,
            "needs the node's token: Authorization: Bearer <token>, or any user with the token as password",
            {"WWW-Authenticate": 'Basic realm="Lotwise", charset="UTF-8"'},
        )


def _carries_one_of(authorization: str, tokens: tuple[bytes, ...]) -> bool:
    scheme, _, given = authorization.partition(" ")
    secret = given.strip().encode()
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).partition(b":")[2]
        except binascii.Error:
            return False
    elif scheme.lower() != "bearer":
        return False
    # All of them are compared, so that the time tells nothing of which one came near.
    return any([compare_digest(secret, token) for token in tokens])


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that a page of another origin sent this; browsers send Origin with every POST."""
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != headers.get("host")
    except ValueError:  # no address at all, such as http://[
        return True


def _refused(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status, headers)
