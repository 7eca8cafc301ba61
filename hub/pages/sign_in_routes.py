"""Routes by which people sign in and out."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from lotwise.hub.database.user_tables import UserRow
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import cookie_name, form_of, is_secure, own_path, person_of
from lotwise.hub.pages.rendering import show
from lotwise.hub.rate_limit import RateLimit
from lotwise.hub.threads import in_thread
from lotwise.hub.users.accounts import user_of, users_by_name
from lotwise.hub.users.passwords import hash_password, is_outdated, is_right
from lotwise.hub.users.sign_ins import LONGEST, sign_in, sign_out

TRIES_AT_ONCE, TRIES_PER_S = 10, 0.1
"""Passwords that may be tried at once for one user, or from one address; then one in ten seconds."""

log = logging.getLogger(__name__)


def add_sign_in(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""
    of_user, of_address = (RateLimit(TRIES_PER_S, burst_s=TRIES_AT_ONCE / TRIES_PER_S) for _ in range(2))

    @app.get("/sign-in")
    async def asks(request: Request) -> Response:
        """The form."""
        return await _form(hub, request, own_path(request.query_params.get("next", "/")))

    @app.post("/sign-in")
    async def tries(request: Request) -> Response:
        """Name and password."""
        form = await form_of(request, None)
        name, password, onward = form.one("name").strip(), form.one("password"), own_path(form.one("next"))
        address = request.client.host if request.client else ""
        # Both are counted for every try, right or wrong, so that the answer tells nothing of who is a user.
        if wait := max(of_user.wait_s(name[:64]), of_address.wait_s(address)):
            log.warning("sign-in: too many tries for one user or from %s", address)
            answer = await _form(hub, request, onward, "sign_in.wait", 429, seconds=round(wait + 0.5))
            answer.headers["Retry-After"] = str(round(wait + 0.5))
            return answer
        token = await in_thread(_sign_in, hub, name, password)
        if token is None:
            log.warning("sign-in: a wrong name or password from %s", address)
            return await _form(hub, request, onward, "sign_in.wrong", 401)
        to = RedirectResponse(onward, 303)
        to.set_cookie(
            cookie_name(hub), token, max_age=int(LONGEST.total_seconds()), path="/", secure=is_secure(hub),
            httponly=True, samesite="strict",
        )  # fmt: skip
        return to

    @app.post("/sign-out")
    async def leaves(request: Request) -> Response:
        """Ends the sign-in, here and for whoever has copied its cookie."""
        person = await person_of(hub, request)
        await form_of(request, person)
        await in_thread(_sign_out, hub, request.cookies[cookie_name(hub)])
        to = RedirectResponse("/sign-in", 303)
        to.delete_cookie(cookie_name(hub), path="/", secure=is_secure(hub), httponly=True, samesite="strict")
        return to


async def _form(
    hub: Hub, request: Request, onward: str, wrong: str = "", status: int = 200, **values: object
) -> Response:
    anybody = bool(await in_thread(_users, hub))
    return show(
        hub, request, "sign_in.html", None, status, onward=onward, wrong=wrong, wrong_values=values, anybody=anybody
    )


def _users(hub: Hub) -> list[UserRow]:
    with hub.database.reading() as session:
        return list(users_by_name(session))


def _sign_in(hub: Hub, name: str, password: str) -> str | None:
    """The token of a new sign-in; None where name or password is wrong."""
    with hub.database.reading() as session:
        known = user_of(session, name)
    # Takes its time outside of any transaction, and as long where there is no such user.
    if not is_right(None if known is None else known.password, password) or known is None:
        return None
    anew = hash_password(password) if is_outdated(known.password) else known.password
    with hub.database.writing() as session:
        user = user_of(session, name)
        # Who is locked is told no more than who mistypes; or it was removed or changed meanwhile.
        if user is None or user.locked or user.password != known.password:
            return None
        user.password = anew
        return sign_in(session, user, datetime.now(UTC))


def _sign_out(hub: Hub, token: str) -> None:
    with hub.database.writing() as session:
        sign_out(session, token)
