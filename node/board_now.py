"""How one board of a camera's divided student is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BoardNow:
    """How a board is.

    Attributes:
        number: of its module, from 1.
        url: its address.
        answers: whether it has answered the last frame in time.
        why: why not, in one line; empty where it has.
        ms: from the frame to the answer, of the last answer.
        sent, received: bytes of the last frame's part and of its answer.
    """

    number: int
    url: str
    answers: bool = True
    why: str = ""
    ms: float = 0.0
    sent: int = 0
    received: int = 0
