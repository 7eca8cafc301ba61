"""The whole job from Python: frames are labelled, a student is taught and deployed, and it tells which slots are free.

python examples/adapt_and_detect.py [FOLDER]

It renders a small parking site and works with the embedded weights, so nothing is downloaded; under two minutes on two
cores. For your own frames, give ``Plan`` another kind of dataset and other weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.load import load
from lotwise.datasets.synthetic import render_site
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.oracle import OracleSettings


def main(folder: Path, steps: int = 60) -> None:
    """Leave frames and students in a folder, and print the slots of one frame."""
    site = render_site(folder / "frames", cameras=1, days=2, frames_per_day=4, width=640, height=480, seed=0)
    plan = Plan(
        dataset="synthetic",
        root=site.root,
        teacher=str(TEACHER),
        oracle=OracleSettings(scales=(512,), grid=512),
        student=str(NANO),
        distill=DistillSettings(size=512, min_steps=steps, positive_threshold=0.45, ignore_threshold=0.2),
        export=ExportSettings(int8=False),
        holdout=0.5,  # the second day is kept for the gate
    )
    run = Run(folder / "run")
    adapt(run, plan)

    for camera, record in run.records().items():
        detector = load_detector(run.registry(camera).live())
        frame = next(frame for frame in site.frames if frame.name in record.test)
        image = load(frame)
        vehicles = detector([image])[0]
        print(f"{camera}: {len(vehicles)} vehicles on {frame.name}")
        size = (image.shape[1], image.shape[0])
        readings = detector.slot_rule(vehicles, detector.slots, size, confidence=detector.confidence)
        for slot, reading in readings.items():
            print(f"  slot {slot}: {reading.state} ({reading.score:.2f})")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/example"))
