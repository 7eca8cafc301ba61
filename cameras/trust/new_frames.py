"""Frames that are new to a camera's bundle, kept within a number of bytes: what it should learn from next."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lotwise.cameras.collection.collect import file_stem
from lotwise.cameras.collection.kept_frames import Budget, KeptFrames
from lotwise.cameras.frame_selection.appearance import describe, flaw
from lotwise.cameras.trust.reference import TrustReference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import SIGNALS
from lotwise.datasets.frame import Image, Masks

FOLDER = "new_frames"
"""Folder in a node's state folder; a folder for each camera, as ``lotwise adapt --dataset folder`` reads it."""
WHY = "why.jsonl"
"""File in a camera's folder: which frames were kept and what was new in them, a JSON line each."""
NEW_LIGHT = 0.5
"""Distance from the nearest light learned from that is new: half a stop where it is not the same all over."""
MANY_FAINT = 1.5
"""Deviation of the share of faint boxes, in units of its usual spread, that is many."""
LOW_ACCURACY = 0.95
"""Estimated accuracy of a frame under which it is worth learning from."""


@dataclass(frozen=True)
class NewFrame:
    """A frame that was kept: its file, when it was taken, and what was new in it."""

    file: Path
    taken: datetime
    why: tuple[str, ...]


def newness_reasons(sample: Sample, reference: TrustReference) -> tuple[str, ...]:
    """What of a sampled frame is new to the bundle; empty where nothing is, or where the view is bad."""
    if sample.view != "good" or not sample.signals:
        return ()
    found = []
    if sample.signals.get("light", 0.0) > NEW_LIGHT:
        found.append("new light")
    deviations = dict(zip(SIGNALS, reference.deviations(sample.signals).tolist(), strict=True))
    if deviations.get("faint boxes", 0.0) > MANY_FAINT:
        found.append("many faint boxes")
    if reference.estimate(sample.signals)[0] < LOW_ACCURACY:
        found.append("low accuracy")
    return tuple(found)


class NewFrames:
    """The reservoir of one camera. What it keeps differs from what it kept before; where there is no room, the frames
    give way that add least. Used by any thread.

    Args:
        folder: gets ``<camera>/``.
        camera: its id.
        megabytes: most that its frames may take.
        masks: privacy masks, already painted on the frames that are offered.
    """

    def __init__(self, folder: Path, camera: str, megabytes: float, masks: Masks = ()) -> None:
        limit = int(megabytes * 1e6)
        self._camera, self._masks, self._limit = camera, masks, limit
        self._folder = folder / camera
        self._lock = threading.Lock()
        self._kept = KeptFrames(folder, {camera: masks}, Budget(limit, limit))

    @property
    def bytes(self) -> int:
        """What the frames take on disk."""
        return self._kept.bytes_of(self._camera)

    @property
    def count(self) -> int:
        """How many there are."""
        return self._kept.count(self._camera)

    def offer(self, image: Image, taken: datetime, why: Sequence[str]) -> bool:
        """Keep a frame (H, W, 3) BGR in which something is new, if it also differs from those kept already.

        Returns:
            Whether it was kept.

        Raises:
            OSError: it cannot be written.
        """
        if not why or not self._limit or flaw(image, masks=self._masks) is not None:
            return False
        local = taken.astimezone().replace(tzinfo=None) if taken.tzinfo else taken
        stem = file_stem(self._camera, local)
        with self._lock:
            name = self._kept.offer(self._camera, image, describe(image, self._masks), stem).file
            if not name:
                return False
            line = json.dumps({"file": name, "taken": taken.isoformat(), "why": list(why)})
            with (self._folder / WHY).open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        return True


def new_frames(folder: Path, camera: str, since: datetime | None = None) -> list[NewFrame]:
    """The kept frames of a camera that are still there, oldest first.

    Args:
        folder: the one that holds ``<camera>/``.
        camera: its id.
        since: only those taken then or later.
    """
    path = folder / camera / WHY
    if not path.is_file():
        return []
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            content = json.loads(line)
            frame = NewFrame(
                path.parent / content["file"], datetime.fromisoformat(content["taken"]), tuple(content["why"])
            )
        except (KeyError, TypeError, ValueError):
            continue  # half a line that a kill left
        if frame.file.is_file() and (since is None or frame.taken >= since):
            found[frame.file] = frame
    return sorted(found.values(), key=lambda frame: frame.taken)
