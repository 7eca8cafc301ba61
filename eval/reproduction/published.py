"""The published figures, read from the data file beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("published.yaml")
ROLES = ("teacher", "student")


@dataclass(frozen=True)
class Figures:
    """One line of the published table, each in 0..1."""

    precision: float
    recall: float
    map50: float
    map50_95: float


@dataclass(frozen=True)
class Published:
    """The published table.

    Attributes:
        source: where it is from.
        caveats: what is not known of it, one sentence each.
        rows: by role (``teacher`` or ``student``) and camera (``C1`` and on, or ``all``).
    """

    source: str
    caveats: tuple[str, ...]
    rows: Mapping[tuple[str, str], Figures]


@cache
def published() -> Published:
    """What :data:`FILE` holds."""
    said = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    rows = {(role, camera): Figures(*figures) for role in ROLES for camera, figures in said[role].items()}
    return Published(said["source"], tuple(said["caveats"]), rows)
