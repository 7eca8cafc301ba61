"""The routes of the slot editor: its page, the slots of a camera, pictures to draw on, and how slots would be read."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from lotwise.datasets.errors import InputError
from lotwise.node.http.api_models import ErrorAnswer
from lotwise.node.http.slot_editor.body import parse, read_body
from lotwise.node.http.slot_editor.importing import MAX_IMPORT_BYTES, imported
from lotwise.node.http.slot_editor.models import (
    ConflictAnswer,
    ImportAnswer,
    SentSlots,
    SlotsAnswer,
    TryAnswer,
)
from lotwise.node.http.slot_editor.page import MODULES, editor_page
from lotwise.node.http.slot_editor.pictures import picture_response
from lotwise.node.http.slot_editor.trial import tried
from lotwise.node.slot_editing.document import ChangedMeanwhile, SlotDocument, read_document, save_document
from lotwise.node.slot_editing.edited_site import EditedSite

CameraName = Annotated[str, Path(description="Camera id as in the site file")]
SENT_SLOTS: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": SentSlots.model_json_schema()}}}
}


def add_slot_editor(app: FastAPI, edited: EditedSite, one: CapacityLimiter, alone: bool = False) -> None:
    """Add the editor to an application.

    Args:
        edited: whose slots they are.
        one: under which the disk is read and slots are read on frames, so that the cores belong to the cameras.
        alone: without a node around it.
    """

    def known(camera: str) -> str:
        if camera not in edited.cameras:
            raise HTTPException(404, f"no camera {camera!r}; there are {', '.join(edited.cameras) or 'none'}")
        return camera

    def opened(camera: str, document: SlotDocument | None = None) -> SlotsAnswer:
        if document is None:
            document = read_document(edited.storage(camera), edited.bundle_slots(camera))
        return SlotsAnswer.of(document, camera, edited.name, edited.pictures(camera))

    def saved(camera: str, sent: SentSlots, seen: str, by: str) -> SlotsAnswer:
        storage = edited.storage(camera)
        before, after = save_document(storage, edited.bundle_slots(camera), sent.slots, seen)
        edited.saved(camera, by, len(before.entries), len(after.entries))
        return opened(camera, after)

    @app.get("/cameras/{camera}/slots", response_class=HTMLResponse, responses=_errors(404))
    async def page(camera: CameraName) -> Response:
        """The slot editor."""
        html, policy = editor_page(known(camera), edited.cameras, edited.name, alone)
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    @app.get("/static/slots/{name}", response_class=Response, include_in_schema=False)
    async def module(name: str) -> Response:
        if name not in MODULES:
            raise HTTPException(404)
        return Response(MODULES[name], media_type="text/javascript")

    @app.get("/api/v1/cameras/{camera}/slots", responses=_errors(404, 409))
    async def slots(camera: CameraName, response: Response) -> SlotsAnswer:
        """The slots of a camera as they are saved, proposals too."""
        try:
            answer = await run_sync(opened, known(camera), limiter=one)
        except InputError as error:
            raise HTTPException(409, str(error)) from error
        response.headers["ETag"] = f'"{answer.version}"'
        return answer

    @app.put(
        "/api/v1/cameras/{camera}/slots",
        response_model=SlotsAnswer,
        responses={412: {"model": ConflictAnswer}, **_errors(404, 413, 422, 428)},
        openapi_extra=SENT_SLOTS,
    )
    async def save(camera: CameraName, request: Request, response: Response) -> Any:
        """Save all slots of a camera; a running node follows within a second.

        ``If-Match`` must be the version that was changed: where somebody else has saved since, nothing is written, and
        the answer is what is there now.
        """
        known(camera)
        seen = request.headers.get("if-match", "").removeprefix("W/").strip('" ')
        if not seen or seen == "*":
            raise HTTPException(428, "needs If-Match with the version that was changed, as GET gives it")
        sent = parse(await read_body(request), SentSlots)
        by = request.client.host if request.client else "unknown"
        try:
            answer = await run_sync(saved, camera, sent, seen, by, limiter=one)
        except ChangedMeanwhile as changed:
            now = await run_sync(opened, camera, changed.now, limiter=one)
            return JSONResponse({"error": str(changed), "now": now.model_dump(mode="json")}, 412)
        except InputError as error:
            raise HTTPException(422, str(error)) from error
        response.headers["ETag"] = f'"{answer.version}"'
        return answer

    @app.get(
        "/api/v1/cameras/{camera}/slots/pictures/{number}",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, **_errors(404, 503)},
    )
    async def picture(camera: CameraName, number: Annotated[int, Path(ge=0, le=9999)]) -> Response:
        """A picture to draw slots on; what is to be known of it is JSON in the header X-Picture."""
        found = await run_sync(edited.picture, known(camera), number, limiter=one)
        if found is None:
            raise HTTPException(503, f"{camera}: no picture yet")
        return picture_response(found)

    @app.post("/api/v1/cameras/{camera}/slots/try", responses=_errors(404, 413, 422), openapi_extra=SENT_SLOTS)
    async def try_slots(camera: CameraName, request: Request) -> TryAnswer:
        """How slots would be read on the last frames, and what is wrong with them; changes nothing."""
        known(camera)
        sent = parse(await read_body(request), SentSlots)
        return await run_sync(lambda: tried(sent.slots, edited.seen_frames(camera), edited.unread(camera)), limiter=one)

    @app.post("/api/v1/cameras/{camera}/slots/import", responses=_errors(404, 413, 422))
    async def import_slots(
        camera: CameraName,
        request: Request,
        name: Annotated[str, Query(max_length=200, description="Of the file, for messages")] = "the file",
        picture: Annotated[str | None, Query(description="WIDTHxHEIGHT of the camera's picture")] = None,
        canvas: Annotated[str | None, Query(description="WIDTHxHEIGHT that the slots were drawn on")] = None,
        slot: Annotated[str | None, Query(description="WIDTHxHEIGHT of each slot, for files of corners alone")] = None,
        of_camera: Annotated[str | None, Query(max_length=200, description="Camera in a file of several")] = None,
    ) -> ImportAnswer:
        """Slots of a file of another program, read and checked; nothing is saved."""
        known(camera)
        body = await read_body(request, MAX_IMPORT_BYTES)
        try:
            return await run_sync(imported, name, body, picture, canvas, slot, of_camera, limiter=one)
        except InputError as error:
            raise HTTPException(422, str(error)) from error


def _errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": ErrorAnswer} for code in codes}
