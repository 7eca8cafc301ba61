"""Asks a neighbour over one connection that stays open: a new one for each frame would cost more than the frame."""

from __future__ import annotations

import http.client
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.node.hub.failure import connection_words, one_line
from lotwise.node.serving.messages import (
    BUNDLE,
    FRAME_TYPE,
    MAX_CARD_BYTES,
    SCORE,
    Card,
    detection_path,
    read_boxes,
)
from lotwise.node.version import software_version

TIMEOUT_S = 10.0
"""Seconds for a connection, and for each part of an answer. A late answer is given up long before by the camera; until
then the next frame is not sent."""
MAX_ANSWER_BYTES = 1 << 20
BUSY, OTHER_BUNDLE = 503, 409
Boxes = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes (N, 4) in pixels of the input, and raw scores (N,)."""


class NeighbourFailed(Exception):
    """The neighbour gave no answer of use; the text is one line for the log.

    Attributes:
        status: of its answer; 0 where it gave none, or none of a node.
        retry_s: seconds after which it wants to be asked again.
    """

    def __init__(self, why: str, status: int = 0, retry_s: float = 0.0) -> None:
        super().__init__(why)
        self.status, self.retry_s = status, retry_s


class _Refused(BaseModel):
    error: str


class NeighbourClient:
    """One connection to a neighbour. Used by one thread, but :meth:`close` by any.

    Args:
        url: its address, without a slash at its end.
        token: that it asks for; empty for none.
        ca: certificates to trust instead of the system's (PEM); the system's where None.
        timeout_s: seconds for a connection, and for each part of an answer.

    Raises:
        InputError: the file of certificates cannot be read.
    """

    def __init__(self, url: str, token: str, ca: Path | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._url, self._token, self._timeout_s = urlsplit(url), token, timeout_s
        self._tls = _tls(ca) if self._url.scheme == "https" else None
        self._connection: http.client.HTTPConnection | None = None
        self.sent_bytes = 0
        """Bytes of frames that have left."""

    def card(self, camera: str) -> Card:
        """The bundle that reads a camera there.

        Raises:
            NeighbourFailed: it gave none.
        """
        _, said = self._ask("GET", detection_path(camera), b"", {}, MAX_CARD_BYTES)
        try:
            return Card.model_validate_json(said)
        except ValidationError as error:
            raise NeighbourFailed(
                f"it answers what this node does not understand ({mistake_line(error, Card)}); check "
                "detector.offload.url, and run the same version of lotwise on both nodes"
            ) from None

    def boxes(self, camera: str, bundle: str, least_score: float, frame: bytes) -> Boxes:
        """What a bundle finds on a frame.

        Args:
            camera: its id.
            bundle: identity of the bundle that is to read it.
            least_score: raw score under which no box is wanted.
            frame: JPEG at the size of the bundle's input.

        Raises:
            NeighbourFailed: it gave no boxes, or those of another bundle.
        """
        headers = {"Content-Type": FRAME_TYPE, BUNDLE: bundle, SCORE: f"{least_score:.6f}"}
        self.sent_bytes += len(frame)
        response, said = self._ask("POST", detection_path(camera), frame, headers, MAX_ANSWER_BYTES)
        if response.getheader(BUNDLE) != bundle:
            raise NeighbourFailed(f"another bundle than {bundle} has read the frame", OTHER_BUNDLE)
        try:
            return read_boxes(said)
        except ValueError as error:
            raise NeighbourFailed(f"it answers what this node does not understand ({error})") from None

    def close(self) -> None:
        """Break off what is under way."""
        opened = self._connection.sock if self._connection is not None else None
        if opened is not None:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)  # wakes up the thread that waits on it

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str], most: int
    ) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {**headers, "User-Agent": f"lotwise/{software_version()}"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        kept = self._connection is not None
        try:
            try:
                response = self._answer(method, path, body, headers)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                if not kept:
                    raise
                self._drop()  # a neighbour closes connections that are idle; it has not looked at the frame then
                response = self._answer(method, path, body, headers)
            said = response.read(most + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop()
            raise NeighbourFailed(connection_words(error, "the other node", "detector.offload")) from None
        if len(said) > most or response.will_close:
            self._drop()
        if response.status != 200:
            raise _failure(response, said)
        if len(said) > most:
            raise NeighbourFailed(f"its answer has more than {most} bytes; check detector.offload.url")
        return response, said

    def _answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        if self._connection is None:
            self._connection = _connection(self._url, self._tls, self._timeout_s)
        self._connection.request(method, f"{self._url.path}{path}", body or None, headers)
        return self._connection.getresponse()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _connection(url: SplitResult, tls: ssl.SSLContext | None, timeout_s: float) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if tls is None:
        return http.client.HTTPConnection(host, url.port, timeout=timeout_s)
    return http.client.HTTPSConnection(host, url.port, timeout=timeout_s, context=tls)


def _tls(ca: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            f"detector.offload.ca: {ca}: holds no certificates that can be read ({error}); give a PEM file"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _failure(response: http.client.HTTPResponse, said: bytes) -> NeighbourFailed:
    status = response.status
    try:
        retry_s = float(response.getheader("Retry-After", "0"))
    except ValueError:
        retry_s = 0.0
    retry_s = min(max(retry_s, 0.0), 3600.0) if retry_s == retry_s else 0.0
    try:
        why = one_line(_Refused.model_validate_json(said).error)
    except ValidationError:
        return NeighbourFailed(
            f"what answers there is no node that detects for others (status {status}); check detector.offload.url",
            0,
            retry_s,
        )
    if status == 401:
        mend = "give one of its serve_detection.tokens as detector.offload.token"
        why = f"it does not take this node's token ({why}); {mend}"
    return NeighbourFailed(why, status, retry_s)
