"""Bodies of requests, read in bounded memory and checked."""

from __future__ import annotations

import hashlib
import json
from typing import TypeVar

from fastapi import Request
from pydantic import ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.hub.http.refusals import refusal
from lotwise.node.hub.messages import FORMAT, Message

Read = TypeVar("Read", bound=Message)


def announced_bytes(request: Request, most: int) -> int:
    """How long the body is to be, bytes.

    Raises:
        HTTPException: the request does not say, or it is too much.
    """
    said = request.headers.get("content-length", "")
    if not said.isascii() or not said.isdigit():
        raise refusal(411, "the request must say how long its body is (Content-Length)")
    if int(said) > most:
        raise refusal(413, f"the body may have {most} bytes at most, not {int(said)}")
    return int(said)


async def read_body(request: Request, most: int, sha256: str) -> bytes:
    """The whole body of a request whose token has been checked.

    Args:
        request: the request.
        most: bytes that it may have.
        sha256: hex digest that its token claims.

    Raises:
        HTTPException: it is too long, or another one.
    """
    announced_bytes(request, most)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise refusal(413, f"the body may have {most} bytes at most")
        parts.append(part)
    body = b"".join(parts)
    if hashlib.sha256(body).hexdigest() != sha256:
        raise refusal(400, "the body is another one than its token is for; send it again")
    return body


def message_of(body: bytes, kind: type[Read]) -> Read:
    """A message.

    Raises:
        HTTPException: it is none, or it is of another format.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        if _other_format(body):
            why = f"this hub speaks format {FORMAT} of these messages; bring hub and node to the same version"
            raise refusal(426, why) from None
        raise refusal(422, mistake_line(error, kind)) from None


def _other_format(body: bytes) -> bool:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("format", FORMAT) != FORMAT
