"""The demo: the main job on the rendered site, with the embedded weights; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.oracle import OracleSettings

CAMERAS = 3
DAYS = 3
FRAMES_PER_DAY = 6
WIDTH = 960
HEIGHT = 720
SIZE = 512
SECONDS_PER_FRAME = 8
"""How long the demo's node shows each frame: long enough to look at, and all 18 pass in under three minutes."""


def demo_plan(frames: Path, seed: int) -> Plan:
    """The job of the demo on the rendered frames."""
    return Plan(
        dataset="synthetic",
        root=frames.resolve(),
        teacher=str(TEACHER),
        oracle=OracleSettings(scales=(SIZE, 832), grid=SIZE),
        student=str(NANO),
        # The embedded teacher is surer of what it sees than a COCO model: its boxes are worth teaching from 0.45 up.
        distill=DistillSettings(
            size=SIZE, epochs=20, min_steps=150, batch=2, positive_threshold=0.45, ignore_threshold=0.2, seed=seed
        ),
        export=ExportSettings(int8=False),  # it would take half a minute more
        holdout=0.34,
    )


def write_demo_site(folder: Path) -> Path:
    """A site file that runs the demo's students on its frames; where it was written."""
    cameras = sorted(path.name for path in (folder / "frames").iterdir() if path.is_dir())
    lines = [
        "# What lotwise demo has made, as a camera node: lotwise run site.yaml, then open http://127.0.0.1:8770/",
        "name: demo",
        "run: .",
        "shared_slots: true                            # three cameras look at one lot",
        "# Hours lie between two frames, and half of the cars are others. So each stays for a while, and what it shows",
        "# is told at once; a real camera gives a frame a second, and a change is told once three of them agree.",
        f"schedule: {{period_s: {SECONDS_PER_FRAME}}}",
        "hysteresis: {confirm_frames: 1, confirm_s: 0}",
        "cameras:",
        *(f"  {camera}: {{source: {{kind: folder, path: frames/{camera}, repeat: true}}}}" for camera in cameras),
    ]
    path = folder / "site.yaml"
    write_whole(path, ("\n".join(lines) + "\n").encode())
    return path
