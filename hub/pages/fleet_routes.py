"""The page of all cameras, and of the nodes that wait to be accepted."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import Response

from lotwise.hub.database.nodes import nodes_by_state
from lotwise.hub.database.tables import NodeRow
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import person_of
from lotwise.hub.pages.fleet import STATES, VERDICTS, Filter, FleetCamera, fleet, groups_of
from lotwise.hub.pages.rendering import show
from lotwise.hub.threads import in_thread
from lotwise.node.state import Counts

MOST_SHOWN = 500
"""Cameras on one page; more can be searched."""
WAITING_SHOWN = 50
"""Nodes that wait, and nodes without cameras; the next ones follow once these are decided of."""


@dataclass(frozen=True)
class Fleet:
    """What the page shows.

    Attributes:
        all: every camera.
        found: those that are looked for.
        waiting: nodes that nobody has decided of.
        others: the other nodes that have no camera in the list: rejected ones, and accepted ones without cameras.
    """

    all: list[FleetCamera]
    found: list[FleetCamera]
    waiting: list[NodeRow]
    others: list[NodeRow]

    @property
    def lot(self) -> Counts:
        """Places of those that are looked for, without cameras that are gone."""
        parts = [(one.counts.free, one.counts.occupied, one.counts.unknown) for one in self.found if not one.gone]
        return Counts(*(sum(part[number] for part in parts) for number in range(3)))


def add_fleet(app: FastAPI, hub: Hub) -> None:
    """Add the route."""

    @app.get("/")
    async def page(request: Request) -> Response:
        """All cameras, or those that the address asks for."""
        person = await person_of(hub, request)
        asked = Filter.of(request.query_params)
        seen = await in_thread(look, hub, asked)
        return show(
            hub,
            request,
            "fleet.html",
            person,
            lot=seen.lot,
            nodes=len({one.node for one in seen.found}),
            cameras=seen.found[:MOST_SHOWN],
            more=max(0, len(seen.found) - MOST_SHOWN),
            any_camera=bool(seen.all),
            waiting=seen.waiting[:WAITING_SHOWN],
            others=seen.others[:WAITING_SHOWN],
            groups=groups_of(seen.all),
            verdicts=VERDICTS,
            states=STATES,
            asked=asked,
        )


def look(hub: Hub, asked: Filter) -> Fleet:
    """Read the tables once."""
    with hub.database.reading() as session:
        every = fleet(session, hub.file.settings.report_s)
        nodes = nodes_by_state(session)
    have_cameras = {one.node for one in every}
    waiting = [one for one in nodes if one.state == "pending"]
    others = [one for one in nodes if one.state != "pending" and one.fingerprint not in have_cameras]
    return Fleet(every, [one for one in every if asked.fits(one)], waiting, others)
