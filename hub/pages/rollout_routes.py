"""The page of rollouts: how the newest stands, camera by camera, and the ones before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.rollout_table import RolloutCameraRow, RolloutRow
from lotwise.hub.database.rollouts import rollout_cameras, rollouts_of
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import person_of
from lotwise.hub.pages.rendering import show
from lotwise.hub.threads import in_thread


@dataclass(frozen=True)
class RolloutView:
    """What the page shows.

    Attributes:
        newest: the one that runs, or ended last; None where there was none.
        earlier: those before it, the newest first.
        stages: of the newest, in words: a node's camera, or a group.
        cameras: of the stages that have begun, each with its node's name.
    """

    newest: RolloutRow | None
    earlier: Sequence[RolloutRow]
    stages: Sequence[str]
    cameras: Sequence[tuple[str, RolloutCameraRow]]


def add_rollouts(app: FastAPI, hub: Hub) -> None:
    """Add the route."""

    @app.get("/rollouts")
    async def page(request: Request) -> Response:
        """How the newest rollout stands."""
        person = await person_of(hub, request)
        return show(hub, request, "rollouts.html", person, view=await in_thread(_view, hub))


def rollout_view(session: Session) -> RolloutView:
    """What is known of rollouts."""
    found = rollouts_of(session)
    if not found:
        return RolloutView(None, (), (), ())
    newest = found[0]
    return RolloutView(
        newest,
        found[1:],
        [_stage(session, stage) for stage in newest.stages],
        [(_name(session, one.node), one) for one in rollout_cameras(session, newest.id)],
    )


def _view(hub: Hub) -> RolloutView:
    with hub.database.reading() as session:
        return rollout_view(session)


def _stage(session: Session, stage: dict[str, str]) -> str:
    return f"{_name(session, stage['node'])} {stage['camera']}" if "camera" in stage else stage["group"]


def _name(session: Session, node: str) -> str:
    row = node_of(session, node)
    return node[:12] if row is None else row.name
