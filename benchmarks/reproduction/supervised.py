"""Students supervised by labels, beside the table of ``lotwise reproduce``: what the published claim is about.

python benchmarks/reproduction/supervised.py RUN [--cameras C1,C3]

Each camera's nano is trained by Ultralytics on the boxes of the slots that are labelled occupied, on the very frames
that its own student learned from, for as many steps of as many frames. It is measured on the same frames, and its rows
are added to RUN/reproduction.json and to the page. A camera that is trained already is not trained again. Labels train
nothing but this.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.distillation.training_job import Predictions, occupied, run_model
from benchmarks.distillation.ultralytics_training import fine_tune, write_training_set
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Detections, Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.common.camera_id import numbered, parse_cameras
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.datasets.whole_file import write_whole
from lotwise.eval.evaluation import evaluate
from lotwise.eval.evidence import Evidence
from lotwise.eval.page.reproduction import reproduction_page
from lotwise.eval.protocols import protocol_named
from lotwise.eval.reproduction.reproduce import PAGE, TABLE, Reproduction, read_reproduction, write_reproduction
from lotwise.eval.reproduction.table import SUPERVISED, ProtocolTable, TableRow
from lotwise.eval.rows import ALL, Role
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import load_model, save_model
from lotwise.teacher.index import open_labels

FOLDER = "supervised"


def epochs_of(steps: int, frames: int, batch: int) -> int:
    """Epochs that make as many steps as an own student made, at least one.

    >>> epochs_of(steps=100, frames=9, batch=2)
    20
    """
    return max(1, round(steps / math.ceil(frames / batch)))


def train(run: Run, plan: Plan, record: CameraRecord, dataset: Dataset) -> Path:
    """Weights of a camera's supervised student, trained where they are not there yet.

    Raises:
        InputError: none of the frames that its own student learned from has labels.
    """
    folder = run.folder / FOLDER / record.camera
    weights, budget = folder / "student.safetensors", folder / "budget.json"
    names = set(record.train)
    frames = [frame for frame in dataset.of_camera(record.camera) if frame.name in names]
    frames = [frame for frame in frames if (truth := dataset.truth.get(frame.name)) is not None and truth.slots]
    if not frames:
        raise InputError(f"{record.camera}: none of the frames that its student learned from has labels of slots")
    asked = {
        "frames": [frame.name for frame in frames],
        "epochs": epochs_of(int(record.training["steps"]), len(frames), plan.distill.batch),
        "batch": plan.distill.batch,
        "imgsz": plan.distill.size,
        "seed": plan.distill.seed,
    }
    if weights.is_file() and budget.is_file() and json.loads(budget.read_bytes()) == asked:
        return weights
    data = write_training_set(folder / "data", frames, [occupied(dataset, frame) for frame in frames])
    options: dict[str, Any] = {name: asked[name] for name in ("epochs", "batch", "imgsz")}
    model, _ = fine_tune(data, Path(plan.student), folder, plan.distill.seed, **options)
    save_model(model, weights)
    write_whole(budget, json.dumps(asked, indent=1).encode())
    return weights


def with_supervised(
    table: ProtocolTable, dataset: Dataset, said: Mapping[str, Detections], taught: Mapping[str, Detections]
) -> ProtocolTable:
    """The table with a row of the supervised student for each camera of these, and for all where none is missing.

    Args:
        table: by one protocol.
        dataset: frames and truth.
        said: what supervised students say of the frames that are measured, by frame name.
        taught: what the teacher says of them.
    """
    frames = [frame for frame in dataset.frames if frame.name in said]
    cameras = {frame.camera for frame in frames}
    predictions: dict[Role, Mapping[str, Detections]] = {"teacher": taught, "student": said}
    confidence: dict[Role, dict[str, float]] = {
        role: dict.fromkeys(cameras, DEFAULT_CONFIDENCE) for role in predictions
    }
    sizes = {frame.name: image_size(frame.path) for frame in frames}
    evidence = Evidence(frames, dataset.truth, predictions, confidence, dataset.slots, sizes)
    held_out = {row.camera: row.held_out for row in table.rows if row.role == "student"}
    found = evaluate(protocol_named(table.protocol), evidence, held_out=held_out).rows
    # The row of all cameras stands below that of the own students only where it is of the same frames.
    images = {row.camera: row.images for row in table.rows if row.role == "student"}
    rows = [row for row in found if row.role == "student" and (row.camera != ALL or row.images == images.get(ALL))]
    # Slots are read here by another rule than in the other rows.
    return table.with_rows([replace(TableRow.of(row, SUPERVISED), accuracy=None) for row in rows])


def add_supervised(run: Run, cameras: Sequence[str] | None = None) -> Reproduction:
    """Train, measure, and add the rows.

    Raises:
        InputError: no table yet, or no labels.
    """
    path = run.folder / TABLE
    found, plan, records = read_reproduction(path), run.plan(), run.records()
    dataset, labels = open_run_frames(plan), open_labels(run.knowledge)
    measured = {row.camera for table in found.tables for row in table.rows if row.role == "student" and row.images}
    said: Predictions = {}
    for camera in dataset.cameras:
        if camera not in measured or (cameras is not None and camera not in cameras):
            continue
        record = records[camera]
        model = load_model(train(run, plan, record, dataset))
        frames = [frame for frame in dataset.of_camera(camera) if _is_measured(frame, record)]
        said |= run_model(model, frames, plan.distill.size)
    taught = {frame.name: labels.detections(frame) for frame in dataset.frames if frame.name in said}
    tables = tuple(with_supervised(table, dataset, said, taught) for table in found.tables)
    note = "Supervised: trained by Ultralytics on boxes of occupied slots, on the own student's frames, for its steps."
    more = replace(found, tables=tables, notes=tuple(dict.fromkeys([*found.notes, note])))
    write_reproduction(path, more)
    write_whole(run.folder / PAGE, reproduction_page(more).encode())
    return more


def _is_measured(frame: Frame, record: CameraRecord) -> bool:
    return frame.name in record.test and frame.name not in record.train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder of lotwise reproduce")
    parser.add_argument("--cameras", help="ids with commas; all where not given")
    asked = parser.parse_args()
    found = add_supervised(Run(asked.run), numbered(parse_cameras(asked.cameras)))
    for table in found.tables:
        for row in table.rows:
            if row.role in ("student", SUPERVISED):
                print(table.protocol, row.camera, row.role, row.map50, row.map50_95)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
