"""What is kept of each retraining of a camera: what went in, what it changed, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lotwise.students.pipeline.records import GateOutcome
from lotwise.students.retraining.chance import chance_of_loss


class FrameChange(BaseModel):
    """One frame that neither bundle learned from, as the bundle live before and the new one read it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame: Annotated[str, Field(description="Name of the frame.")]
    recent: Annotated[bool, Field(description="Whether it is one of the new frames.")]
    before: Annotated[float, Field(description="Expected F1 of the boxes of the bundle live before.")]
    after: Annotated[float, Field(description="Expected F1 of the new bundle's boxes.")]
    slots: Annotated[int, Field(ge=0, description="Slots of which the teacher can tell the state.")] = 0
    wrong_before: Annotated[
        tuple[str, ...], Field(description="Slots that the bundle live before reads otherwise than the teacher.")
    ] = ()
    wrong_after: Annotated[
        tuple[str, ...], Field(description="Slots that the new bundle reads otherwise than the teacher.")
    ] = ()


class Score(BaseModel):
    """How two bundles agree with the teacher on some frames."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: int
    before: Annotated[float, Field(description="Expected F1 of the bundle live before, over all these frames.")]
    after: Annotated[float, Field(description="The same of the new bundle.")]
    slots_before: Annotated[
        float | None, Field(description="Share of slots read as by the teacher, before; null without slots.")
    ] = None
    slots_after: Annotated[float | None, Field(description="The same of the new bundle.")] = None
    chance: Annotated[
        float | None,
        Field(
            description="How likely bundles that are as good differ by so much, boxes, to the new one's disadvantage."
        ),
    ] = None
    slots_chance: Annotated[float | None, Field(description="The same of slots; null without slots.")] = None


class Comparison(BaseModel):
    """The bundle live before and the new one, on recent and on old frames that neither learned from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recent: Score | None = None
    old: Score | None = None
    frames: tuple[FrameChange, ...] = ()


class RetrainingRecord(BaseModel):
    """One retraining of one camera; written as it goes on, so that a killed one is gone on with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: str
    number: Annotated[int, Field(ge=1)]
    begun: datetime
    new: Annotated[tuple[str, ...], Field(description="Files of the new frames, below the camera's frames/.")]
    sources: Annotated[tuple[str, ...], Field(description="The same files as they were called where they came from.")]
    finished: bool = False
    learned: Annotated[tuple[str, ...], Field(description="New frames that were learned from.")] = ()
    held_out: Annotated[tuple[str, ...], Field(description="New frames that were measured on.")] = ()
    known: Annotated[
        int, Field(ge=0, description="New frames that were left out, since their very picture was known already.")
    ] = 0
    replayed: Annotated[int, Field(description="Old frames that were learned from again.")] = 0
    looked: Annotated[int, Field(description="Frames that the teacher looked at.")] = 0
    cpu_s: Annotated[float, Field(description="Seconds of CPU, all tries together.")] = 0.0
    was_live: Annotated[str | None, Field(description="Bundle that was live when it was compared.")] = None
    winner: Annotated[str, Field(description="Whether the new bundle is a student or the untouched nano.")] = ""
    bundle: Annotated[str | None, Field(description="The new bundle.")] = None
    outcome: GateOutcome | None = None
    why: str = ""
    notes: tuple[str, ...] = ()
    compared: Comparison | None = None


Word = Literal["promoted", "shadow", "kept", "nothing new", "waits", "asks for slots", "out of budget", "failed"]
"""What became of a camera in one call: the gate's three, or why it did not come so far."""


class Outcome(BaseModel):
    """What became of a camera in one call of the command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: str
    word: Word
    why: str
    record: RetrainingRecord | None = None


def score(
    frames: Sequence[FrameChange], before: float, after: float, vehicle_gains: Sequence[float] | None = None
) -> Score | None:
    """Both bundles over some frames; None where there are none.

    Args:
        frames: each frame's own figures.
        before, after: expected F1 over all of them together.
        vehicle_gains: of each place, what the new bundle has won there in boxes; None where nobody has counted.
    """
    if not frames:
        return None
    slots = sum(frame.slots for frame in frames)
    wrong_before, wrong_after = (
        sum(len(wrong) for wrong in side)
        for side in ([frame.wrong_before for frame in frames], [frame.wrong_after for frame in frames])
    )
    shares = (1 - wrong_before / slots, 1 - wrong_after / slots) if slots else (None, None)
    return Score(
        frames=len(frames),
        before=before,
        after=after,
        slots_before=shares[0],
        slots_after=shares[1],
        chance=None if vehicle_gains is None else chance_of_loss(vehicle_gains),
        slots_chance=chance_of_loss(slot_gains(frames).values()) if slots else None,
    )


def slot_gains(frames: Sequence[FrameChange]) -> dict[str, int]:
    """Of each slot that was read wrongly at all, on how many more of these frames the new bundle reads it rightly."""
    gains: Counter[str] = Counter()
    for frame in frames:
        gains.update(frame.wrong_before)
        gains.subtract(frame.wrong_after)
    return dict(gains)
