"""The index of a labelling: which frame has which knowledge, so that later stages need neither teacher nor pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.images import content_key
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.stamp import Stamp, stamp_of
from lotwise.datasets.whole_file import write_whole
from lotwise.teacher.store import KnowledgeStore, unwritable

INDEX = "index.json"
LABEL_AGAIN = "run lotwise label, or lotwise adapt, with the same --out"


class LabelledFrame(BaseModel):
    """A frame that the teacher has looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(description="key of the frame's knowledge in the store, made of its pixels")]
    size: Annotated[tuple[int, int], Field(description="width and height of the frame, px")]
    stamp: Annotated[
        Stamp | None, Field(description="length of its file in bytes and time of its last change in nanoseconds")
    ]


class SkippedFrame(BaseModel):
    """A frame that cannot be learned from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    why: Annotated[str, Field(description="why the frame was left out, for people")]
    stamp: Annotated[
        Stamp | None, Field(description="length of its file in bytes and time of its last change in nanoseconds")
    ]


class LabelIndex(BaseModel):
    """What a labelling did with each frame, and who looked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    oracle: Annotated[str, Field(description="identity of the teacher's weights and of how it looks")]
    description: Annotated[dict[str, Any], Field(description="the teacher and how it looks, for people")] = {}
    asked: Annotated[str, Field(description="identity of what was to be labelled and how it was chosen")] = ""
    finished: Annotated[bool, Field(description="false while labelling goes on, or where it was stopped")] = True
    frames: Annotated[dict[str, LabelledFrame], Field(description="the labelled frames by name")] = {}
    skipped: Annotated[dict[str, SkippedFrame], Field(description="frames that were left out, by name")] = {}
    unchosen: Annotated[
        dict[str, Stamp | None], Field(description="training frames that others were worth more than, with stamps")
    ] = {}

    def covers(self, frames: Sequence[Frame]) -> bool:
        """Whether it tells of just these frames, all as they lie on the disk now."""
        stamps = {
            **{name: frame.stamp for name, frame in self.frames.items()},
            **{name: frame.stamp for name, frame in self.skipped.items()},
            **self.unchosen,
        }
        return len(stamps) == len(frames) and all(
            frame.name in stamps and stamps[frame.name] == stamp_of(frame) for frame in frames
        )


@dataclass(frozen=True)
class Labels:
    """All that later stages need of labelling: the index, and the store that holds the knowledge.

    Attributes:
        index: what was done with each frame.
        store: of the oracle that looked.
        predicted: how many frames the oracle ran on this time; the others were in the store.
    """

    index: LabelIndex
    store: KnowledgeStore
    predicted: int = 0

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """Content key by frame name."""
        return {name: frame.key for name, frame in self.index.frames.items()}

    @property
    def skipped(self) -> Mapping[str, str]:
        """Why a frame was left out, by frame name."""
        return {name: frame.why for name, frame in self.index.skipped.items()}

    @property
    def unchosen(self) -> frozenset[str]:
        """Names of training frames that the oracle was not asked about, as others were worth more."""
        return frozenset(self.index.unchosen)

    def detections(self, frame: Frame) -> Detections:
        """What the teacher said of a labelled frame, in its pixels."""
        return self.store.get(self.keys[frame.name]).detections

    def still_as_labelled(self, frame: Frame, read: LoadFrame = load) -> bool:
        """Whether a frame still shows what it showed when it was labelled; also where it cannot be read any more.

        Its pixels are compared only where the file was touched since, as by a copy that keeps no times.
        """
        known, stamp = self.index.frames[frame.name], stamp_of(frame)
        if stamp is None or stamp == known.stamp:
            return True
        try:
            return content_key(read(frame)) == known.key
        except UnreadableImage:
            return True

    def check(self, frames: Sequence[Frame], read: LoadFrame = load) -> None:
        """Refuse labelled frames that show something else by now.

        Raises:
            InputError: the first of them, and how many there are.
        """
        changed = [frame for frame in frames if frame.name in self.keys and not self.still_as_labelled(frame, read)]
        if changed:
            more = f" and {len(changed) - 1} more frames" if len(changed) > 1 else ""
            raise InputError(f"{changed[0].path}{more}: changed since the teacher looked; {LABEL_AGAIN}")


def read_index(root: Path) -> LabelIndex | None:
    """The index beside a store; None where there is none.

    Raises:
        InputError: it cannot be read.
    """
    path = root / INDEX
    try:
        return LabelIndex.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); mend its rights or its disk") from error
    except ValidationError as error:
        raise InputError(f"{path}: {mistake_line(error, LabelIndex)}; delete it and label again") from error


def write_index(root: Path, index: LabelIndex) -> None:
    """Write the index beside a store, whole or not at all.

    Raises:
        InputError: the disk is full or the folder cannot be written.
    """
    path = root / INDEX
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_whole(path, index.model_dump_json().encode() + b"\n")
    except OSError as error:
        raise unwritable(path, error) from error


def open_labels(root: Path, asked: str | None = None) -> Labels:
    """What a labelling has left, without the teacher and without a look at any frame.

    Args:
        root: folder of the store.
        asked: identity of what must have been labelled; None for whatever was.

    Raises:
        InputError: nothing was labelled here, labelling was stopped, or something else was labelled.
    """
    index = read_index(root)
    if index is None:
        raise InputError(f"{root}: nothing is labelled here yet; {LABEL_AGAIN}")
    if not index.finished:
        raise InputError(f"{root}: labelling is not finished ({len(index.frames)} frames so far); {LABEL_AGAIN}")
    if asked not in (None, index.asked):
        raise InputError(
            f"{root}: other frames, or another teacher's word, lie here than this run asks for; {LABEL_AGAIN}"
        )
    return Labels(index, KnowledgeStore(root / index.oracle))
