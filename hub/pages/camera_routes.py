"""The page of a camera, and the pictures on it."""

from __future__ import annotations

from pathlib import Path

import cv2
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.offers import STANDING
from lotwise.hub.hub import Hub
from lotwise.hub.pages.asking import PageFailed, person_of
from lotwise.hub.pages.camera import HISTORY_DAYS, CameraView, camera_view, kept_frame
from lotwise.hub.pages.changes import changes_of, policy_of
from lotwise.hub.pages.fleet import counts_of
from lotwise.hub.pages.occupancy_chart import HEIGHT, WIDTH
from lotwise.hub.pages.places import ids_by_state
from lotwise.hub.pages.rendering import show
from lotwise.hub.store.keys import frame_key
from lotwise.hub.store.store import NotStored
from lotwise.hub.threads import in_thread

WIDTHS = (320, 1280)
"""Widths in which pictures are given, pixels: of the many small ones, and of the large one."""
PICTURE_HEADERS = {"Cache-Control": "private, max-age=3600"}
"""A picture never changes under its name. A browser keeps it for an hour, for this user alone."""
JPEG_QUALITY = 85


def add_camera(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""

    @app.get("/cameras/{node}/{camera}")
    async def page(request: Request, node: str, camera: str) -> Response:
        """All that is known of a camera."""
        person = await person_of(hub, request)
        view = await in_thread(_view, hub, node, camera)
        return show(
            hub,
            request,
            "camera.html",
            person,
            view=view,
            counted=counts_of(view.row, view.silent),
            actions=actions_for(view),
            ids=ids_by_state(view.places),
            days=HISTORY_DAYS,
            first_frames=hub.file.settings.learning.first_frames,
            chart_width=WIDTH,
            chart_height=HEIGHT,
            small=WIDTHS[0],
            large=WIDTHS[1],
        )

    @app.get("/cameras/{node}/{camera}/frames/{sha256}.jpg")
    async def picture(request: Request, node: str, camera: str, sha256: str, width: int = WIDTHS[0]) -> Response:
        """A frame that the node has sent, made smaller."""
        await person_of(hub, request)
        if width not in WIDTHS:
            raise PageFailed(404, "error.not_found")
        content = await in_thread(_picture, hub, node, camera, sha256, width)
        return Response(content, media_type="image/jpeg", headers=PICTURE_HEADERS)

    @app.get("/cameras/{node}/{camera}/changes/{job}")
    async def changes(request: Request, node: str, camera: str, job: int) -> Response:
        """What a retraining changed, as its job has written it."""
        await person_of(hub, request)
        content = await in_thread(_changes, hub, node, camera, job)
        return HTMLResponse(content, headers={"Content-Security-Policy": policy_of(content)})


def actions_for(view: CameraView) -> list[str]:
    """Names of the actions that make sense for a camera now."""
    names = ["no_retrain" if view.row.asked else "retrain"]
    if any(offer.state in STANDING for offer in view.offers[:1]):
        names.append("withdraw")
    # A version that somebody has wanted live already is on its way, unless its node has refused it since.
    if any(one.state == "refused" or (one.state in STANDING and one.how != "promote") for one in view.offers):
        names.append("promote")
    if any(offer.state == "live" and offer.identity != view.row.live for offer in view.offers):
        names.append("roll_back")
    if any(job.state in ("waiting", "running") for job in view.jobs[:1]):
        names.append("cancel")
    return names


def _view(hub: Hub, node: str, camera: str) -> CameraView:
    with hub.database.reading() as session:
        view = camera_view(session, node, camera, hub.file.settings.report_s)
    if view is None:
        raise PageFailed(404, "error.not_found")
    return view


def _changes(hub: Hub, node: str, camera: str, job: int) -> bytes:
    with hub.database.reading() as session:
        row = session.get(JobRow, job)
    content = None
    if row is not None and (row.node, row.camera) == (node, camera):
        content = changes_of(hub.folders, row)
    if content is None:
        raise PageFailed(404, "error.not_found")
    return content


def _picture(hub: Hub, node: str, camera: str, sha256: str, width: int) -> bytes:
    with hub.database.reading() as session:
        row = kept_frame(session, node, camera, sha256)
    if row is None:
        raise PageFailed(404, "error.not_found")
    try:
        # Named by the row, never by what was asked for: no address leads to another file.
        path = hub.store.local(frame_key(row.node, row.camera, row.sha256), row.sha256)
        return smaller(path, width)
    except NotStored as error:
        raise PageFailed(404, "error.not_found") from error
    except OSError as error:
        raise PageFailed(503, "error.store") from error


def smaller(path: Path, width: int) -> bytes:
    """A JPEG of at most this width.

    Raises:
        OSError: the file is no picture.
    """
    image = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2 if width == WIDTHS[0] else cv2.IMREAD_COLOR)
    if image is None:
        raise OSError(f"{path}: is no picture")
    height, full = image.shape[:2]
    if full > width:
        image = cv2.resize(image, (width, max(1, round(height * width / full))), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes())
