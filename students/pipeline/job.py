"""What a user asks of a run, as options say it; :mod:`lotwise.students.pipeline.options` makes a plan of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lotwise.datasets.split import DEFAULT_HOLDOUT
from lotwise.datasets.vehicles import VEHICLE_CLASSES
from lotwise.students.right_size.settings import Budget
from lotwise.students.synthesis.settings import BackgroundLevel


@dataclass(frozen=True)
class Job:
    """What is asked of a run: its frames, its models, and how they learn.

    Attributes:
        site: site file; or ``dataset`` and ``root`` together.
        dataset: kind of a dataset.
        root: its folder.
        cameras: ids with commas; None for all.
        teacher, student: weights files, or names at Ultralytics.
        size: longer side of the student's input, px; None for the settings' own.
        scales: longer sides at which the oracle looks, px, with commas.
        flip: whether it also looks at the mirrored frame.
        tiles: N for N x N parts of the frame that it also looks at; 0 for none.
        classes: names of the teacher's classes that are vehicles, with commas.
        epochs, seed: of the training; None for the settings' own.
        holdout: share of each camera's frames that is measured on.
        frames: most training frames of a camera that are labelled; None for all.
        settings: YAML file with settings of training and export.
        budget: what each camera's student may lose to cost less; None for the settings' own.
        fps: frames a second of each camera that this machine must keep up with; None where the budget decides.
        box_cameras: how many cameras share the machine; None for those of the run.
        frames_stay_on_camera: whether students learn from dreams, made of metadata that the cameras tell.
        background: what the metadata tell of the ground; None for the settings' own.
        dreams: of each camera; None for the settings' own.
        ignore_regions: folder with a file of ignore regions of each camera, for frames of a dataset.
    """

    site: Path | None = None
    dataset: str | None = None
    root: Path | None = None
    cameras: str | None = None
    teacher: str = "yolo26x.pt"
    student: str = "yolo26n.pt"
    size: int | None = None
    scales: str = "640,1280"
    flip: bool = False
    tiles: int = 0
    classes: str = ",".join(VEHICLE_CLASSES)
    epochs: int | None = None
    seed: int | None = None
    holdout: float = DEFAULT_HOLDOUT
    frames: int | None = None
    settings: Path | None = None
    budget: Budget | None = None
    fps: float | None = None
    box_cameras: int | None = None
    frames_stay_on_camera: bool = False
    background: BackgroundLevel | None = None
    dreams: int | None = None
    ignore_regions: Path | None = None
