"""The page of users and of programs with a token; both are changed on the hub's machine."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import Response

from lotwise.hub.database.user_tables import TokenRow, UserRow
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import person_of
from lotwise.hub.pages.rendering import show
from lotwise.hub.threads import in_thread
from lotwise.hub.users.accounts import users_by_name
from lotwise.hub.users.tokens import tokens_by_name


def add_people(app: FastAPI, hub: Hub) -> None:
    """Add the route."""

    @app.get("/people")
    async def page(request: Request) -> Response:
        """Who may sign in, and as what."""
        person = await person_of(hub, request, "admin")
        users, programs = await in_thread(_everybody, hub)
        return show(hub, request, "people.html", person, users=users, programs=programs)


def _everybody(hub: Hub) -> tuple[Sequence[UserRow], Sequence[TokenRow]]:
    with hub.database.reading() as session:
        return users_by_name(session), tokens_by_name(session)
