"""The oracle runs on every frame once; what it says goes into the knowledge store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Frame
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.teacher.oracle import Oracle
from lotwise.teacher.store import KnowledgeStore


@dataclass(frozen=True)
class Labelled:
    """What a labelling run did.

    Attributes:
        keys: content key of every frame that could be read, by frame name.
        predicted: how many frames the oracle ran on; the others were in the store.
        skipped: why a frame could not be read, by frame name.
        unchosen: names of training frames that the oracle was not asked about, as others were worth more.
    """

    keys: Mapping[str, str]
    predicted: int
    skipped: Mapping[str, str]
    unchosen: frozenset[str] = frozenset()


def label(frames: Sequence[Frame], oracle: Oracle, store: KnowledgeStore, progress: Progress = no_progress) -> Labelled:
    """Fill the store with what the oracle says of these frames.

    Raises:
        InputError: not one frame can be read, or the disk is full.
    """
    keys: dict[str, str] = {}
    skipped: dict[str, str] = {}
    predicted = 0
    for done, frame in enumerate(frames, 1):
        try:
            image = load(frame)
        except UnreadableImage as error:
            skipped[frame.name] = str(error)
        else:
            key = keys[frame.name] = content_key(image)
            if key not in store:
                store.add(key, oracle.predict(image))
                predicted += 1
        progress("label", done, len(frames), f"{predicted} new, {len(skipped)} unreadable")
    if frames and not keys:
        raise InputError(f"none of {len(frames)} frames can be read; the first: {next(iter(skipped.values()))}")
    return Labelled(keys, predicted, skipped)
