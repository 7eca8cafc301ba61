"""The leader's side of one board: a connection that stays open, and whether the board is waited for."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import cv2

from lotwise.cameras.detection.boards.answer import Answer, unpack_boxes, unpack_maps
from lotwise.cameras.detection.ensemble import ModuleEntry
from lotwise.datasets.frame import Image
from lotwise.node.board_now import BoardNow
from lotwise.node.boards.protocol import BUNDLE, LEAST, MAX_ANSWER, MODULE, PATH
from lotwise.node.connection_words import connection_words, one_line
from lotwise.node.kept_connection import KeptConnection

LEAST_TIMEOUT_S = 2.0
"""Seconds for which an answer is read at least, though it is late: a board that has just loaded its module is slow
once."""


class BoardFailed(Exception):
    """A board did not answer as it should; one line for people."""


class BoardLink:
    """One board. Used by one thread, with a thread of its own for what travels.

    A board that was late or away is asked on, but not waited for until it has answered a frame in time: so a lost board
    costs one deadline and no more.

    Args:
        number: of its module, from 1.
        entry: what the manifest says of the module.
        identity: of the bundle.
        url: its address.
        token: that it asks for.
        tls: for https.
        deadline_s: seconds within which it has to answer.
        quality: of the JPEG, 1 to 100.
        clock: seconds; monotonic.
    """

    def __init__(
        self,
        number: int,
        entry: ModuleEntry,
        identity: str,
        url: str,
        token: str | None,
        tls: ssl.SSLContext | None,
        deadline_s: float,
        quality: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.now = BoardNow(number, url)
        self._entry, self._deadline_s, self._quality, self._clock = entry, deadline_s, quality, clock
        self._headers = {BUNDLE: identity, MODULE: str(number), "Content-Type": "image/jpeg"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection = KeptConnection(url, tls, max(LEAST_TIMEOUT_S, 2 * deadline_s))
        self._thread = ThreadPoolExecutor(1, f"board {number}")
        self._asked: Future[tuple[Answer, BoardNow]] | None = None

    def ask(self, part: Image, least: float) -> None:
        """Send a part of a frame, unless the board still has the one before.

        Args:
            part: (H, W, 3) BGR.
            least: raw score from which boxes are wanted.
        """
        if self._asked is not None:
            if not self._asked.done():
                return
            self._take(self._asked)  # late: not used, but it tells how the board is
        self._asked = self._thread.submit(self._exchange, part, least, self._clock())

    def answer(self, until: float) -> Answer | None:
        """What the board says of the frame that it was last asked; None where it does not within the deadline.

        Args:
            until: moment of the deadline, as of the clock.
        """
        asked = self._asked
        if asked is None:
            return None
        if self.now.answers:
            try:
                asked.exception(max(0.0, until - self._clock()))
            except TimeoutError:
                self._fail(f"no answer within {self._deadline_s:g} s")
                return None
        if not asked.done():
            return None
        self._asked = None
        return self._take(asked)

    def close(self) -> None:
        """Let go of the board."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _take(self, asked: Future[tuple[Answer, BoardNow]]) -> Answer | None:
        """An answer that has come; that of a board that was away says at least that it is back."""
        try:
            answer, self.now = asked.result()
        except BoardFailed as error:
            self._fail(str(error))
            return None
        if self.now.ms > 1000 * self._deadline_s:
            self._fail(f"no answer within {self._deadline_s:g} s")
            return None
        return answer

    def _fail(self, why: str) -> None:
        self.now = BoardNow(self.now.number, self.now.url, False, why)

    def _exchange(self, part: Image, least: float, began: float) -> tuple[Answer, BoardNow]:
        """In the link's own thread."""
        whole, coded = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        assert whole
        data = coded.tobytes()
        body = self._post(data, {**self._headers, LEAST: f"{least:g}"})
        try:
            answer: Answer = unpack_maps(body, self._entry.map_shapes) if self._entry.channels else unpack_boxes(body)
        except ValueError as error:
            raise BoardFailed(f"its answer cannot be read: {error}") from error
        ms = 1000 * (self._clock() - began)
        return answer, BoardNow(self.now.number, self.now.url, True, "", ms, len(data), len(body))

    def _post(self, data: bytes, headers: dict[str, str]) -> bytes:
        try:
            answer, body = self._connection.ask("POST", PATH, data, headers, MAX_ANSWER)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BoardFailed(connection_words(error, "the board", "detector.boards")) from error
        if answer.status != 200:
            raise BoardFailed(f"it refuses: {_refusal(body)}")
        if len(body) > MAX_ANSWER:
            raise BoardFailed(f"its answer has more than {MAX_ANSWER} bytes")
        for name in (BUNDLE, MODULE):
            if answer.headers.get(name) != headers[name]:
                raise BoardFailed("its answer is of another bundle or module")
        return body


def _refusal(body: bytes) -> str:
    try:
        said = json.loads(body[:10_000])["error"]
        return one_line(str(said))
    except (ValueError, KeyError, TypeError):
        return "without a reason"
