"""One camera's way to the neighbour: a thread that has one question under way, whatever becomes of who asked it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lotwise.node.offloading.client import Boxes, NeighbourClient, NeighbourFailed
from lotwise.node.serving.messages import Card

CLOSE_TIMEOUT_S = 0.2
"""Seconds for which the end waits for a question that is under way, of each camera; it ends with the process."""


@dataclass(frozen=True)
class Outcome:
    """What became of a question.

    Attributes:
        seconds: from the question to its end.
        trial: no frame has waited for it.
        failure: why there is no answer; None where there is one.
        card: the bundle there, where that was asked for.
    """

    seconds: float
    trial: bool
    failure: NeighbourFailed | None = None
    card: Card | None = None


@dataclass(frozen=True)
class Question:
    """A frame to be read by a bundle there; the bundle itself is asked for where ``frame`` is empty.

    Attributes:
        bundle: identity.
        least_score: raw score under which no box is wanted.
        frame: JPEG.
        trial: nobody waits for the answer.
    """

    bundle: str = ""
    least_score: float = 0.0
    frame: bytes = b""
    trial: bool = True


class Sent:
    """A question under way."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._done = threading.Event()
        self._boxes: Boxes | None = None

    def wait(self, seconds: float) -> Boxes | None:
        """The answer; None where none comes within these seconds. One that comes later is dropped."""
        self._done.wait(seconds)
        return self._boxes

    def end(self, boxes: Boxes | None) -> None:
        """It has ended, with an answer or without."""
        self._boxes = boxes
        self._done.set()


class Lane:
    """The thread of one camera. All but what the thread does is used by the camera's.

    Args:
        camera: its id.
        client: the connection, for this lane alone.
        clock: seconds; monotonic.
    """

    def __init__(self, camera: str, client: NeighbourClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._camera, self._client, self._clock = camera, client, clock
        self._change = threading.Condition()
        self._asked: Sent | None = None
        self._outcomes: deque[Outcome] = deque(maxlen=100)
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def sent_bytes(self) -> int:
        """Bytes of frames that have left."""
        return self._client.sent_bytes

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        with self._change:
            return self._asked is None

    def send(self, question: Question) -> Sent | None:
        """Begin to ask; None while an earlier question is still under way."""
        with self._change:
            if self._asked is not None or self._closing:
                return None
            if self._thread is None:  # not before there is something to ask
                self._thread = threading.Thread(target=self._run, name=f"offload {self._camera}", daemon=True)
                self._thread.start()
            self._asked = Sent(question)
            self._change.notify()
            return self._asked

    def outcomes(self) -> Sequence[Outcome]:
        """What has ended since the last call, in order."""
        with self._change:
            ended = tuple(self._outcomes)
            self._outcomes.clear()
        return ended

    def close(self) -> None:
        """Ask nothing any more; whoever waits goes on without an answer."""
        with self._change:
            self._closing = True
            if self._asked is not None:
                self._asked.end(None)
            self._change.notify()
        self._client.close()
        if self._thread is not None:
            self._thread.join(CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        while True:
            with self._change:
                while self._asked is None and not self._closing:
                    self._change.wait()
                if self._closing:
                    return
                sent = self._asked
                assert sent is not None
            boxes, outcome = self._answer(sent.question)
            with self._change:
                self._outcomes.append(outcome)
                self._asked = None
            sent.end(boxes)

    def _answer(self, question: Question) -> tuple[Boxes | None, Outcome]:
        began = self._clock()
        boxes: Boxes | None = None
        card: Card | None = None
        failure: NeighbourFailed | None = None
        try:
            if question.frame:
                boxes = self._client.boxes(self._camera, question.bundle, question.least_score, question.frame)
            else:
                card = self._client.card(self._camera)
        except NeighbourFailed as error:
            failure = error
        except Exception as error:  # of whatever kind: the thread must not end, and the camera reads by itself
            failure = NeighbourFailed(f"{type(error).__name__}: {error}")
        return boxes, Outcome(self._clock() - began, question.trial, failure, card)
