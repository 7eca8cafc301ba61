"""One figure of the report's tables, and the figures that every protocol about boxes shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """One figure of the table.

    Attributes:
        field: of ``Row``.
        heading: short enough for a terminal; a line break allowed.
        better: which direction is better; None where the figure is no merit, such as a count of frames.
        digits: after the point.
        meaning: in plain words.
    """

    field: str
    heading: str
    better: Literal["more", "less"] | None
    digits: int
    meaning: str

    @property
    def title(self) -> str:
        """The heading on one line."""
        return self.heading.replace("-\n", "").replace("\n", " ")


BOX_COUNTS = (
    Column("boxes", "Boxes", None, 0, "all boxes that it draws when it runs"),
    Column("boxes_right", "Right", None, 0, "of them, those that are right"),
    Column("share_right", "share", "more", 3, "of all boxes"),
    Column("boxes_false", "False", None, 0, "of them, those that are false"),
    Column("share_false", "share", "less", 3, "of all boxes"),
    Column("boxes_unjudged", "Unjudged", None, 0, "of them, those of which the truth says nothing"),
    Column("share_unjudged", "share", None, 3, "of all boxes"),
)
"""Every box at the deployed confidence; in a table of its own, for they fit no terminal beside the others."""
FRAMES = Column("images", "Frames", None, 0, "pictures it was measured on")
MAP50 = Column("map50", "mAP50", "more", 3, "overall quality of finding vehicles; 1 is perfect")
BOX_COLUMNS = (
    FRAMES,
    Column("instances", "Vehicles", None, 0, "vehicles to be found in them"),
    Column("precision", "Precision", "more", 3, "share of its boxes that are right, at its best confidence"),
    Column("recall", "Recall", "more", 3, "share of the vehicles it finds, at its best confidence"),
    MAP50,
    Column("map50_95", "mAP50-95", "more", 3, "the same, but boxes must also fit tightly"),
    Column("confidence", "at\nconf.", None, 2, "its best confidence: highest F1 over these frames"),
    Column("deployed_confidence", "at work\nconf.", None, 2, "how sure it must be when it runs on the camera"),
    Column("deployed_precision", "at work\nprec.", "more", 3, "share of its boxes that are right when it runs"),
    Column("deployed_recall", "at work\nrecall", "more", 3, "share of the vehicles it finds when it runs"),
)
