"""Asks a neighbour which bundle reads a camera there, and what it finds on a frame."""

from __future__ import annotations

import http.client
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.node.connection_words import connection_words, one_line
from lotwise.node.kept_connection import KeptConnection, client_tls
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
        tls = client_tls(ca, "detector.offload.ca") if url.startswith("https:") else None
        self._connection, self._token = KeptConnection(url, tls, timeout_s), token
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
        self._connection.break_off()

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str], most: int
    ) -> tuple[http.client.HTTPResponse, bytes]:
        headers = {**headers, "User-Agent": f"lotwise/{software_version()}"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            response, said = self._connection.ask(method, path, body, headers, most)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NeighbourFailed(connection_words(error, "the other node", "detector.offload")) from None
        if response.status != 200:
            raise _failure(response, said)
        if len(said) > most:
            raise NeighbourFailed(f"its answer has more than {most} bytes; check detector.offload.url")
        return response, said


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
