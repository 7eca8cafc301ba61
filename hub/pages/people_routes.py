"""The page of users and of programs with a token, and what is shown once: new passwords and tokens."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Literal, get_args

from fastapi import FastAPI, Request
from fastapi.responses import Response

from lotwise.hub.database import audit
from lotwise.hub.database.user_tables import ROLES, Role, TokenRow, UserRow
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import PageFailed, form_of, person_of
from lotwise.hub.pages.rendering import show
from lotwise.hub.threads import in_thread
from lotwise.hub.users.accounts import add_user, find_user, set_password, users_by_name
from lotwise.hub.users.tokens import add_token, tokens_by_name

What = Literal["user", "password", "token"]
"""What is made, and shown once: a user with a password, another password of a user, a token of a program."""
NOTED: dict[What, str] = {"user": "add user", "password": "new password", "token": "add token"}
PASSWORD_BYTES = 15
"""Of a password that the hub makes: 120 bits, twenty characters."""


def add_people(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""

    @app.get("/people")
    async def page(request: Request) -> Response:
        """Who may sign in, and as what."""
        person = await person_of(hub, request, "admin")
        users, programs = await in_thread(_everybody, hub)
        return show(hub, request, "people.html", person, users=users, programs=programs, roles=ROLES)

    @app.get("/people/new")
    async def asks(request: Request) -> Response:
        """What would be made."""
        person = await person_of(hub, request, "admin")
        what, name = _what(request.query_params.get("what", "")), request.query_params.get("name", "")[:64]
        role = _role(request.query_params.get("role", "viewer"))
        return show(hub, request, "new_secret.html", person, what=what, name=name, role=role)

    @app.post("/people/new")
    async def makes(request: Request) -> Response:
        """Make it, and show it once."""
        person = await person_of(hub, request, "admin")
        form = await form_of(request, person)
        what, name, role = _what(form.one("what")), form.one("name").strip(), _role(form.one("role") or "viewer")
        secret = await in_thread(_make, hub, what, name, role, person.who)
        return show(hub, request, "secret.html", person, what=what, name=name, secret=secret)


def _make(hub: Hub, what: What, name: str, role: Role, who: str) -> str:
    """Make a user, a password or a token; what is to be shown once.

    Raises:
        InputError: the name is taken, cannot be used, or is nobody's.
    """
    secret = secrets.token_urlsafe(PASSWORD_BYTES)
    with hub.database.writing() as session:
        if what == "user":
            add_user(session, name, role, secret)
        elif what == "password":
            set_password(session, find_user(session, name), secret)
        else:
            secret = add_token(session, name, role)
        audit.note(session, who, NOTED[what], name, {} if what == "password" else {"role": role})
    return secret


def _everybody(hub: Hub) -> tuple[Sequence[UserRow], Sequence[TokenRow]]:
    with hub.database.reading() as session:
        return users_by_name(session), tokens_by_name(session)


def _what(word: str) -> What:
    for known in get_args(What):
        if word == known:
            return known  # type: ignore[no-any-return]
    raise PageFailed(404, "error.not_found")


def _role(word: str) -> Role:
    for known in ROLES:
        if word == known:
            return known
    raise PageFailed(400, "error.no_form")
