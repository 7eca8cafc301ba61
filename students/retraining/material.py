"""What a camera's student learns from when it is retrained: its new frames, and old ones that are replayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.datasets.frame import Footage, Frame
from lotwise.datasets.split import DEFAULT_HOLDOUT, Split, split_by_day
from lotwise.students.export.quantize import spread
from lotwise.students.pipeline.records import CameraRecord

REPLAY = 3
"""Old frames that are replayed for each new one that is learned from."""
LEAST_REPLAY = 24
"""Old frames that are replayed at least, where there are so many."""


@dataclass(frozen=True)
class Material:
    """Frames of one camera.

    Attributes:
        new_train, new_test: new frames to learn from and to measure on.
        old_train: all old frames that students learned from.
        old_test: old frames that no student learned from.
        known: whether the first student learned from old_test all the same: then it is flattered there.
    """

    new_train: tuple[Frame, ...]
    new_test: tuple[Frame, ...]
    old_train: tuple[Frame, ...]
    old_test: tuple[Frame, ...]
    known: bool = False

    @property
    def replayed(self) -> tuple[Frame, ...]:
        """Old frames to learn from again, evenly over time."""
        most = max(LEAST_REPLAY, REPLAY * len(self.new_train))
        return tuple(self.old_train[index] for index in spread(len(self.old_train), most))

    def split(self, replay: bool = True) -> Split:
        """What is learned from and what is measured on, in order of time."""
        train, test = [*self.new_train, *(self.replayed if replay else ())], [*self.old_test, *self.new_test]
        old = f"{len(self.old_test)} old and {len(self.new_test)} new frames"
        return Split(
            tuple(sorted(train, key=_when)), tuple(sorted(test, key=_when)), False, f"test: {old} not learned from"
        )

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All that is needed, in order of time."""
        split = self.split()
        return tuple(sorted({frame.name: frame for frame in (*split.train, *split.test)}.values(), key=_when))


def material_of(
    footage: Footage,
    record: CameraRecord,
    earlier: Sequence[tuple[Sequence[Frame], Sequence[Frame]]],
    new: Sequence[Frame],
    holdout: float,
) -> Material:
    """Divide a camera's frames; those that are held out once are held out for good.

    Args:
        footage: of the run that the camera's first student came from.
        record: of that student.
        earlier: of each retraining before, the new frames learned from and measured on.
        new: frames now, in order of time.
        holdout: share of new frames that is measured on.
    """
    by_name = {frame.name: frame for frame in footage.of_camera(record.camera)}
    learned = [by_name[name] for name in record.train if name in by_name]
    measured = [by_name[name] for name in record.test if name in by_name]
    known = bool(set(record.train) & set(record.test))
    if known:
        # It learned from all of them; from now on some are held out, so that what is forgotten shows.
        split = split_by_day(learned, holdout or DEFAULT_HOLDOUT)
        learned, measured = list(split.train), [frame for frame in split.test if frame not in split.train]
    now = split_by_day(new, holdout or DEFAULT_HOLDOUT) if new else Split((), (), False, "")
    old_train = sorted([*learned, *(frame for train, _ in earlier for frame in train)], key=_when)
    old_test = sorted([*measured, *(frame for _, test in earlier for frame in test)], key=_when)
    fresh = tuple(frame for frame in now.test if frame not in now.train)
    return Material(now.train, fresh, tuple(old_train), tuple(old_test), known)


def without_known(new: Sequence[Frame], old: Sequence[Frame], keys: Mapping[str, str]) -> tuple[Frame, ...]:
    """New frames without those whose very picture an old frame, or a new one before it, shows under another name.

    A folder that is played again and again, or a camera that stands still, gives such: held out they would show what
    was learned, not what can be read.

    Args:
        new: in order of time.
        old: learned from or held out before.
        keys: content key by frame name; frames that have none are kept.
    """
    known = {keys[frame.name] for frame in old if frame.name in keys}
    found = []
    for frame in new:
        key = keys.get(frame.name)
        if key is None or key not in known:
            found.append(frame)
        if key is not None:
            known.add(key)
    return tuple(found)


def _when(frame: Frame) -> tuple[str, str]:
    # Frames of no time come last, in order of their names.
    return (frame.taken.isoformat() if frame.taken else "~", frame.name)
