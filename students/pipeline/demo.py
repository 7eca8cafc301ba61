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
"""Days that are rendered: two to learn from and one to measure on."""
FRAMES_PER_DAY = 6
"""Frames of each camera and day. With CAMERAS and DAYS chosen so that the demo is done in minutes on two cores."""
WIDTH_PX = 960
HEIGHT_PX = 720
"""Size of the rendered frames. Chosen: 4:3 as many parking cameras have it, and soon rendered."""
STUDENT_SIZE_PX = 512
"""Longer side of the student's input, below the usual 640 so that the demo trains sooner."""
TEACHER_SIZES_PX = (STUDENT_SIZE_PX, 832)
"""Longer sides at which the teacher looks: the student's own, and a larger one for far cars."""
HOLDOUT = 0.34
"""Share of the frames that is measured on: one of the three days."""
SECONDS_PER_FRAME = 8
"""How long the demo's node shows each frame: long enough to look at, and all 18 pass in under three minutes."""


def demo_plan(frames: Path, seed: int) -> Plan:
    """The job of the demo on the rendered frames."""
    return Plan(
        dataset="synthetic",
        root=frames.resolve(),
        teacher=str(TEACHER),
        oracle=OracleSettings(scales=TEACHER_SIZES_PX, grid=STUDENT_SIZE_PX),
        student=str(NANO),
        # The embedded teacher is surer of what it sees than a COCO model: its boxes are worth teaching from 0.45 up.
        distill=DistillSettings(
            size=STUDENT_SIZE_PX,
            epochs=20,
            min_steps=150,
            batch=2,
            positive_threshold=0.45,
            ignore_threshold=0.2,
            seed=seed,
        ),
        export=ExportSettings(int8=False),  # it would take half a minute more
        holdout=HOLDOUT,
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
