"""Which frames of a camera the teacher is asked about, where it is not to look at all of them.

The frames held out stay those that they are without a choice; frames are chosen from the others only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lotwise.cameras.frame_selection.farthest_point import Choice, choose
from lotwise.cameras.frame_selection.survey import survey
from lotwise.datasets.frame import Frame
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.split import Split, split_by_day


@dataclass(frozen=True)
class FrameSelection:
    """What was chosen of one camera's frames.

    Attributes:
        frames: all of them.
        split: those that can be read.
        choice: among ``split.train``, by indices of ``frames``; empty where nothing can be learned from.
        skipped: why a frame was left out of the choice, by frame name.
    """

    frames: tuple[Frame, ...]
    split: Split
    choice: Choice
    skipped: Mapping[str, str]

    @property
    def chosen(self) -> tuple[Frame, ...]:
        """In order of worth."""
        return tuple(self.frames[index] for index in self.choice.indices)

    @property
    def labelled(self) -> tuple[Frame, ...]:
        """What the teacher looks at: the chosen and the held out ones; none where there is nothing to learn from."""
        held_out = () if self.split.test == self.split.train or not self.chosen else self.split.test
        return (*self.chosen, *held_out)

    @property
    def unchosen(self) -> frozenset[str]:
        """Names of frames that could have been learned from and are not."""
        return frozenset(frame.name for frame in self.split.train) - {frame.name for frame in self.chosen}

    def as_json(self) -> dict[str, Any]:
        """Chosen frames in order of worth with their reasons, what was skipped, and how many others are alike."""
        chosen = [
            {"name": frame.name, "why": one.why, "distance": one.distance}
            for frame, one in zip(self.chosen, self.choice.chosen, strict=True)
        ]
        return {"chosen": chosen, "alike": self.choice.alike, "skipped": dict(self.skipped), "note": self.split.note}


def select_frames(
    frames: Sequence[Frame],
    count: int,
    holdout: float,
    progress: Progress = no_progress,
    test_days: Collection[date] | None = None,
) -> FrameSelection:
    """Choose from the training frames of one camera.

    Args:
        frames: of one camera.
        count: how many at most.
        holdout: share of the frames that is held out, as for :func:`lotwise.datasets.split.split_by_day`.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        test_days: days that are held out, likewise.
    """
    seen = survey(frames, progress)
    readable = [frame for index, frame in enumerate(frames) if index not in seen.unreadable]
    split = split_by_day(readable, holdout, test_days) if readable else Split((), (), False, "no frame can be read")
    places = {frame.name: index for index, frame in enumerate(frames)}
    train = [places[frame.name] for frame in split.train]
    skipped = {**seen.unreadable, **{index: seen.unfit[index] for index in train if index in seen.unfit}}
    return FrameSelection(
        tuple(frames), split, choose(seen, count, train), {frames[index].name: why for index, why in skipped.items()}
    )
