"""From the options of the command line to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.open import parse_cameras
from lotwise.students.pipeline.run import Plan
from lotwise.students.pipeline.settings_file import read_export, read_settings
from lotwise.teacher.oracle import OracleSettings


def plan_of(asked: Mapping[str, Any]) -> Plan:
    """What was asked for.

    Args:
        asked: options of ``lotwise adapt`` and ``lotwise label`` by the names of their parameters.

    Raises:
        InputError: options that do not go together or cannot be read.
    """
    kind, root = source_of(asked["site"], asked["dataset"], asked["root"])
    try:
        looks = tuple(int(scale) for scale in asked["scales"].split(","))
    except ValueError:
        looks = (0,)
    if not all(32 <= look <= 4096 for look in looks):
        raise InputError(f"--scales {asked['scales']!r}: give pixels from 32 to 4096 with commas, such as 640,1280")
    given = {name: asked[name] for name in ("size", "seed", "epochs") if asked[name] is not None}
    distill = read_settings(asked["settings"], given)
    return Plan(
        dataset=kind,
        root=root,
        cameras=parse_cameras(asked["cameras"]),
        teacher=_local(asked["teacher"]),
        oracle=OracleSettings(
            scales=looks,
            flip=asked["flip"],
            tiles=asked["tiles"],
            classes=tuple(name.strip() for name in asked["classes"].split(",")),
            grid=distill.size,
        ),
        student=_local(asked["student"]),
        distill=distill,
        export=read_export(asked["settings"], {}),
        holdout=asked["holdout"],
        frames=asked["budget"],
    )


def source_of(site: Path | None, dataset: str | None, root: Path | None) -> tuple[str, Path]:
    """Kind and place of the frames, for :func:`lotwise.students.pipeline.run.open_frames`.

    Raises:
        InputError: neither a site file, nor both kind and root of a dataset.
    """
    if site is not None and dataset is None and root is None:
        return "site", site.resolve()
    if site is None and dataset is not None and root is not None:
        return dataset, root.resolve()
    raise InputError("give either a site file, or --dataset and --root together")


def _local(weights: str) -> str:
    """A weights file by its full path, so that a run can be resumed from another folder; else its name."""
    return str(Path(weights).resolve()) if Path(weights).is_file() else weights
