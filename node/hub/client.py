"""Asks the hub: each request signed, each answer within bounds of size and time, each failure one line."""

from __future__ import annotations

import email.utils
import hashlib
import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from pydantic import ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.node.connection_words import connection_words, one_line
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.messages import Message, Refused
from lotwise.node.hub.signing import SCHEME, Keys
from lotwise.node.kept_connection import client_tls
from lotwise.node.version import software_version

Answer = TypeVar("Answer", bound=Message)

TIMEOUT_S = 20.0
"""Seconds for a connection, and for each part of an answer."""
ANSWER_TIMEOUT_S = 60.0
"""Seconds for a whole answer that is no file of a bundle."""
MAX_ANSWER, MAX_REFUSAL = 4_000_000, 10_000
"""Bytes of an answer. Chosen: offers for 100 cameras are a tenth of that."""
CHUNK = 64 * 1024
"""Bytes that are read at once."""
LONGEST_RETRY_S = 86_400.0


class HubClient:
    """One hub. Used by one thread.

    Args:
        url: its address, without a slash at its end.
        keys: of the node.
        ca: certificates to trust instead of the system's (PEM); the system's where None.
        timeout_s: seconds for a connection, and for each part of an answer.

    Raises:
        InputError: the file of certificates cannot be read.
    """

    def __init__(self, url: str, keys: Keys, ca: Path | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self.url, self._keys, self._timeout_s = url, keys, timeout_s
        self._opener = _opener(url, ca)

    def ask(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        body: bytes | Message,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One question and its answer.

        Args:
            method, path: such as ``POST`` and ``/v1/report``; what stands for itself in the path is quoted.
            answer: type of the answer.
            body: a message, or bytes of the type that ``headers`` give.

        Raises:
            HubFailed: it gave no such answer.
        """
        given = dict(headers or {})
        if isinstance(body, Message):
            body = body.model_dump_json().encode()
            given["Content-Type"] = "application/json"
        with self._answered(method, path, body, given) as response:
            said = _whole(response, MAX_ANSWER)
        try:
            return answer.model_validate_json(said)
        except ValidationError as error:
            raise HubFailed(
                f"{self.url}{path} answers what this node does not understand ({mistake_line(error, answer)}); "
                "check hub.url, and run the same version of lotwise on both sides"
            ) from None

    @contextmanager
    def download(self, path: str, start: int) -> Iterator[http.client.HTTPResponse]:
        """A file from byte ``start`` on: status 206 where the hub goes on there, 200 where it begins anew.

        Raises:
            HubFailed: it is not there, or the connection broke off, then or while the response was read.
        """
        with self._answered("GET", path, b"", {"Range": f"bytes={start}-"} if start else {}) as response:
            yield response

    @contextmanager
    def _answered(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        token = self._keys.token(method, path, hashlib.sha256(body).hexdigest())
        own = {"Authorization": f"{SCHEME} {token}", "User-Agent": f"lotwise/{software_version()}"}
        request = Request(f"{self.url}{path}", body or None, {**headers, **own}, method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                yield response
        except HTTPError as error:
            with error:
                raise self._refused(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise HubFailed(connection_words(error)) from None

    def _refused(self, error: HTTPError) -> HubFailed:
        try:
            said = error.read(MAX_REFUSAL)
        except (OSError, http.client.HTTPException):
            said = b""
        retry_s = _retry_s(error.headers.get("Retry-After"))
        try:
            return HubFailed(one_line(Refused.model_validate_json(said).error), error.code, retry_s)
        except ValidationError:
            pass
        if 300 <= error.code < 400:
            to = one_line(str(error.headers.get("Location", "elsewhere")))
            return HubFailed(f"it sends us to {to}; give the hub's own address as hub.url", 0, retry_s)
        if error.code in (404, 405):
            return HubFailed(f"what answers there is no hub (status {error.code}); correct hub.url", 0, retry_s)
        return HubFailed(f"it answers {error.code} without a reason; see the hub's log", error.code, retry_s)


def _opener(url: str, ca: Path | None) -> OpenerDirector:
    handlers: list[Any] = [_NoRedirects, HTTPHandler]
    if url.startswith("https:"):
        handlers.append(HTTPSHandler(context=client_tls(ca, "hub.ca")))
    return build_opener(*handlers)


def _whole(response: http.client.HTTPResponse, most: int) -> bytes:
    """All of an answer."""
    deadline, said = time.monotonic() + ANSWER_TIMEOUT_S, b""
    while part := response.read1(CHUNK):
        said += part
        if len(said) > most:
            raise HubFailed(f"its answer has more than {most} bytes; check hub.url")
        if time.monotonic() > deadline:
            raise HubFailed("its answer takes too long")
    if response.length:  # bytes that were announced and did not come
        raise HubFailed("the connection broke off in the middle of its answer")
    return said


def _retry_s(said: str | None) -> float | None:
    """Seconds of a ``Retry-After`` header, which may also be a date; None where it says nothing of use."""
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_S) if seconds == seconds else None


class _NoRedirects(HTTPRedirectHandler):
    """What is signed for a hub goes to that hub, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
