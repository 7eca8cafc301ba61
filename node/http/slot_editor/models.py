"""What the slot editor's routes take and answer, as models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_problems import SlotProblem
from lotwise.datasets.frame import SlotState
from lotwise.node.slot_editing.document import SlotDocument
from lotwise.node.slot_editing.edited_site import EditedPicture
from lotwise.node.slot_editing.sent_slot import MAX_SLOTS, SentSlot


class SentSlots(BaseModel):
    """The slots of a camera."""

    model_config = ConfigDict(extra="forbid")

    slots: Annotated[tuple[SentSlot, ...], Field(max_length=MAX_SLOTS)]


class RefusedAnswer(BaseModel):
    """Slots that were saved here and could not be put in force where they belong."""

    why: str
    base: tuple[SlotEntry, ...] = Field(description="What they were drawn from")
    slots: tuple[SlotEntry, ...]


class SlotsAnswer(BaseModel):
    """The slots of a camera as they are saved."""

    camera: str
    site: str
    version: str = Field(description="Of the content; send it as If-Match to save")
    slots: tuple[SlotEntry, ...]
    origin: Literal["file", "bundle", "nothing"] = Field(description="Where they come from now")
    file: str = Field(description="Where they are saved")
    unwritable: str = Field(description="Why they cannot be saved, in one line, or empty")
    pictures: tuple[str, ...] = Field(description="Names of the pictures to draw on")
    told: Annotated[str, Field(description="What becomes of saved slots that are not in force at once")] = ""
    refused: RefusedAnswer | None = None

    @staticmethod
    def of(document: SlotDocument, camera: str, site: str, pictures: Sequence[str]) -> SlotsAnswer:
        """A document as the editor opens it."""
        origin: Literal["file", "bundle", "nothing"] = "file"
        if document.read is None:
            origin = "bundle" if document.entries else "nothing"
        return SlotsAnswer(
            camera=camera,
            site=site,
            version=document.version,
            slots=document.entries,
            origin=origin,
            file=str(document.write),
            unwritable=document.unwritable,
            pictures=tuple(pictures),
        )


class ConflictAnswer(BaseModel):
    """Somebody else has saved meanwhile."""

    error: str
    now: SlotsAnswer


class PictureAnswer(BaseModel):
    """What the header ``X-Picture`` of a picture says."""

    name: str
    width: int
    height: int
    hash: str = Field(description="Begin of the SHA-256 of the JPEG, as a slot file has it for drawn_on")
    shift: tuple[float, float]
    note: str

    @staticmethod
    def of(picture: EditedPicture, digest: str) -> PictureAnswer:
        """A picture without its pixels."""
        width, height = picture.size
        return PictureAnswer(
            name=picture.name, width=width, height=height, hash=digest, shift=picture.shift, note=picture.note
        )


class ProblemAnswer(BaseModel):
    """One thing that is wrong with slots that are being drawn."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    slots: tuple[int, ...] = Field(description="Places in the list that was sent")
    why: str
    refused: bool = Field(description="Slots cannot be saved with it")

    @staticmethod
    def of(problem: SlotProblem) -> ProblemAnswer:
        """A problem as the editor shows it."""
        return ProblemAnswer.model_validate(problem)


class ReadingAnswer(BaseModel):
    """How a slot would be read on one frame."""

    state: SlotState
    score: float


class FrameAnswer(BaseModel):
    """How slots would be read on one frame; null where a slot cannot be read."""

    name: str
    taken: datetime | None
    readings: tuple[ReadingAnswer | None, ...]


class TryAnswer(BaseModel):
    """What a node would make of slots that are being drawn."""

    problems: tuple[ProblemAnswer, ...]
    frames: tuple[FrameAnswer, ...] = Field(description="The newest last")
    unread: str = Field(description="Why there are no frames, or empty")


class ImportAnswer(BaseModel):
    """Slots of a file of another program."""

    slots: tuple[SlotEntry, ...]
    format: str = Field(description="What the file was recognised as")
    notes: tuple[str, ...] = Field(description="What was left out, and what may be wrong")
