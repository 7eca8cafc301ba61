"""The oracle runs on every frame once; what it says goes into the knowledge store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.images import content_key
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.stamp import stamp_of
from lotwise.teacher.index import LabelledFrame, SkippedFrame
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore


class Predictor(Protocol):
    """Whoever tells what is on a frame; :class:`lotwise.teacher.oracle.Oracle` is one."""

    def predict(self, image: Image) -> Knowledge: ...


@dataclass(frozen=True)
class Labelled:
    """What a labelling did.

    Attributes:
        frames: the labelled ones, by frame name.
        predicted: how many frames the oracle ran on; the others were in the store.
        left_out: those that could not be read, by frame name.
    """

    frames: Mapping[str, LabelledFrame]
    predicted: int
    left_out: Mapping[str, SkippedFrame]

    @property
    def keys(self) -> Mapping[str, str]:
        """Content key by frame name."""
        return {name: frame.key for name, frame in self.frames.items()}

    @property
    def skipped(self) -> Mapping[str, str]:
        """Why a frame could not be read, by frame name."""
        return {name: frame.why for name, frame in self.left_out.items()}


def label(
    frames: Sequence[Frame],
    oracle: Predictor,
    store: KnowledgeStore,
    progress: Progress = no_progress,
    read: LoadFrame = load,
    before: Mapping[str, LabelledFrame] | None = None,
    so_far: Callable[[Labelled], None] = lambda labelled: None,
) -> Labelled:
    """Fill the store with what the oracle says of these frames.

    Args:
        frames: of one or more cameras.
        oracle: runs on those that the store does not know.
        store: gets what it says.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.
        before: what an earlier labelling did, by frame name: a frame whose file was not touched since, and whose
            knowledge is in the store, is not even decoded.
        so_far: told after each frame what was done.

    Raises:
        InputError: not one frame can be read, or the disk is full.
    """
    done_before = before or {}
    labelled: dict[str, LabelledFrame] = {}
    skipped: dict[str, SkippedFrame] = {}
    predicted = 0
    for done, frame in enumerate(frames, 1):
        stamp, known = stamp_of(frame), done_before.get(frame.name)
        if known is not None and stamp is not None and known.stamp == stamp and known.key in store:
            labelled[frame.name] = known
        else:
            try:
                image = read(frame)
            except UnreadableImage as error:
                skipped[frame.name] = SkippedFrame(why=str(error), stamp=stamp)
            else:
                key = content_key(image)
                labelled[frame.name] = LabelledFrame(key=key, size=(image.shape[1], image.shape[0]), stamp=stamp)
                if key not in store:
                    store.add(key, oracle.predict(image))
                    predicted += 1
        so_far(Labelled(labelled, predicted, skipped))
        progress("label", done, len(frames), f"{predicted} new, {len(skipped)} unreadable")
    if frames and not labelled:
        first = next(iter(skipped.values())).why
        raise InputError(f"none of {len(frames)} frames can be read; the first: {first}")
    return Labelled(labelled, predicted, skipped)
