"""The routes by which a neighbour has its frames detected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Header, HTTPException, Path, Request
from fastapi.responses import Response

from lotwise.datasets.errors import InputError
from lotwise.node.http.api_models import ErrorAnswer
from lotwise.node.http.slot_editor.body import read_body
from lotwise.node.serving.detectors import NoFrame, NotServed, OtherBundle
from lotwise.node.serving.messages import BOXES_TYPE, BUNDLE, FRAME_TYPE, MAX_FRAME_BYTES, PREFIX, SCORE
from lotwise.node.serving.serving import Full, Serving

AGAIN_S = "1"
"""Seconds after which a node that is refused may come again."""
CameraName = Annotated[str, Path(description="Id that the camera has on the asking node")]
BOXES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {BOXES_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        "description": "Rows of five little-endian float32: x1, y1, x2, y2 in pixels of the input, and the raw score",
    }
}


def add_detection(app: FastAPI, serving: Serving) -> None:
    """Add them to an application, which has checked the token.

    Args:
        app: the application.
        serving: what is done for neighbours.
    """
    limiter = CapacityLimiter(serving.max_in_flight)
    path = PREFIX + "{camera}"

    @app.get(path, responses=_errors(404, 500))
    async def bundle(camera: CameraName) -> Response:
        """The bundle that reads a camera's frames: its manifest, and the boxes that it carries."""
        with _told():
            # Not a place among the frames: a bundle that is loaded first may take seconds.
            card = await run_sync(lambda: serving.detectors.served(camera).card(), limiter=limiter)
        return Response(card, media_type="application/json")

    @app.post(
        path,
        response_class=Response,
        responses={**BOXES, **_errors(404, 409, 413, 422, 500, 503)},
        openapi_extra={"requestBody": {"required": True, "content": {FRAME_TYPE: {}}}},
    )
    async def detect(
        request: Request,
        camera: CameraName,
        bundle: Annotated[str, Header(alias=BUNDLE, description="Identity of the bundle that is to read it")],
        least: Annotated[float, Header(alias=SCORE, ge=0, le=1, description="Boxes under this are not told")] = 0.0,
    ) -> Response:
        """Boxes on one frame, a JPEG at the size of the bundle's input. Nothing of it is kept."""
        # Over a slow line a frame takes long to come in, and must not keep others out meanwhile.
        frame = await read_body(request, MAX_FRAME_BYTES, "a frame at the size of a bundle's input has far")
        with _told(), serving.place():
            found = await run_sync(serving.detectors.read, camera, bundle, frame, least, limiter=limiter)
            serving.was_read()
        return Response(found, media_type=BOXES_TYPE, headers={BUNDLE: bundle})


@contextmanager
def _told() -> Iterator[None]:
    """Turns what goes wrong into an answer that says so."""
    try:
        yield
    except NotServed as error:
        raise HTTPException(404, str(error)) from None
    except OtherBundle as error:
        raise HTTPException(409, str(error)) from None
    except NoFrame as error:
        raise HTTPException(422, str(error)) from None
    except Full as error:
        raise HTTPException(503, str(error), {"Retry-After": AGAIN_S}) from None
    except InputError as error:
        raise HTTPException(500, f"its bundle cannot be run: {error}") from None


def _errors(*codes: int) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": ErrorAnswer} for code in codes}
