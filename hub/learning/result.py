"""What became of a job that was done."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

JobWord = Literal["offered", "kept", "nothing to do", "asks for slots", "out of budget"]
"""A bundle was offered to the node; the hub's gate or the node's word left nothing to offer; there was nothing to learn
from; the camera was turned or its pictures have another size, so that its slots must be drawn anew first; or the CPU
time was used up and the next try goes on."""


class JobResult(BaseModel):
    """What became of a job.

    Attributes:
        word: in one word.
        why: one line for people.
        bundle: identity of what was offered.
        page: what a retraining changed, a file below the camera's working folder; "" where there is none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    word: JobWord
    why: str = ""
    bundle: str = ""
    page: str = ""
