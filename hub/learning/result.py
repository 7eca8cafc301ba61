"""What became of a job."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

JobWord = Literal["offered", "kept", "nothing to do", "out of budget", "failed"]
"""A bundle was offered to the node; the hub's gate or the node's word left nothing to offer; there was nothing to learn
from; the CPU time was used up and the next try goes on; or it went wrong."""


class JobResult(BaseModel):
    """What became of a job.

    Attributes:
        word: in one word.
        why: one line for people.
        bundle: identity of what was offered.
        cpu_s: CPU time of this try, seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    word: JobWord
    why: str = ""
    bundle: str = ""
    cpu_s: float = 0.0
