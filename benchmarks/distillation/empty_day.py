"""False detections: what students see on a whole day on which nothing is parked.

python benchmarks/distillation/empty_day.py [--work runs/distillation] [--root ../shared/data/pklot]

UFPR05 of PKLot, 2013-03-10, a frame every ten minutes with moving shadows and dusk. The students are those that
``compare.py --dataset pklot --root … --cameras UFPR05`` taught on other days of the camera. Counted are all boxes at
the threshold at which they run, of which a car that drives by would be one too, and the slots that such a box half
covers, which is always false. Torn frames are left out as ``lotwise label`` would.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from benchmarks.distillation.compare import ROWS, slug
from benchmarks.distillation.scores import PARTS
from benchmarks.distillation.training_job import SIZE, Predictions, run_model
from lotwise.cameras.frame_selection.survey import survey
from lotwise.cameras.slots import slot_states
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.model.student import make_student

CAMERA, EMPTY = "UFPR05", "UFPR05_empty"


@dataclass(frozen=True)
class Counts:
    """What one model draws on all frames of a day.

    Attributes:
        slots: slots called occupied. frames: frames with at least one.
        boxes: boxes at the threshold at which it runs. box_frames: frames with at least one.
    """

    slots: int
    frames: int
    boxes: int
    box_frames: int


COLUMNS = {
    "boxes": "boxes drawn",
    "box_frames": "frames with any box",
    "slots": "slots called occupied",
    "frames": "frames with any such slot",
}


def false_detections(
    said: Predictions, slots: Sequence[Slot], size: tuple[int, int], confidence: float = DEFAULT_CONFIDENCE
) -> Counts:
    """Count what was said of frames without parked cars.

    Args:
        said: boxes by frame name, in pixels.
        slots: of the camera.
        size: (width, height) of the frames.
        confidence: at which the model runs.
    """
    boxes = [int((found.scores >= confidence).sum()) for found in said.values()]
    occupied = [
        sum(reading.state == "occupied" for reading in slot_states(found, slots, size, confidence).values())
        for found in said.values()
    ]
    return Counts(sum(occupied), sum(map(bool, occupied)), sum(boxes), sum(map(bool, boxes)))


def students(work: Path) -> dict[str, list[Path]]:
    """Weights of every finished row's students of the camera."""
    found: dict[str, list[Path]] = {}
    for row in ROWS:
        folders = [work / slug(row.name) / f"{CAMERA}-{part}-{part}" for part in range(PARTS)]
        inside = Path(STUDENT) if row.recipe == "lotwise" else Path("train/weights/last.pt")
        if all((folder / "result.json").is_file() for folder in folders):
            found[row.name] = [folder / inside for folder in folders]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--root", type=Path, default=shared / "data" / "pklot")
    parser.add_argument("--nano", type=Path, default=shared / "weights" / "yolov8n.pt")
    parser.add_argument("--work", type=Path, default=Path("runs/distillation"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    slots = open_dataset("pklot", asked.root, (CAMERA,)).slots[CAMERA]
    day = open_dataset("pklot", asked.root, (EMPTY,)).frames
    seen = survey(day)
    flawed = seen.unreadable.keys() | seen.unfit.keys()
    frames = [frame for index, frame in enumerate(day) if index not in flawed]
    rows = {"nano, untouched": [asked.nano], **students(asked.work)}
    if len(rows) == 1:
        raise InputError(
            f"{asked.work}: no student of {CAMERA} yet; run benchmarks/distillation/compare.py --dataset pklot"
        )
    table = Table(title=f"{len(frames)} frames of an empty day, {len(slots)} slots; {len(flawed)} torn left out")
    for heading in ("each student of", *COLUMNS.values()):
        table.add_column(heading)
    size, lines = image_size(frames[0].path), []
    for name, weights in rows.items():
        said = [run_model(make_student(path), frames, SIZE) for path in weights]
        counts = [asdict(false_detections(one, slots, size)) for one in said]
        lines.append({"row": name, **{key: [one[key] for one in counts] for key in COLUMNS}})
        table.add_row(name, *(", ".join(map(str, lines[-1][key])) for key in COLUMNS))
    Console(width=140).print(table)
    if asked.json:
        asked.json.write_text(json.dumps({"frames": len(frames), "slots": len(slots), "lines": lines}, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
