"""Two ways to choose how far a student of a single frame may go, neither of which a run uses.

python benchmarks/few_frames/one_frame.py --measured docs/few-frames-earlier.json --json docs/few-frames-one.json

*Halves*: the frame's left half is learned from and its right half measured on, and the other way round, as if they were
two frames. *Sisters*: the share that, on average, agreed best with the teacher on other cameras' students of one frame.
The truth enters only what is printed. What ``compare.py`` has left in the same folder is not trained again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import torch

from benchmarks.few_frames.cameras import Camera, open_camera, oracle_of
from benchmarks.few_frames.cells import Cell, looked, plan_of
from benchmarks.few_frames.figures import figures_of
from benchmarks.few_frames.tables import NOISE
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.load import load
from lotwise.datasets.progress import no_progress
from lotwise.datasets.whole_file import write_whole
from lotwise.students.few_frames.choice import NANO
from lotwise.students.few_frames.folds import make_folds
from lotwise.students.pipeline.leave_out import leave_out
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import LabelIndex, Labels
from lotwise.teacher.label import label

GREY = 114
"""Value of the pixels of the half that is not shown: as around a frame that is fitted into the network's input."""
MARGIN = 0.02
"""Least mean gain in agreement on sister cameras for a student to be taken."""


def halves(frame: Frame, folder: Path) -> list[Frame]:
    """Two frames of the same size, each of which shows one half of this one."""
    found = []
    for name in ("left", "right"):
        image = load(frame).copy()
        middle = image.shape[1] // 2
        image[:, middle:] = GREY if name == "left" else image[:, middle:]
        image[:, :middle] = GREY if name == "right" else image[:, :middle]
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), image)
        found.append(replace(frame, name=f"{frame.name}.{name}.png", path=path))
    return found


def by_halves(cell: Cell, camera: Camera, work: Path) -> tuple[float, dict[float, float]]:
    """(share that goes live, expected F1 by share): 0 is the nano."""
    path = work / "halves" / f"{cell.name}.json"
    if not path.is_file():
        frames = halves(looked(cell, camera, work).learned[0], work / "halves" / cell.name)
        plan = plan_of(cell, camera)
        oracle = oracle_of(plan.teacher, plan.oracle)
        labelled = label(frames, oracle, camera.labels.store)
        labels = Labels(LabelIndex(oracle=oracle.identity, frames=dict(labelled.frames)), camera.labels.store)
        folds = make_folds(frames, labels.keys, 2)
        assert folds is not None
        run = Run(work / "halves" / cell.name / "run")
        found = leave_out(run, plan, camera.id, folds, labels, no_progress, load)
        passes = found.agreement[found.share] >= found.agreement[NANO] + found.margin
        said = {"share": found.share if passes else NANO, "f1": found.agreement}
        write_whole(path, json.dumps(said).encode())
    told = json.loads(path.read_text())
    return told["share"], {float(share): value for share, value in told["f1"].items()}


def by_sisters(own: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> float:
    """Share that gained most agreement with the teacher on the other cameras, on average; 0 where none gained."""
    others = [one["scores"] for one in cells if one["cell"]["camera"] != own["cell"]["camera"]]
    nano = str(NANO)
    gains = {
        share: mean(scores[share]["agreement"] - scores[nano]["agreement"] for scores in others)
        for share in own["scores"]
    }
    best = max(gains, key=lambda share: gains[share])
    return float(best) if gains[best] >= MARGIN else NANO


def against_nano(figures: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Gains over the untouched nano, both as they come, and whether one is a loss."""
    student, nano = (figures["scores"][str(float(at))] for at in (share, NANO))
    gains = {key: student[key] - nano[key] for key in NOISE}
    return {"share": share, **gains, "worse": any(gains[key] < -noise for key, noise in NOISE.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--cells", default="C3-1-0,UFPR05-1-1", help="of halves: camera-frames-seed, with commas")
    parser.add_argument("--measured", type=Path, help="JSON of compare.py, whose students of one frame are the sisters")
    parser.add_argument("--work", type=Path, default=Path("runs/few-frames"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    found: dict[str, list[dict[str, Any]]] = {"halves": [], "sisters": []}
    for name in filter(None, asked.cells.split(",")):
        camera_name, count, seed = name.split("-")
        if count != "1":
            raise InputError(f"--cells {name}: these are of one frame; give such as C1-1-0")
        cell = Cell(camera_name, 1, int(seed))
        camera = open_camera(camera_name, asked.shared, asked.work)
        share, f1 = by_halves(cell, camera, asked.work)
        figures = json.loads(json.dumps(figures_of(camera, looked(cell, camera, asked.work))))
        found["halves"].append({**asdict(cell), "f1_of_halves": f1, **against_nano(figures, share)})
    if asked.measured:
        kinds = [(one, one["cell"]) for one in json.loads(asked.measured.read_text())["cells"]]
        cells = [one for one, cell in kinds if (cell["count"], cell["recipe"]) == (1, "own")]
        found["sisters"] = [{**one["cell"], **against_nano(one, by_sisters(one, cells))} for one in cells]
    for way, rows in found.items():
        worse = sum(row["worse"] for row in rows)
        print(f"{way}: {worse} of {len(rows)} worse than the nano, {sum(row['share'] > NANO for row in rows)} students")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
