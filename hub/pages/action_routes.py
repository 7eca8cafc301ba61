"""Routes of what people decide: the page that asks once, the deed, what was done, and its undoing."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from lotwise.hub.database.tables import AuditRow
from lotwise.hub.database.user_tables import Role
from lotwise.hub.hub import Hub
from lotwise.hub.pages.actions.action import Action, Kind, Target
from lotwise.hub.pages.actions.perform import (
    BY_NAME,
    BY_NOTE,
    Step,
    batch_lines,
    can_undo,
    perform,
    preview,
    role_for,
    undo,
)
from lotwise.hub.pages.asking import PageFailed, form_of, person_of
from lotwise.hub.pages.rendering import camera_address, show
from lotwise.hub.threads import in_thread

LISTS: dict[Kind, str] = {"node": "/", "camera": "/", "user": "/people", "token": "/people", "rollout": "/rollouts"}
"""Pages on which the targets of each kind are listed."""
MOST_TARGETS = 500
"""Nodes or cameras that may be decided of at once: their names stand in the address of the page that asks."""


def add_actions(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""

    @app.get("/do")
    async def asks(request: Request) -> Response:
        """What would be done."""
        person = await person_of(hub, request, "operator")
        action = await _action(hub, request, request.query_params.get("action", ""))
        targets = _targets(request.query_params.getlist("target"))
        steps = await in_thread(_preview, hub, action, targets, person.who)
        return show(hub, request, "action.html", person, action=action, steps=steps, back=LISTS[action.of])

    @app.post("/do")
    async def does(request: Request) -> Response:
        """Do it."""
        person = await person_of(hub, request, "operator")
        form = await form_of(request, person)
        action, targets = await _action(hub, request, form.one("action")), _targets(form.all("target"))
        batch = await in_thread(carry_out, hub, action, targets, person.who)
        return RedirectResponse(LISTS[action.of] if batch is None else f"/done/{batch}", 303)

    @app.get("/done/{batch}")
    async def done(request: Request, batch: str) -> Response:
        """What was done at once, and whether it can be undone."""
        person = await person_of(hub, request)
        lines, left = await in_thread(_lines, hub, batch)
        return show(
            hub, request, "done.html", person, batch=batch, lines=lines, left=left, back=_back(lines),
            undone=_number(request, "undone"), kept=_number(request, "kept"),
        )  # fmt: skip

    @app.post("/undo/{batch}")
    async def undoes(request: Request, batch: str) -> Response:
        """Bring back what was before."""
        person = await person_of(hub, request, "operator")
        await form_of(request, person)
        await person_of(hub, request, await in_thread(_needed, hub, batch))
        undone, kept = await in_thread(_undo, hub, batch, person.who)
        return RedirectResponse(f"/done/{batch}?undone={undone}&kept={kept}", 303)


def carry_out(hub: Hub, action: Action, targets: Sequence[Target], who: str) -> str | None:
    """Do something, as :func:`perform`, and let the hub's jobs know."""
    with hub.database.writing() as session:
        batch = perform(session, action, targets, who, hub)
    hub.job_came()
    return batch


def _back(lines: Sequence[AuditRow]) -> str:
    """Where to go on after some lines: to their camera, or to the list of what they decide of."""
    targets = {Target.of(str(line.details.get("target", ""))) for line in lines}
    if len(targets) == 1 and (one := targets.pop()).camera:
        return camera_address(one.node, one.camera)
    action = BY_NOTE.get(lines[0].action)
    return "/" if action is None else LISTS[action.of]


def _preview(hub: Hub, action: Action, targets: Sequence[Target], who: str) -> list[Step]:
    with hub.database.reading() as session:
        return preview(session, action, targets, who, hub)


def _lines(hub: Hub, batch: str) -> tuple[Sequence[AuditRow], int]:
    """Lines of a batch, and how many of them can be undone."""
    with hub.database.reading() as session:
        lines = batch_lines(session, batch)
        if not lines:
            raise PageFailed(404, "error.not_found")
        return lines, sum(can_undo(session, line, hub) for line in lines)


def _undo(hub: Hub, batch: str, who: str) -> tuple[int, int]:
    with hub.database.writing() as session:
        if not batch_lines(session, batch):
            raise PageFailed(404, "error.not_found")
        return undo(session, batch, who, hub)


async def _action(hub: Hub, request: Request, name: str) -> Action:
    """An action by name, which whoever asks may decide."""
    if name not in BY_NAME:
        raise PageFailed(404, "error.not_found")
    await person_of(hub, request, BY_NAME[name].needs)
    return BY_NAME[name]


def _needed(hub: Hub, batch: str) -> Role:
    with hub.database.reading() as session:
        return role_for(batch_lines(session, batch))


def _targets(texts: Sequence[str]) -> list[Target]:
    if not texts:
        raise PageFailed(400, "error.nothing_chosen")
    if len(texts) > MOST_TARGETS:
        raise PageFailed(400, "error.too_many", most=MOST_TARGETS)
    return [Target.of(text) for text in texts]


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
