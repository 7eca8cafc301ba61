"""The demo: the main job on the rendered site, with the embedded weights; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

from students.pretrained import NANO, TEACHER
from students.run import Plan
from students.settings import DistillSettings
from teacher.oracle import OracleSettings

CAMERAS = 3
DAYS = 3
FRAMES_PER_DAY = 8
WIDTH = 960
HEIGHT = 720
SIZE = 512


def demo_plan(frames: Path, seed: int) -> Plan:
    """The job of the demo on the rendered frames."""
    return Plan(
        dataset="synthetic",
        root=frames.resolve(),
        teacher=str(TEACHER),
        oracle=OracleSettings(scales=(SIZE, 960), grid=SIZE),
        student=str(NANO),
        distill=DistillSettings(size=SIZE, epochs=20, seed=seed),
        holdout=0.34,
    )
