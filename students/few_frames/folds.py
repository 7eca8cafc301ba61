"""Which frames of a camera are left out together, so that each is measured by a student that never saw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lotwise.datasets.frame import Frame


@dataclass(frozen=True)
class Folds:
    """The frames of one camera in parts, each of which is left out once.

    Attributes:
        frames: in order of time.
        part_of: number of each frame's part, from 0 up; at least two parts.
        days_apart: whether no day has frames in two parts.
    """

    frames: tuple[Frame, ...]
    part_of: tuple[int, ...]
    days_apart: bool

    def __len__(self) -> int:
        return max(self.part_of) + 1

    def left_out(self, part: int) -> tuple[Frame, ...]:
        """The frames of a part, in order of time."""
        return tuple(frame for frame, own in zip(self.frames, self.part_of, strict=True) if own == part)

    def learned(self, part: int) -> tuple[Frame, ...]:
        """The frames that the student of a part learns from: all others, in order of time."""
        return tuple(frame for frame, own in zip(self.frames, self.part_of, strict=True) if own != part)

    @property
    def note(self) -> str:
        """How the student is measured and what that is worth, for people; no capital, no full stop."""
        count = len(self.frames)
        if len(self) == count:
            how = f"measured by leave-one-out of {count} frames"
        else:
            how = f"measured by leaving out each of {len(self)} parts of {count} frames"
        learned = f"{how}; the student itself learned from all of them"
        if self.days_apart:
            return learned
        dated = all(frame.taken for frame in self.frames)
        why = "frames of one day are" if dated else "frames without a date may be of one day and are"
        return f"{learned}; {why} both learned from and measured on, which flatters"


def pictures(frames: Iterable[Frame], keys: Mapping[str, str]) -> int:
    """How many different pictures these frames show."""
    return len({keys[frame.name] for frame in frames})


def make_folds(frames: Sequence[Frame], keys: Mapping[str, str], most: int) -> Folds | None:
    """Divide frames so that the same picture, and where the days allow it the same day, is on one side only.

    Args:
        frames: of one camera, in order of time.
        keys: content key by frame name: two frames of the same pixels have the same.
        most: parts at most; groups go to them by turns.

    Returns:
        None where all show one picture.
    """
    days = [f"{frame.taken:%Y-%m-%d}" if frame.taken else None for frame in frames]
    groups = _joined([[keys[frame.name]] for frame in frames])
    by_day = None not in days
    if by_day:
        of_days = _joined([[keys[frame.name], str(day)] for frame, day in zip(frames, days, strict=True)])
        by_day = len(set(of_days)) > 1
        groups = of_days if by_day else groups
    order = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    count = min(len(order), most)
    return Folds(tuple(frames), tuple(order[group] % count for group in groups), by_day) if count > 1 else None


def _joined(marks: Sequence[Sequence[str]]) -> list[int]:
    """Number of each item's group: items that have a mark in common are in one, also by way of others."""
    groups = list(range(len(marks)))
    seen: dict[str, int] = {}
    for item, own in enumerate(marks):
        for mark in own:
            if mark in seen:
                old, new = groups[item], groups[seen[mark]]
                groups = [new if group == old else group for group in groups]
            else:
                seen[mark] = item
    return groups
