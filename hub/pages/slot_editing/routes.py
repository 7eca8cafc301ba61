"""The routes of the slot editor at the hub: those of the node's own editor, below ``/nodes/<fingerprint>/``.

The page and its modules are the node's. Everything here is for operators.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from lotwise.datasets.errors import InputError
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import NotSignedIn, PageFailed, person_of, sent_by_page
from lotwise.hub.pages.rendering import camera_address
from lotwise.hub.pages.slot_editing.edited_camera import (
    WAITS,
    ChangedMeanwhile,
    cameras_of_node,
    opened,
    picture,
    saved,
)
from lotwise.hub.threads import in_thread
from lotwise.hub.users.person import Person
from lotwise.node.http.slot_editor.body import parse, read_body
from lotwise.node.http.slot_editor.importing import MAX_IMPORT_BYTES, imported
from lotwise.node.http.slot_editor.models import ImportAnswer, SentSlots, SlotsAnswer, TryAnswer
from lotwise.node.http.slot_editor.page import MODULES, editor_page
from lotwise.node.http.slot_editor.pictures import picture_response
from lotwise.node.http.slot_editor.trial import tried

BASE = "/nodes/{node}/api/v1/cameras/{camera}/slots"
NO_PICTURE = "the hub has no frame of this camera; its node sends some once its site file says hub.frames.allow: true"
UNREAD = "the hub reads no slots; their colours come on the camera's page, once the node has taken them"


def add_slot_editing(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""

    @app.get("/nodes/{node}/cameras/{camera}/slots")
    async def page(request: Request, node: str, camera: str) -> Response:
        """The slot editor."""
        person = await person_of(hub, request, "operator")
        name, cameras = await in_thread(_cameras, hub, node)
        if camera not in cameras:
            raise PageFailed(404, "error.not_found")
        home = camera_address(node, camera)
        html, policy = editor_page(camera, cameras, name, alone=False, home=home, form_token=person.form_token)
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    @app.get("/nodes/{node}/static/slots/{name}")
    async def module(request: Request, node: str, name: str) -> Response:
        """A part of the editor's script."""
        await _operator(hub, request)
        if name not in MODULES:
            raise HTTPException(404)
        return Response(MODULES[name], media_type="text/javascript")

    @app.get(BASE)
    async def slots(request: Request, node: str, camera: str) -> SlotsAnswer:
        """The slots of a camera, proposals too."""
        await _operator(hub, request)
        return await in_thread(_opened, hub, node, camera)

    @app.put(BASE, response_model=SlotsAnswer)
    async def save(request: Request, node: str, camera: str) -> Any:
        """Let the node take slots with its next report; ``If-Match`` must be the version that was changed."""
        person = await _operator(hub, request, changes=True)
        seen = request.headers.get("if-match", "").removeprefix("W/").strip('" ')
        if not seen or seen == "*":
            raise HTTPException(428, "needs If-Match with the version that was changed, as GET gives it")
        sent = parse(await read_body(request), SentSlots)
        try:
            await in_thread(_saved, hub, node, camera, sent, seen, person)
        except ChangedMeanwhile as changed:
            return JSONResponse({"error": str(changed), "now": changed.now.model_dump(mode="json")}, 412)
        except InputError as error:
            raise HTTPException(422, str(error)) from error
        answer = await in_thread(_opened, hub, node, camera)
        return answer.model_copy(update={"told": WAITS})

    @app.get(BASE + "/pictures/{number}")
    async def one_picture(
        request: Request, node: str, camera: str, number: Annotated[int, Path(ge=0, le=9999)]
    ) -> Response:
        """One of the newest frames that the hub has."""
        await _operator(hub, request)
        found = await in_thread(picture, hub, node, camera, number)
        if found is None:
            raise HTTPException(503, NO_PICTURE)
        return picture_response(found)

    @app.post(BASE + "/try")
    async def try_slots(request: Request, node: str, camera: str) -> TryAnswer:
        """What is wrong with slots; changes nothing."""
        await _operator(hub, request, changes=True)
        sent = parse(await read_body(request), SentSlots)
        return await in_thread(tried, sent.slots, (), UNREAD)

    @app.post(BASE + "/import")
    async def import_slots(
        request: Request,
        node: str,
        camera: str,
        name: str = "the file",
        picture: str | None = None,
        canvas: str | None = None,
        slot: str | None = None,
        of_camera: str | None = None,
    ) -> ImportAnswer:
        """Slots of a file of another program, read and checked; nothing is saved."""
        await _operator(hub, request, changes=True)
        body = await read_body(request, MAX_IMPORT_BYTES)
        try:
            return await in_thread(imported, name[:200], body, picture, canvas, slot, of_camera)
        except InputError as error:
            raise HTTPException(422, str(error)) from error


async def _operator(hub: Hub, request: Request, changes: bool = False) -> Person:
    """Who asks, by a script that can show no page to sign in on; ``changes``: it must prove to be the hub's own."""
    try:
        person = await person_of(hub, request, "operator")
    except NotSignedIn as error:
        raise HTTPException(401, "the sign-in has ended; sign in in another tab, and try again here") from error
    if changes:
        sent_by_page(request, person)
    return person


def _cameras(hub: Hub, node: str) -> tuple[str, list[str]]:
    with hub.database.reading() as session:
        owner, cameras = cameras_of_node(session, node)
        return owner.name, cameras


def _opened(hub: Hub, node: str, camera: str) -> SlotsAnswer:
    with hub.database.reading() as session:
        return opened(session, node, camera)


def _saved(hub: Hub, node: str, camera: str, sent: SentSlots, seen: str, person: Person) -> str:
    with hub.database.writing() as session:
        return saved(session, hub, node, camera, sent.slots, seen, person.who)
