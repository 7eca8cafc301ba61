"""The server of a federation as a Flower ServerApp: it waits for cameras, runs the rounds, and has students written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from flwr.app import ArrayRecord, Context
from flwr.serverapp import Grid, ServerApp

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.federation.flower.patience import PatientGrid
from lotwise.students.federation.flower.strategy import AnyMethod
from lotwise.students.federation.given import Descriptions, given_for, text_of_graph
from lotwise.students.federation.method import Arrays
from lotwise.students.federation.methods import make_method
from lotwise.students.federation.server_side import Progressed, ServerSide
from lotwise.students.federation.settings import FederationSettings

FAILED_IN_A_ROW = 3
"""Exchanges without one valid reply after which a federation gives up."""
LOOK_EVERY_S = 1.0
"""How often it is looked who has come, while the server waits for its cameras."""


@dataclass(frozen=True)
class Federation:
    """What a server needs.

    Attributes:
        settings: what is asked for.
        cameras: that take part; those that join later, or are missing for a while, among them.
        folder: gets the server's state.
        identity: of the federation.
        start: weights that all begin with; not asked for where a state is there.
        descriptions: of the cameras' views, for the topology ``alike``.
        needed: how many cameras must be there before the first round.
        wait: seconds to wait for them.
    """

    settings: FederationSettings
    cameras: tuple[str, ...]
    folder: Path
    identity: str
    start: Callable[[], Arrays]
    descriptions: Descriptions
    needed: int
    wait: float = 600.0


@dataclass(frozen=True)
class Ended:
    """What a federation came to.

    Attributes:
        progress: of the server.
        students: fingerprint of the student that each camera has written.
    """

    progress: Progressed
    students: Mapping[str, str]


def make_server_app(
    federation_of: Callable[[Context], Federation],
    progress: Progress = no_progress,
    note: Note = no_note,
    ended: Callable[[Ended], None] = lambda _: None,
) -> ServerApp:
    """The app of the server.

    Args:
        federation_of: what is asked of it, by what Flower says.
        progress: told after each exchange.
        note: told, one line each, what a person should know.
        ended: told what came of it.
    """
    app = ServerApp()

    @app.main()
    def main(grid: Grid, context: Context) -> None:
        ended(run(federation_of(context), grid, progress, note))

    return app


def run(federation: Federation, grid: Grid, progress: Progress, note: Note) -> Ended:
    """All rounds that are left, and the students.

    Raises:
        InputError: not enough cameras came, or none gave a valid reply several times in a row.
    """
    settings = federation.settings
    given = given_for(settings, federation.cameras, federation.descriptions)
    method = make_method(settings.method, settings.settings, given)
    server = ServerSide(federation.folder, method, federation.identity)
    about = {
        "method": settings.method,
        "settings": json.dumps(dict(settings.settings)),
        "rounds": settings.rounds,
        "identity": federation.identity,
        "students": json.dumps(dict(settings.students)),
        "reference": given["reference"].identity if "reference" in given else "",
        "graph": text_of_graph(given.get("graph")),
    }
    exchanges = settings.rounds * method.exchanges
    patient = PatientGrid(grid, settings.patience)
    strategy = AnyMethod(server, about, exchanges, federation.start, progress, note)
    if server.progress.exchanges:
        note(f"goes on after exchange {server.progress.exchanges} of {exchanges}")
    _wait_for(strategy, patient, federation.needed, federation.cameras, federation.wait)
    failed = 0
    while server.progress.exchanges < exchanges:
        strategy.start(cast(Any, patient), ArrayRecord(), num_rounds=1, timeout=settings.timeout)
        failed = failed + 1 if strategy.failure else 0
        if strategy.failure and failed == FAILED_IN_A_ROW:
            raise strategy.failure
    return Ended(server.progress, strategy.finish(patient, settings.timeout))


def _wait_for(strategy: AnyMethod, grid: PatientGrid, needed: int, cameras: Sequence[str], seconds: float) -> None:
    until = time.monotonic() + seconds
    while len(there := strategy.cameras(grid)) < needed:
        if time.monotonic() > until:
            missing = ", ".join(sorted(set(cameras) - set(there))) or "more"
            raise InputError(f"{len(there)} of {needed} cameras came within {seconds:.0f} s; missing: {missing}")
        time.sleep(LOOK_EVERY_S)
