"""The routes of the node's HTTP server: health, metrics, JSON, pictures, and the operators' page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from lotwise.cameras.ignore.region import new_region, parse_box
from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError
from lotwise.node.http.api_models import (
    CameraDetailAnswer,
    ErrorAnswer,
    EventAnswer,
    HealthAnswer,
    RegionAnswer,
    SiteAnswer,
    camera_detail,
    event_answer,
    region_answer,
    site_answer,
)
from lotwise.node.http.auth import AccessControl
from lotwise.node.http.errors import add_errors
from lotwise.node.http.headers import HEADERS
from lotwise.node.http.history_routes import add_history
from lotwise.node.http.metrics import exposition, node_registry
from lotwise.node.http.page import EVENTS_READ, page, shown_changes
from lotwise.node.http.served_node import ServedNode
from lotwise.node.http.slot_editor.routes import add_slot_editor
from lotwise.node.journal.query import EventQuery
from lotwise.node.picture import Pictures
from lotwise.node.slot_editing.edited_site import EditedSite
from lotwise.node.state import CameraNow
from lotwise.node.wording import reason

if TYPE_CHECKING:
    from lotwise.node.serving.serving import Serving

JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}
MAX_NUMBER = (1 << 63) - 1
"""Largest number that SQLite holds."""
CameraName = Annotated[str, Path(description="Camera id as in the site file")]


def make_app(
    node: ServedNode,
    token: str | None = None,
    edited: EditedSite | None = None,
    past: Site | None = None,
    serving: Serving | None = None,
) -> FastAPI:
    """The application.

    Args:
        node: what is served; its quick methods are called from the event loop, the others from one further thread.
        token: asked for on every route but /healthz; None only where loopback alone is listened on.
        edited: whose slots can be edited; there is no editor where None.
        past: whose history can be asked for; there is no page of it where None.
        serving: what is detected for neighbours, by tokens of their own; nothing where None.
    """
    app = FastAPI(
        title="Lotwise node",
        description="Which parking places are free, and how well the cameras are that tell it.",
        docs_url=None,
        redoc_url=None,
    )
    guests = {} if serving is None else {serving.prefix: serving.tokens}
    app.add_middleware(AccessControl, token=token, headers=HEADERS, guests=guests)
    add_errors(app)
    registry = node_registry(node)
    pictures = Pictures(node.picture)
    # However many ask, one core draws and reads the disk at a time: the others belong to the cameras.
    one = CapacityLimiter(1)

    def camera_now(camera: str) -> CameraNow:
        known = node.now().cameras
        if camera not in known:
            raise HTTPException(404, f"no camera {camera!r}; this node has {', '.join(known) or 'none'}")
        return known[camera]

    @app.get("/healthz", responses=_errors(503))
    async def healthz() -> HealthAnswer:
        """Whether the node's loop turns; restart the node where it does not."""
        if why := node.stuck():
            raise HTTPException(503, why)
        return HealthAnswer()

    @app.get("/readyz", responses=_errors(503))
    async def readyz() -> HealthAnswer:
        """Whether every camera was looked at or is known to be down."""
        now = node.now()
        if not now.ready:
            missing = [name for name, camera in now.cameras.items() if camera.time is None]
            raise HTTPException(503, f"starting; not looked at yet: {', '.join(missing) or 'nothing'}")
        return HealthAnswer()

    @app.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics(request: Request) -> Response:
        """For Prometheus."""
        content, content_type = exposition(registry, request.headers.get("accept", ""))
        return Response(content, headers={"Content-Type": content_type})

    @app.get("/", response_class=HTMLResponse)
    async def operators_page() -> str:
        """The page for operators."""
        after = max(0, node.last_event() - EVENTS_READ)
        events = await run_sync(lambda: node.events(EventQuery(after, limit=EVENTS_READ)), limiter=one)
        return page(
            node.now(), shown_changes(events), node.stuck(), editor=edited is not None, history=past is not None
        )

    @app.get("/api/v1/state")
    async def state() -> SiteAnswer:
        """The whole site: the lot's slots and every camera."""
        return site_answer(node.now(), node.last_event())

    @app.get("/api/v1/cameras/{camera}", responses=_errors(404))
    async def camera_state(camera: CameraName) -> CameraDetailAnswer:
        """One camera with its slots and the boxes of its last detected frame."""
        return camera_detail(camera_now(camera))

    @app.get("/api/v1/cameras/{camera}/snapshot.jpg", response_class=Response, responses={**JPEG, **_errors(404, 503)})
    async def snapshot(
        camera: CameraName,
        plain: Annotated[bool, Query(description="Without anything drawn over it")] = False,
        width: Annotated[int | None, Query(description="Largest width in pixels", ge=64, le=4096)] = None,
        around: Annotated[
            str | None,
            Query(
                description="Only what lies around this box, x1,y1,x2,y2 in 0..1 of the view, and nothing drawn else"
            ),
        ] = None,
    ) -> Response:
        """The last frame of a camera with its slots and vehicles; where it is old or no good, it says so."""
        why = camera_now(camera).source.why
        try:
            box = None if around is None else new_region(parse_box(around)).box
        except InputError as error:
            raise HTTPException(422, str(error)) from error
        jpeg = await run_sync(pictures.jpeg, camera, width, plain, box, limiter=one)
        if jpeg is None:
            raise HTTPException(503, f"{camera}: no picture yet ({why or reason('starting')})")
        return Response(jpeg, media_type="image/jpeg")

    @app.get("/api/v1/events", responses=_errors(422))
    async def events(
        after: Annotated[int, Query(description="Number of the last event already read", ge=0, le=MAX_NUMBER)] = 0,
        camera: Annotated[str | None, Query(description="Only of this camera")] = None,
        slot: Annotated[str | None, Query(description="Only of this slot")] = None,
        limit: Annotated[int, Query(description="At most so many, the oldest first", ge=1, le=1000)] = 100,
    ) -> list[EventAnswer]:
        """History, oldest first; ask again with the last number as `after`."""
        found = await run_sync(lambda: node.events(EventQuery(after, camera, slot, limit=limit)), limiter=one)
        return [event_answer(event) for event in found]

    @app.post("/api/v1/cameras/{camera}/accept-view", responses=_errors(404, 409))
    async def accept_view(camera: CameraName) -> HealthAnswer:
        """An operator says that a moved view is right as it is: from here on it is the camera's view."""
        camera_now(camera)
        try:
            await run_sync(node.accept_view, camera, limiter=one)
        except InputError as error:
            raise HTTPException(409, str(error)) from error
        return HealthAnswer()

    @app.post("/api/v1/cameras/{camera}/ignore-regions", responses=_errors(404, 409, 422))
    async def ignore(
        camera: CameraName,
        box: Annotated[str, Query(description="x1,y1,x2,y2 in 0..1 of the view")],
        note: Annotated[str, Query(description="What it is, for people", max_length=200)] = "",
    ) -> RegionAnswer:
        """An operator says that what this box holds is no vehicle: it counts for nothing from this moment on."""
        camera_now(camera)
        try:
            sides = new_region(parse_box(box)).box
        except InputError as error:
            raise HTTPException(422, str(error)) from error
        try:
            region = await run_sync(node.ignore, camera, sides, note, limiter=one)
        except InputError as error:
            raise HTTPException(409, str(error)) from error
        return region_answer(region)

    @app.delete("/api/v1/cameras/{camera}/ignore-regions/{region}", responses=_errors(404, 409))
    async def stop_ignoring(
        camera: CameraName, region: Annotated[str, Path(description="Id of the region")]
    ) -> HealthAnswer:
        """An operator takes that back."""
        if all(one.id != region for one in camera_now(camera).regions):
            raise HTTPException(404, f"no ignore region {region!r} of {camera}")
        try:
            await run_sync(node.stop_ignoring, camera, region, limiter=one)
        except InputError as error:
            raise HTTPException(409, str(error)) from error
        return HealthAnswer()

    if edited is not None:
        add_slot_editor(app, edited, one)
    if past is not None:
        add_history(app, past, one)
    if serving is not None:
        from lotwise.node.http.detection_routes import add_detection  # which no other node needs

        add_detection(app, serving)
    return app


def _errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": ErrorAnswer} for code in codes}
