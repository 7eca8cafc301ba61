"""The two students of the comparison: one network at two sizes of its input, untrained for the view, as bundles."""

from __future__ import annotations

from pathlib import Path

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Dataset
from lotwise.datasets.load import load
from lotwise.students.export.bundle import write_bundle
from lotwise.students.model.student import make_student

CONFIDENCE = 0.25


def write_bundles(data: Dataset, camera: str, weights: Path, sizes: dict[str, int], folder: Path) -> dict[str, Path]:
    """Bundles of one network; those that are there already are kept.

    Args:
        data: frames and slots.
        camera: whose.
        weights: of the network.
        sizes: longer side of the input in pixels, by name of the bundle.
        folder: where they are written.
    """
    frame = load(data.of_camera(camera)[0])
    student = make_student(weights)
    bundles = {name: folder / name for name in sizes}
    for name, size in sizes.items():
        if (bundles[name] / "manifest.json").is_file():
            continue
        around = Letterbox.around((frame.shape[1], frame.shape[0]), size)
        write_bundle(
            student, bundles[name], camera=camera, role="baseline", size=around.input, confidence=CONFIDENCE,
            check=[frame], slots=data.slots[camera],
        )  # fmt: skip
    return bundles
