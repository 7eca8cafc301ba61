"""The collected frames of a site on disk: those that together show most within a number of bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import cv2
import numpy as np

from lotwise.cameras.frame_selection.appearance import Appearance, describe, flaw
from lotwise.cameras.frame_selection.streaming import KeptAppearances, Novelty
from lotwise.cameras.frame_selection.survey import small
from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame, Image, Masks
from lotwise.datasets.image_files import IMAGE_SUFFIXES
from lotwise.datasets.whole_file import write_whole

FRAMES = "frames"
"""Folder beside the site file in which frames of running cameras are collected, one folder for each."""
LEDGER = ".collected"
"""File in a camera's folder that names the frames collected there. Nothing else is ever deleted."""
JPEG_QUALITY = 95
"""Of 100. Chosen high: what a student learns from should show what the camera gave."""

Outcome = Literal["kept", "replaced", "alike", "full"]
"""``replaced``: kept in the place of frames that added less; ``full``: no room, and it adds less than all others."""


class Offered(NamedTuple):
    """What became of a frame that was offered; ``file`` is its name in its folder, "" where it was not kept."""

    outcome: Outcome
    novelty: Novelty
    file: str = ""


@dataclass(frozen=True)
class Budget:
    """Bytes on disk.

    Attributes:
        camera: of each camera's frames.
        whole: of all of them.
    """

    camera: int
    whole: int


class KeptFrames:
    """Frames on disk in a folder for each camera; what they look like is in memory.

    What an earlier run collected is read again from the pictures themselves, so that a kill at any moment loses at
    most the frame that was being written. Other pictures in the folders count as seen, but are never deleted.

    Args:
        root: gets the folders.
        cameras: privacy masks by camera id.
        budget: what collected frames may take.
    """

    def __init__(self, root: Path, cameras: Mapping[str, Masks], budget: Budget) -> None:
        self._root, self._budget, self._masks = root, budget, cameras
        self._seen = {camera: KeptAppearances() for camera in cameras}
        self._sizes: dict[str, dict[str, int]] = {camera: {} for camera in cameras}
        for camera in cameras:
            self._read(camera)

    def count(self, camera: str) -> int:
        """Frames of a camera that were collected, now and before."""
        return len(self._sizes[camera])

    def bytes_of(self, camera: str) -> int:
        """What they take on disk."""
        return sum(self._sizes[camera].values())

    def offer(self, camera: str, image: Image, seen: Appearance, stem: str) -> Offered:
        """Keep a frame if it shows something new, in the place of frames that add less where there is no room.

        Args:
            camera: its id.
            image: (H, W, 3) BGR, with its privacy masks painted.
            seen: what it looks like.
            stem: name of its file without the ending; numbered where it is taken.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        novelty = self._seen[camera].novelty(seen)
        if novelty.alike:
            return Offered("alike", novelty)
        self._seen[camera].notice(seen)
        data = _jpeg(image)
        given = self._given_up(camera, len(data), seen)
        if given is None:
            return Offered("full", novelty)
        for other, name in given:
            self._forget(other, name)
        name = self._write(camera, stem, data, seen)
        return Offered("replaced" if given else "kept", novelty, name)

    def _given_up(self, camera: str, size: int, new: Appearance) -> list[tuple[str, str]] | None:
        """Camera and name of the frames that give way to a new one; None where the new one adds least."""
        given: list[tuple[str, str]] = []
        for cameras, most in (([camera], self._budget.camera), (list(self._sizes), self._budget.whole)):
            while sum(taken := [self._left(one, given) + size * (one == camera) for one in cameras]) > most:
                # Of a budget that cameras share, the one that takes most of it gives.
                largest = cameras[int(np.argmax(taken))]
                gone = [name for one, name in given if one == largest]
                losses = self._seen[largest].losses(gone, new if largest == camera else None)
                own = [name for name in losses if not name or name in self._sizes[largest]]
                name = min(own, key=losses.__getitem__)
                if not name:
                    return None
                given.append((largest, name))
        return given

    def _left(self, camera: str, given: Sequence[tuple[str, str]]) -> int:
        """Bytes that a camera's frames take without those given up."""
        return self.bytes_of(camera) - sum(self._sizes[one][name] for one, name in given if one == camera)

    def _write(self, camera: str, stem: str, data: bytes, seen: Appearance) -> str:
        folder = self._root / camera
        folder.mkdir(parents=True, exist_ok=True)
        name = _unused(folder, stem)
        # Named first: after a kill in between, the ledger names a file that is not there, which harms nobody.
        with (folder / LEDGER).open("a", encoding="utf-8") as ledger:
            ledger.write(f"{name}\n")
        write_whole(folder / name, data, sync=False)
        self._sizes[camera][name] = len(data)
        self._seen[camera].add(name, seen)
        return name

    def _forget(self, camera: str, name: str) -> None:
        (self._root / camera / name).unlink(missing_ok=True)
        del self._sizes[camera][name]
        self._seen[camera].remove(name)

    def _read(self, camera: str) -> None:
        folder = self._root / camera
        if not folder.is_dir():
            return
        ledger = folder / LEDGER
        own = set(ledger.read_text(encoding="utf-8").split("\n")) if ledger.is_file() else set()
        pictures = sorted(file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file())
        for file in pictures:
            if file.name in own:
                self._sizes[camera][file.name] = file.stat().st_size
            try:
                image = small(Frame(camera, file.name, file, masks=self._masks[camera]))
            except UnreadableImage:
                continue
            if flaw(image, masks=self._masks[camera]) is None or file.name in own:
                seen = describe(image, self._masks[camera])
                self._seen[camera].notice(seen)
                self._seen[camera].add(file.name, seen)


def _unused(folder: Path, stem: str) -> str:
    """A file name with this stem that is not taken."""
    # Three digits behind the seconds read as milliseconds, which whoever reads the time leaves out.
    name, number = f"{stem}.jpg", 0
    while (folder / name).exists():
        number += 1
        name = f"{stem}_{number:03}.jpg"
    return name


def _jpeg(image: Image) -> bytes:
    good, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert good
    return np.asarray(data).tobytes()
