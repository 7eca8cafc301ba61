"""From the options of the command line to a plan."""

from __future__ import annotations

from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.common.camera_id import parse_cameras
from lotwise.students.pipeline.job import Job
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.settings_file import (
    read_export,
    read_few_frames,
    read_right_size,
    read_settings,
    read_synthesis,
)
from lotwise.students.right_size.settings import RightSizeSettings
from lotwise.students.synthesis.settings import SynthesisSettings
from lotwise.teacher.oracle import OracleSettings

MIN_SCALE_PX, MAX_SCALE_PX = 32, 4096
"""Longer sides at which the oracle may look: the stride of its coarsest level, and what fits into memory."""


def plan_of(job: Job) -> Plan:
    """What was asked for.

    Raises:
        InputError: options that do not go together or cannot be read.
    """
    kind, root = source_of(job.site, job.dataset, job.root)
    if kind == "site" and job.ignore_regions is not None:
        raise InputError("--ignore-regions: a site file names them itself; give ignore_regions: of its cameras there")
    given = {"size": job.size, "seed": job.seed, "epochs": job.epochs}
    distill = read_settings(job.settings, {name: value for name, value in given.items() if value is not None})
    right_size = read_right_size(job.settings, {"budget": job.budget, "fps": job.fps, "cameras": job.box_cameras})
    return Plan(
        dataset=kind,
        root=root,
        cameras=parse_cameras(job.cameras),
        teacher=_local(job.teacher),
        oracle=OracleSettings(
            scales=_scales(job.scales),
            flip=job.flip,
            tiles=job.tiles,
            classes=tuple(name.strip() for name in job.classes.split(",")),
            grid=distill.size,
        ),
        student=_local(job.student),
        distill=distill,
        few_frames=read_few_frames(job.settings),
        right_size=right_size,
        export=read_export(job.settings, {}),
        synthesis=_synthesis(job, right_size),
        holdout=job.holdout,
        frames=job.frames,
        ignore_regions=job.ignore_regions.resolve() if job.ignore_regions is not None else None,
    )


def _synthesis(job: Job, right_size: RightSizeSettings) -> SynthesisSettings | None:
    """How students learn from dreams; None where they learn from frames."""
    if not job.frames_stay_on_camera:
        for option, value in (("--background", job.background), ("--dreams", job.dreams)):
            if value is not None:
                raise InputError(f"{option}: only with --frames-stay-on-camera, where students learn from dreams")
        return None
    if right_size.budget != "full" or right_size.fps is not None:
        raise InputError("--frames-stay-on-camera: smaller students learn from frames; leave --budget and --fps out")
    metadata, dream = {"background": job.background}, {"count": job.dreams}
    return read_synthesis(job.settings, {"metadata": metadata, "dream": dream})


def source_of(site: Path | None, dataset: str | None, root: Path | None) -> tuple[str, Path]:
    """Kind and place of the frames, for :func:`lotwise.students.pipeline.footage.open_frames`.

    Raises:
        InputError: neither a site file, nor both kind and root of a dataset.
    """
    if site is not None and dataset is None and root is None:
        return "site", site.resolve()
    if site is None and dataset is not None and root is not None:
        return dataset, root.resolve()
    raise InputError("give either a site file, or --dataset and --root together")


def _scales(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    scales = tuple(int(part) for part in parts if part.isascii() and part.isdigit())
    if len(scales) < len(parts) or not all(MIN_SCALE_PX <= scale <= MAX_SCALE_PX for scale in scales):
        raise InputError(
            f"--scales {text!r}: give pixels from {MIN_SCALE_PX} to {MAX_SCALE_PX} with commas, such as 640,1280"
        )
    return scales


def _local(weights: str) -> str:
    """A weights file by its full path, so that a run can be resumed from another folder; else its name."""
    return str(Path(weights).resolve()) if Path(weights).is_file() else weights
