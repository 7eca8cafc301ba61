"""A small site on the disk: folders of images, one bundle for all cameras, and the node as a process."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import yaml

from tests.cameras.bundles import write_constant_bundle
from tests.cameras.view.scenes import scene
from tests.conftest import ROOT

LOT = {"1": "occupied", "2": "free"}
"""What the bundle says of every frame."""


def write_site(
    folder: Path, cameras: int = 2, frames: int = 4, source: Mapping[str, Any] | None = None, **more
) -> Path:
    """A site file whose cameras are folders that are read as fast as it goes; ``more`` are other parts of it."""
    bundle = write_constant_bundle(folder / "bundle")
    content: dict[str, Any] = {
        "name": "lot",
        "schedule": {"period_s": 0},
        "detector": {"backend": "onnxruntime"},
        "hysteresis": {"confirm_frames": 1, "confirm_s": 0},
        "publish": {"api": {"enabled": False}},
        "cameras": {},
    }
    for number in range(1, cameras + 1):
        frame_folder = folder / f"frames{number}"
        frame_folder.mkdir()
        for index in range(frames):
            image = cv2.resize(scene(seed=index), (200, 150))
            cv2.imwrite(str(frame_folder / f"{index}.jpg"), image)
        content["cameras"][f"C{number}"] = {
            "source": {"kind": "folder", "path": frame_folder.name, "pace": "fast", **(source or {})},
            "bundles": bundle.name,
        }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content | more, sort_keys=False), encoding="utf-8")
    return path


def start(site: Path, *options: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """``lotwise run`` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "lotwise", "run", str(site), *options],
        cwd=ROOT, env=os.environ | dict(environment or {}), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def history(site: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the node's history, also while it runs; none before there is one."""
    file = site.parent / "state" / "history.sqlite"
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
            return db.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def slots(site: Path, camera: str = "C1") -> dict[str, tuple[str, int]]:
    """State and since when, by slot."""
    rows = history(site, f"SELECT slot, state, since FROM slots WHERE camera = '{camera}'")
    return {slot: (state, since) for slot, state, since in rows}


def states(site: Path, camera: str = "C1") -> dict[str, str]:
    return {slot: state for slot, (state, _) in slots(site, camera).items()}
