"""From the options of the command line to a plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.errors import InputError
from datasets.open import parse_cameras
from students.run import Plan
from students.settings import read_settings
from teacher.oracle import OracleSettings


def plan_of(asked: Mapping[str, Any]) -> Plan:
    """What was asked for.

    Args:
        asked: options of ``lotwise adapt`` and ``lotwise label`` by the names of their parameters.

    Raises:
        InputError: options that do not go together or cannot be read.
    """
    site, dataset, root = asked["site"], asked["dataset"], asked["root"]
    if (dataset is None) != (root is None) or (site is None) == (dataset is None):
        raise InputError("give either a site file, or --dataset and --root together")
    try:
        looks = tuple(int(scale) for scale in asked["scales"].split(","))
    except ValueError:
        looks = (0,)
    if not all(32 <= look <= 4096 for look in looks):
        raise InputError(f"--scales {asked['scales']!r}: give pixels from 32 to 4096 with commas, such as 640,1280")
    given = {name: asked[name] for name in ("size", "seed", "epochs") if asked[name] is not None}
    distill = read_settings(asked["settings"], given)
    return Plan(
        dataset=dataset or "site",
        root=(root or site).resolve(),
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
        holdout=asked["holdout"],
    )


def _local(weights: str) -> str:
    """A weights file by its full path, so that a run can be resumed from another folder; else its name."""
    return str(Path(weights).resolve()) if Path(weights).is_file() else weights
