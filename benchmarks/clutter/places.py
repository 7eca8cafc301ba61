"""Where students are trained and measured: a clip to learn from, and frames of other times with truth."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import ascii_lowercase

import numpy as np

from benchmarks.distillation.scores import PARTS, divide
from lotwise.cameras.frame_selection.survey import survey
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.synthetic import render_site

DENSITIES = {"none": 0.0, "low": 0.2, "mid": 0.5, "high": 1.0}
RESIDENTS = 0.15
"""Share of the slots whose car never leaves: what must not be taken for furniture."""
CLIPS = ((6, 1), (12, 1), (30, 1), (6, 3), (12, 3), (30, 3))
"""(frames, days) of the clips."""
CLIP_DAYS, TEST_DAYS, FRAMES_PER_DAY, TEST_FRAMES_PER_DAY = 3, 2, 30, 8
YARD_FRAME_PX = (800, 600)
LOT = "all"
"""Name of the camera that all cameras of a lot are put together as."""


@lru_cache(maxsize=32)
def opened(kind: str, root: str, camera: str) -> Dataset:
    """A camera of a data set, read once."""
    return open_dataset(kind, Path(root), (camera,))


@dataclass(frozen=True)
class HeldOut:
    """Frames to measure on.

    Attributes:
        dataset, root, camera: where they are.
        names: of the frames.
        empty: nothing is parked there, and there is no truth: every box that stays on a slot is false.
    """

    dataset: str
    root: str
    camera: str
    names: tuple[str, ...]
    empty: bool = False

    def frames(self) -> tuple[Dataset, list[Frame]]:
        found = opened(self.dataset, self.root, self.camera)
        wanted = set(self.names)
        return found, [frame for frame in found.frames if frame.name in wanted]


@dataclass(frozen=True)
class Place:
    """One clip of one camera and what a student of it is measured on.

    Attributes:
        group: under which the table pools it.
        clip: length of the clip, for people; also pooled by.
        name: unique.
        real: whether it is of the world of real frames.
        dataset, root, camera: where the clip's frames are.
        train: names of the clip's frames.
        tests: what is measured on; slots are those of the first.
        seed: of the trainings, and of a rendered lot.
    """

    group: str
    clip: str
    name: str
    real: bool
    dataset: str
    root: str
    camera: str
    train: tuple[str, ...]
    tests: tuple[HeldOut, ...]
    seed: int


def spread(frames: Sequence[Frame], count: int) -> list[Frame]:
    """So many of the frames, evenly from the first to the last; the middle one where it is one."""
    if count == 1:
        return [frames[len(frames) // 2]]
    return [frames[index] for index in np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int)]


def yards(
    work: Path, densities: Sequence[str], clips: Sequence[tuple[int, int]], seeds: int, progress: Progress = no_progress
) -> list[Place]:
    """Rendered yards, a lot a seed: the same lot, cars and light at each density. Measured on two later days."""
    found = []
    for density in densities:
        for seed in range(seeds):
            root = work / "yards" / f"{density}-{seed}"
            site = render_site(
                root, cameras=1, days=CLIP_DAYS + TEST_DAYS, frames_per_day=FRAMES_PER_DAY, seed=seed,
                width=YARD_FRAME_PX[0], height=YARD_FRAME_PX[1], clutter=DENSITIES[density], residents=RESIDENTS,
                progress=progress,
            )  # fmt: skip
            days = [
                list(site.frames[day * FRAMES_PER_DAY : (day + 1) * FRAMES_PER_DAY])
                for day in range(CLIP_DAYS + TEST_DAYS)
            ]
            tested = [frame for day in days[CLIP_DAYS:] for frame in spread(day, TEST_FRAMES_PER_DAY)]
            test = HeldOut("synthetic", str(root), "C1", tuple(frame.name for frame in tested))
            for frames, over in clips:
                clip = [frame for day in days[:over] for frame in spread(day, frames // over)]
                found.append(
                    Place(
                        f"yard, {density}", f"{frames} frames, {over} day{'s' if over > 1 else ''}",
                        f"yard-{density}-{frames}x{over}-{seed}", False, "synthetic", str(root), "C1",
                        tuple(frame.name for frame in clip), (test,), seed,
                    )
                )  # fmt: skip
    return found


def cnr_ext(shared: Path, seeds: int, work: Path) -> list[Place]:
    """Real frames of one lot, in four ways.

    Cameras 1 and 3 in parts by turns; camera 3's frames with boxes by students of its other days; four cameras that
    learn from one frame and have boxes in another; and one student for the whole lot, of all frames without boxes.
    """
    root = shared / "data" / "cnr_ext"
    found = [place for camera in ("C1", "C3") for place in _by_turns("CNR-EXT", "cnr-ext", root, camera, seeds)]
    found += [*_other_days(root, "C3", seeds), *_whole_lot(root, seeds, work)]
    for camera in ("C4", "C5", "C7", "C9"):
        dataset = open_dataset("cnr-ext", root, (camera,))
        boxed = [frame.name for frame in _boxed(dataset)]
        train = tuple(frame.name for frame in dataset.frames if frame.name not in boxed)
        test = HeldOut("cnr-ext", str(root), camera, tuple(boxed))
        found += [
            Place("CNR-EXT one frame", "1 frame", f"cnr-{camera}-{seed}", True, "cnr-ext", str(root), camera, train,
                  (test,), seed)
            for seed in range(seeds)
        ]  # fmt: skip
    return found


def _boxed(dataset: Dataset) -> list[Frame]:
    """Frames on which vehicles are drawn."""
    return [frame for frame in dataset.frames if dataset.truth[frame.name].vehicles is not None]


def _other_days(root: Path, camera: str, seeds: int) -> list[Place]:
    """Each frame with boxes, by a student of the camera's other days."""
    dataset = open_dataset("cnr-ext", root, (camera,))
    found = []
    for frame in _boxed(dataset):
        assert frame.taken is not None
        day = frame.taken.date()
        train = [other.name for other in dataset.frames if other.taken and other.taken.date() != day]
        test = HeldOut("cnr-ext", str(root), camera, (frame.name,))
        found += [
            Place(
                "CNR-EXT other days", f"{len(train)} frames", f"cnr-days-{camera}-{day:%m%d}-{seed}", True, "cnr-ext",
                str(root), camera, tuple(train), (test,), seed,
            )
            for seed in range(seeds)
        ]  # fmt: skip
    return found


def _whole_lot(root: Path, seeds: int, work: Path) -> list[Place]:
    """All frames without boxes as if they were of one camera, and those with boxes to measure on.

    No product, but the only student that 302 drawn vehicles can be held against: most cameras have a frame or two.
    Names tell no time, so that frames of all cameras are held out to choose its threshold by.
    """
    dataset = open_dataset("cnr-ext", root)
    boxed = {frame.name for frame in _boxed(dataset)}
    folder = work / "lot"
    for camera in dataset.cameras:
        own = [frame for frame in dataset.of_camera(camera) if frame.name not in boxed]
        for frame, letter in zip(own, ascii_lowercase, strict=False):
            link = folder / LOT / f"camera-{camera[1:]}-{letter}.jpg"
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                os.symlink(frame.path.resolve(), link)
    train = tuple(frame.name for frame in open_dataset("folder", folder, (LOT,)).frames)
    tests = tuple(
        HeldOut("cnr-ext", str(root), camera, names)
        for camera in dataset.cameras
        if (names := tuple(frame.name for frame in dataset.of_camera(camera) if frame.name in boxed))
    )
    return [
        Place("CNR-EXT whole lot", f"{len(train)} frames", f"cnr-lot-{seed}", True, "folder", str(folder), LOT, train,
              tests, seed)
        for seed in range(seeds)
    ]  # fmt: skip


def pklot(shared: Path, seeds: int) -> list[Place]:
    """PUCPR and UFPR05 in parts by turns, UFPR05 also on a day without parked cars; and a whole day of UFPR05."""
    root = shared / "data" / "pklot"
    day = survey_of("pklot", root, "UFPR05_empty")
    empty = HeldOut("pklot", str(root), "UFPR05_empty", tuple(frame.name for frame in day), empty=True)
    found = [
        *_by_turns("PUCPR", "pklot", root, "PUCPR", seeds),
        *_by_turns("UFPR05", "pklot", root, "UFPR05", seeds, (empty,)),
    ]
    days = shared / "days"
    if days.is_dir():
        clip = spread(open_dataset("folder", days, ("UFPR05",)).frames, 12)
        learned = {frame.taken.date() for frame in clip if frame.taken}
        others = [
            frame.name
            for frame in open_dataset("pklot", root, ("UFPR05",)).frames
            if frame.taken and frame.taken.date() not in learned
        ]
        tests = (HeldOut("pklot", str(root), "UFPR05", tuple(others)), empty)
        found += [
            Place("UFPR05 one day", "12 frames, 1 day", f"ufpr05-day-{seed}", True, "folder", str(days), "UFPR05",
                  tuple(frame.name for frame in clip), tests, seed)
            for seed in range(seeds)
        ]  # fmt: skip
    return found


def survey_of(kind: str, root: Path, camera: str) -> list[Frame]:
    """The frames of a camera without those that are torn."""
    frames = open_dataset(kind, root, (camera,)).frames
    seen = survey(frames)
    flawed = seen.unreadable.keys() | seen.unfit.keys()
    return [frame for index, frame in enumerate(frames) if index not in flawed]


def _by_turns(
    group: str, kind: str, root: Path, camera: str, seeds: int, more: tuple[HeldOut, ...] = ()
) -> list[Place]:
    """In seed r the student of part k has the seed (k + r) % 3: one seed of the table is three students."""
    frames = open_dataset(kind, root, (camera,)).frames
    return [
        Place(
            f"{group} {camera}" if group != camera else group, "2 of 3 frames",
            f"{kind}-{camera}-{part}-{seed}", True, kind, str(root), camera, tuple(frame.name for frame in train),
            (HeldOut(kind, str(root), camera, tuple(frame.name for frame in test)), *more), (part + seed) % PARTS,
        )
        for seed in range(seeds)
        for part, (train, test) in enumerate(divide(frames))
    ]  # fmt: skip
