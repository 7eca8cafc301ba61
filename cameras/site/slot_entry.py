"""A slot as a slot file holds it: drawn or accepted by a person, or only proposed, with what speaks for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.datasets.frame import Slot

SlotStatus = Literal["accepted", "proposed", "inferred", "seen once", "in the way", "never empty", "rejected"]
"""What is known of a slot of a file; only ``accepted`` ones are slots for a node, a training or a report.

- ``accepted``: drawn, or accepted, by a person.
- ``proposed``: cars stood there, in a row of such places.
- ``inferred``: no car was seen there, but it is missing in a row.
- ``seen once``: a car stood there, but in no row; shown, not proposed.
- ``in the way``: cars stood there one behind the other, in an aisle between rows; shown, not proposed.
- ``never empty``: looks like a car, but never left and was never sure; shown, not proposed.
- ``rejected``: a person said no; kept so that it is not proposed again.
"""
PROPOSALS: tuple[SlotStatus, ...] = ("proposed", "inferred")
"""What ``lotwise slots accept --all`` accepts."""


class SlotEvidence(BaseModel):
    """What speaks for a proposal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: Annotated[int, Field(ge=0, description="frames in which a car stood there")] = 0
    stays: Annotated[int, Field(ge=0, description="different cars that stood there, one after the other")] = 0
    days: Annotated[int, Field(ge=0, description="days on which a car stood there")] = 0
    score: Annotated[float, Field(ge=0, le=1, description="how sure the place is, 0..1; for ranking")] = 0.0


class SlotEntry(SlotShape):
    """An entry of a slot file: id, polygon, and where it is not accepted, its status."""

    status: SlotStatus = "accepted"
    row: Annotated[str | None, Field(description="name of the row that it is a place of")] = None
    evidence: SlotEvidence | None = None
    drawn_on: Annotated[
        str | None,
        Field(pattern=r"^[0-9a-f]{16}$", description="begin of the SHA-256 of the picture that it was drawn on"),
    ] = None

    @staticmethod
    def of(slot: Slot) -> SlotEntry:
        """A slot of which nothing is in doubt."""
        return SlotEntry(**SlotShape.of(slot).model_dump())

    def accepted(self) -> SlotEntry:
        """The same as a person accepts it; what spoke for it stays."""
        return self.model_copy(update={"status": "accepted"})


def waiting_note(entries: Iterable[SlotEntry], path: Path) -> str:
    """One line about entries that wait for a person; "" where none does."""
    count = sum(entry.status in PROPOSALS for entry in entries)
    if not count:
        return ""
    what = "1 proposed slot counts" if count == 1 else f"{count} proposed slots count"
    return f"{path}: {what} as not there until a person accepts; see lotwise slots accept"
