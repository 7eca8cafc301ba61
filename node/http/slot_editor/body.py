"""What a client sends, read up to a limit: no request fills the node's memory."""

from __future__ import annotations

from typing import TypeVar

from fastapi import HTTPException, Request
from pydantic import BaseModel, ValidationError

from lotwise.cameras.site.mistakes import mistake_line

MAX_BODY_BYTES = 2 << 20
"""Bytes of a body: a thousand slots of a dozen corners each are a tenth of it."""
Sent = TypeVar("Sent", bound=BaseModel)


async def read_body(request: Request, most: int = MAX_BODY_BYTES, what: str = "a camera's slots need far") -> bytes:
    """The whole body.

    Args:
        request: that carries it.
        most: bytes that it may have.
        what: what it is and that it needs less, for the refusal of a larger one.

    Raises:
        HTTPException: 413 where it is larger than ``most`` bytes, whatever its header said.
    """
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > most:
            raise HTTPException(413, f"more than {most} bytes; {what} less")
    return bytes(read)


def parse(body: bytes, kind: type[Sent]) -> Sent:
    """A body as a model.

    Raises:
        HTTPException: 422 with one line on the first thing that is wrong.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(422, mistake_line(error, kind)) from error
