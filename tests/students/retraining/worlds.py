"""A finished run that a test may change, and frames of the same cameras on days that it has not seen."""

import shutil
from pathlib import Path

from lotwise.datasets.frame import Dataset
from lotwise.datasets.synthetic import render_site
from lotwise.students.pipeline.run import Run


def copied_run(adapted: Path, folder: Path) -> Run:
    """The run of the ``adapted`` fixture, to be worked on; its bundles get no reference, which would take seconds."""
    shutil.copytree(adapted, folder, symlinks=True)
    run = Run(folder)
    plan = run.plan()
    run.begin(plan.model_copy(update={"export": plan.export.model_copy(update={"trust": False})}))
    return run


def new_folder(folder: Path, cameras: tuple[str, ...] = ("C1", "C2"), days: int = 4) -> Path:
    """Frames of later days of the ``site`` fixture, as a folder for each camera: six of each."""
    site: Dataset = render_site(
        folder / "rendered", cameras=2, days=days, frames_per_day=3, width=160, height=120, seed=3
    )
    for camera in cameras:
        for frame in site.of_camera(camera)[6:]:
            assert frame.taken is not None
            target = folder / "new" / camera / f"{frame.taken:%Y-%m-%d_%H_%M_%S}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(frame.path, target)
    return folder / "new"
