"""Every box that a model draws at its deployed confidence, counted by what the truth says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lotwise.eval.metrics.matching import Matching
from lotwise.eval.metrics.operating_point import share
from lotwise.eval.rows import Row


@dataclass(frozen=True)
class BoxCounts:
    """The boxes of one frame at or above a confidence; each is counted once.

    Attributes:
        right: it is the box of a vehicle that no better box had found; None where there is no truth.
        false: there is no such vehicle; None where there is no truth.
        unjudged: the truth says nothing of the place where it lies.
    """

    right: int | None = 0
    false: int | None = 0
    unjudged: int = 0


def count_boxes(drawn: int, matching: Matching) -> BoxCounts:
    """The counts of a frame on which ``drawn`` boxes were drawn; those that are not in the matching are unjudged."""
    right, false = int(matching.right.sum()), int(matching.false.sum())
    return BoxCounts(right, false, drawn - right - false)


def with_boxes(row: Row, counts: Sequence[BoxCounts]) -> Row:
    """The row with its box fields filled in from the counts of its frames."""
    right, false = _total([one.right for one in counts]), _total([one.false for one in counts])
    unjudged = sum(one.unjudged for one in counts)
    boxes = (right or 0) + (false or 0) + unjudged
    return replace(
        row,
        boxes=boxes,
        boxes_right=right,
        boxes_false=false,
        boxes_unjudged=unjudged,
        share_right=None if right is None else share(right, boxes),
        share_false=None if false is None else share(false, boxes),
        share_unjudged=share(unjudged, boxes),
    )


def boxes_in_words(row: Row) -> str:
    """The counts in a sentence; empty where no frame could be measured.

    >>> boxes_in_words(Row("student", "C1", boxes=8, boxes_right=5, boxes_false=1, boxes_unjudged=2,
    ...                    share_right=0.625, share_false=0.125, share_unjudged=0.25))
    'Of the 8 boxes that it draws at work, 5 are right (62.5 %), 1 is false (12.5 %) and 2 are unjudged (25.0 %).'
    """
    if row.boxes is None:
        return ""
    if not row.boxes:
        return "It draws no boxes at work."
    parts = [
        f"{count} {'is' if count == 1 else 'are'} {word} ({100 * (part or 0):.1f} %)"
        for count, part, word in (
            (row.boxes_right, row.share_right, "right"),
            (row.boxes_false, row.share_false, "false"),
            (row.boxes_unjudged, row.share_unjudged, "unjudged"),
        )
        if count is not None
    ]
    told = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    drawn = "box" if row.boxes == 1 else "boxes"
    return f"Of the {row.boxes} {drawn} that it draws at work, {told}."


def _total(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None
