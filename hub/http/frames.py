"""Routes by which frames come in."""

from __future__ import annotations

import re

from fastapi import FastAPI, Request

from lotwise.datasets.errors import InputError
from lotwise.hub.camera_ids import checked_id
from lotwise.hub.database.cameras import camera_of
from lotwise.hub.database.frames import known_frames
from lotwise.hub.frame_intake import NoFrame, NoRoom, Receiving, Sent, check_room, taken_at
from lotwise.hub.http.authentication import authenticated
from lotwise.hub.http.bodies import announced_bytes, message_of, read_body
from lotwise.hub.http.refusals import refusal
from lotwise.hub.hub import Hub
from lotwise.hub.threads import in_thread
from lotwise.node.hub.messages import TAKEN, WHY, FrameList, FrameTaken

MAX_LIST_BYTES = 100_000
MAX_REASONS, MAX_REASON_CHARACTERS = 20, 100
_DIGEST = re.compile(r"[0-9a-f]{64}")


def add_frames(app: FastAPI, hub: Hub) -> None:
    """Add the routes."""

    @app.post("/v1/frames/known")
    async def known(request: Request) -> FrameList:
        """Those of some frames that need not be sent."""
        who = await authenticated(hub, request)
        asked = message_of(await read_body(request, MAX_LIST_BYTES, who.body_sha256), FrameList)
        found = await in_thread(_known, hub, who.node, asked.frames)
        return FrameList(frames=tuple(one for one in asked.frames if one in found))

    @app.put("/v1/frames/{camera}/{sha256}")
    async def frame(request: Request, camera: str, sha256: str) -> FrameTaken:
        """A frame: a JPEG whose name is the hash of its content."""
        who = await authenticated(hub, request)
        if not _DIGEST.fullmatch(sha256) or who.body_sha256 != sha256:
            raise refusal(400, "the frame's name must be the SHA-256 of its content, and its token for that")
        size = announced_bytes(request, int(hub.file.settings.limits.frame_mb * 1e6))
        try:
            sent = Sent(
                who.node,
                checked_id(camera),
                sha256,
                taken_at(request.headers.get(TAKEN, "")),
                _reasons(request.headers.get(WHY, "")),
            )
            new = await in_thread(_is_new, hub, sent)
            if not new:
                return FrameTaken(new=False)
            await in_thread(check_room, hub, who.node, size)
            return FrameTaken(new=await _receive(hub, sent, request, size))
        except NoFrame as error:
            raise refusal(422, str(error)) from error
        except NoRoom as error:
            raise refusal(507, str(error), error.again_s) from error


async def _receive(hub: Hub, sent: Sent, request: Request, size: int) -> bool:
    receiving = await in_thread(Receiving, hub, sent)
    try:
        left = size
        async for part in request.stream():
            left -= len(part)
            if left < 0:
                raise refusal(413, "the body is longer than was said")
            if part:
                await in_thread(receiving.write, part)
        return await in_thread(receiving.keep)
    finally:
        await in_thread(receiving.close)


def _known(hub: Hub, node: str, digests: tuple[str, ...]) -> set[str]:
    with hub.database.reading() as session:
        return known_frames(session, node, digests)


def _is_new(hub: Hub, sent: Sent) -> bool:
    with hub.database.reading() as session:
        if camera_of(session, sent.node, sent.camera) is None:
            raise InputError(f"this node has told of no camera {sent.camera!r} yet; report it first")
        return sent.sha256 not in known_frames(session, sent.node, [sent.sha256])


def _reasons(text: str) -> tuple[str, ...]:
    found = [part.strip() for part in text.split(",")]
    plain = [part[:MAX_REASON_CHARACTERS] for part in found if part and part.isprintable()]
    return tuple(plain[:MAX_REASONS])
