"""What programs with a token may ask: the same as the pages, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from lotwise.hub.database.user_tables import Role
from lotwise.hub.hub import Hub
from lotwise.hub.pages.action_routes import MOST_TARGETS, carry_out
from lotwise.hub.pages.actions.action import Target
from lotwise.hub.pages.actions.perform import BY_NAME
from lotwise.hub.pages.fleet import Filter, FleetCamera
from lotwise.hub.pages.fleet_routes import look
from lotwise.hub.threads import in_thread
from lotwise.hub.users.accounts import may
from lotwise.hub.users.person import Person, program_of_token


class Asked(BaseModel):
    """Something to be done.

    Attributes:
        action: as of the pages.
        targets: ``node/camera``, or ``node`` for actions of nodes; the node by its whole fingerprint.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Literal["accept", "reject", "retrain", "no_retrain", "withdraw", "promote", "roll_back", "cancel"]
    targets: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(min_length=1, max_length=MOST_TARGETS)]


def add_programs(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""

    @app.get("/api/v1/cameras")
    async def cameras(request: Request) -> dict[str, Any]:
        """All cameras, or those that the address asks for, as the page of all cameras has them."""
        await _program(hub, request, "viewer")
        seen = await in_thread(look, hub, Filter.of(request.query_params))
        return {"cameras": [_json(one) for one in seen.found]}

    @app.post("/api/v1/do")
    async def does(request: Request, asked: Asked) -> dict[str, str | None]:
        """Decide something; ``batch`` names what was changed, null where nothing was."""
        program = await _program(hub, request, "operator")
        targets = [Target.of(one) for one in asked.targets]
        return {"batch": await in_thread(carry_out, hub, BY_NAME[asked.action], targets, program.who)}


async def _program(hub: Hub, request: Request, needed: Role) -> Person:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and token:
        found = await in_thread(program_of_token, hub.database, token.strip())
    if found is None:
        address = request.client.host if request.client else ""
        if wait := hub.stranger_limit.wait_s(address):
            again = {"Retry-After": str(max(1, round(wait)))}
            raise HTTPException(429, "too many wrong tokens from this address", again)
        raise HTTPException(
            401, "needs a token of this hub: Authorization: Bearer <token>; make one: lotwise hub token add"
        )
    if not may(found.role, needed):
        raise HTTPException(403, f"this token is of a {found.role}; make one with --role {needed}")
    return found


def _json(one: FleetCamera) -> dict[str, Any]:
    return {
        "node": one.node_name,
        "fingerprint": one.node,
        "group": one.group,
        "camera": one.camera,
        "verdict": one.verdict,
        "accuracy": one.accuracy,
        "free": one.counts.free,
        "occupied": one.counts.occupied,
        "unknown": one.counts.unknown,
        "live": one.live,
        "offer": None if one.offer is None else {"version": one.offer.identity, "state": one.offer.state},
        "job": None if one.job is None else {"kind": one.job.kind, "state": one.job.state},
        "heard": None if one.heard is None else one.heard.isoformat(),
        "states": list(one.states),
    }
