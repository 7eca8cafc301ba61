"""Lotwise against what a user would do otherwise, and each ingredient against its absence: one run, one table.

python benchmarks/distillation/compare.py --json docs/distillation.json --markdown docs/distillation.md --plots docs

The frames of a camera, in order of time, go by turns into three parts, and each part is measured by a student of the
two others; so frames of one day stand on both sides, for all rows alike. Every training is a process of its own on
one core with one thread, at most ``--jobs`` side by side, and its seconds are those of the core; what an earlier run
finished is not trained again. In repeat r the student of part k has the seed (k + r) % 3: one repeat is three seeds,
each on other frames.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.progress import Progress

from benchmarks.distillation.scores import PARTS, Camera, divide, score
from benchmarks.distillation.tables import plot, show, write_markdown
from benchmarks.distillation.training_job import Job, Predictions, Result, read_result, run_model, teacher_store
from benchmarks.distillation.ultralytics_training import BATCH
from lotwise.cameras.slots import learn_slot_model, slot_rule
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset, parse_cameras
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.model.student import make_student
from lotwise.teacher.oracle import OracleSettings

# Titles of groups of rows.
HEADS = "the head's loss in other forms"
LATENT = "one more term beside score, box and distribution"
WIDTH = "width of the representation, in teacher's channels"
FRAMES = "frames of other cameras too"
EVERY_BATCH = {"nbs": BATCH}
"""Ultralytics saves up gradients for a nominal batch of 64, which on the two batches of a camera's eight frames leaves
some twenty steps in 40 epochs, and with one seed in three false detections all over a frame. A step every batch is the
better recipe."""
TEACHERS = {"teacher, 640 px": (640,), "teacher, 1280 px": (1280,), "teacher, 640 + 1280 px": (640, 1280)}


@dataclass(frozen=True)
class Row:
    """One line of the comparison.

    Attributes:
        name: as the table shows it.
        group: heading under which it stands.
        recipe: of a training job (see ``benchmarks.distillation.training_job``).
        options: of the recipe.
        repeats: at most this many, for what takes long.
    """

    name: str
    group: str
    recipe: str
    options: Mapping[str, Any] = field(default_factory=dict)
    repeats: int = 3


def ours(name: str, group: str, repeats: int = 1, **options: Any) -> Row:
    return Row(name, group, "lotwise", options, repeats)


def head(name: str, **weights: float) -> Row:
    """A row with losses on the head's outputs only."""
    return ours(name, HEADS, settings={"weights": {"latent": 0.0, **weights}})


def beside(term: str, weight: float, width: float = 1.0) -> Row:
    """A row with the head's losses and one more term."""
    name = term if width == 1 else f"{term}, width {width:g}"
    settings = {"weights": {"latent": 0.0, term: weight}, "width": width}
    return ours(name, LATENT if width == 1 else WIDTH, settings=settings)


ROWS = (
    Row("plain fine-tune", "peers", "plain", EVERY_BATCH),
    Row("plain fine-tune, as it comes", "peers", "plain", repeats=1),
    Row("built-in distillation", "peers", "builtin", EVERY_BATCH, repeats=1),
    Row("built-in distillation, as it comes", "peers", "builtin", repeats=1),
    Row("supervised by slot labels", "peers", "labels", EVERY_BATCH, repeats=1),
    ours("Lotwise", "ours", 3),
    ours("without consensus", "ours", settings={"consensus": False}),
    ours("without latent matching", "ours", settings={"weights": {"latent": 0.0}}),
    ours("with 150 steps", "ours", settings={"min_steps": 150}),
    ours("with composites", "ours", settings={"composites": 0.3}),
    ours("with self-training", "ours", settings={"rounds": 2}),
    ours("taught from 0.25", "ours", settings={"positive_threshold": 0.25, "ignore_threshold": 0.1}),
    head("bckd + iou", score=0.0, box=0.0, distribution=0.0, bckd=1.0, iou=4.0),
    head("bckd + iou + ld", score=0.0, box=0.0, distribution=0.0, bckd=1.0, iou=4.0, ld=0.25),
    head("hinton + iou", score=0.0, box=0.0, distribution=0.0, hinton=1.0, iou=4.0),
    head("hinton_mse", score=0.0, box=0.0, distribution=0.0, hinton_mse=0.01),
    beside("representation", 2.0),
    beside("cwd", 1.0),
    beside("pkd", 5.0),
    beside("mgd", 20.0),
    beside("score_l2", 1.0),
    beside("crd", 0.8),
    beside("lpd", 1.5),
    beside("fedmax", 0.1),
    beside("representation", 2.0, width=0.25),
    beside("representation", 2.0, width=0.5),
    beside("representation", 2.0, width=2.0),
    ours("all cameras of the lot", FRAMES, others=[["cnr-ext", "{cnr-ext}", []]], settings={"epochs": 1}),
    ours("another lot", FRAMES, others=[["pklot", "{pklot}", ["UFPR05", "PUCPR"]]], settings={"epochs": 1}),
)


def camera_of(name: str, asked: argparse.Namespace) -> Camera:
    """A camera, its frames looked at by the teacher where they were not yet."""
    dataset = open_dataset(asked.dataset, asked.root, (name,))
    parts = divide(dataset.frames)
    taught = heard(asked, dataset.frames, OracleSettings().scales)
    slots = dataset.slots[dataset.cameras[0]]
    matched = [
        slot_rule(learn_slot_model([taught[f.name] for f in train], slots, image_size(train[0].path)))
        for train, _ in parts
    ]
    floor = DistillSettings().positive_threshold
    return Camera(dataset, parts, {key: found[found.scores >= floor] for key, found in taught.items()}, matched)


def heard(asked: argparse.Namespace, frames: Sequence[Frame], scales: tuple[int, ...]) -> Predictions:
    """What the teacher says of frames, looked at where it was not yet."""
    default = OracleSettings()
    settings = default if scales == default.scales else OracleSettings(scales=scales, grid=0)
    store, keys = teacher_store(asked.teacher, settings, frames, asked.work)
    return {frame.name: store.get(keys[frame.name]).detections for frame in frames}


def training_jobs(row: Row, camera: Camera, asked: argparse.Namespace) -> list[list[tuple[Path, Job]]]:
    """The trainings of a row on a camera: for each repeat one a part, with the folders they work in."""
    root = str(asked.root)
    options = json.loads(
        json.dumps(row.options).replace("{cnr-ext}", root).replace("{pklot}", str(asked.root.parent / "pklot"))
    )
    return [
        [
            (
                asked.work / slug(row.name) / f"{camera.name}-{part}-{(part + repeat) % PARTS}",
                Job(
                    row.recipe, asked.dataset, root, camera.name,
                    tuple(f.name for f in train), tuple(f.name for f in test), (part + repeat) % PARTS,
                    str(asked.teacher), str(asked.student), options,
                ),
            )
            for part, (train, test) in enumerate(camera.parts)
        ]
        for repeat in range(min(row.repeats, asked.repeats))
    ]  # fmt: skip


def slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower()).strip("-")


def run_all(work: Sequence[tuple[Path, Job]], asked: argparse.Namespace) -> None:
    """Do what is still to be done, each training on a core of its own."""
    left = [(folder, job) for folder, job in work if read_result(folder, job) is None]
    cores: Queue[int] = Queue()
    for core in sorted(os.sched_getaffinity(0))[: max(1, asked.jobs)]:
        cores.put(core)

    def one(folder: Path, job: Job) -> None:
        core = cores.get()
        try:
            run_job(folder, job, core)
        finally:
            cores.put(core)

    with ThreadPoolExecutor(cores.qsize()) as pool, Progress(console=Console(stderr=True)) as progress:
        for _ in progress.track(pool.map(lambda pair: one(*pair), left), len(left), description="trainings"):
            pass


def run_job(folder: Path, job: Any, core: int, module: str = "benchmarks.distillation.training_job") -> None:
    """Train in a process of its own, and from the beginning: one that went on would count its last part only.

    ``module`` reads ``job.json``, the job as a mapping, in the folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps(asdict(job), indent=1))
    here = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    with (folder / "log.txt").open("w") as log:
        done = subprocess.run(
            [sys.executable, "-m", module, str(folder.resolve()), str(core)],
            env=environment, stdout=log, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{folder}: the training failed (exit code {done.returncode}); see {folder}/log.txt")


def compare(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """All lines of the table, camera by camera.

    Raises:
        InputError: no row or group has a name that was asked for.
    """
    names = {name: None for row in ROWS for name in (row.group, row.name)}
    for name in asked.rows or ():
        if name not in names:
            raise InputError(f"--rows {name!r}: no such row or group; one of {', '.join(names)}")
    cameras = [camera_of(name, asked) for name in parse_cameras(asked.cameras) or ()]
    rows = [row for row in ROWS if not asked.rows or row.name in asked.rows or row.group in asked.rows]
    plan = {(row.name, camera.name): training_jobs(row, camera, asked) for camera in cameras for row in rows}
    if not asked.finished:
        run_all([job for repeats in plan.values() for repeat in repeats for job in repeat], asked)
    lines = []
    for camera in cameras:
        for name, said in untrained(camera, asked).items():
            lines.append(line_of(name, "untrained", camera, [said], []))
        for row in rows:
            found = [[read_result(*job) for job in repeat] for repeat in plan[row.name, camera.name]]
            done = [[one for one in repeat if one] for repeat in found if all(repeat)]
            if done:
                lines.append(
                    line_of(row.name, row.group, camera, whole(done), [one for repeat in done for one in repeat])
                )
    return lines


def whole(repeats: Sequence[Sequence[Result]]) -> list[Predictions]:
    """The predictions of each repeat on all frames."""
    return [{name: found for part in repeat for name, found in part.said.items()} for repeat in repeats]


def predictions(row: Row, camera: Camera, asked: argparse.Namespace) -> list[Predictions]:
    """What a finished row said of all frames of a camera, a set for each repeat that is done.

    Raises:
        InputError: it was not trained yet.
    """
    found = [[read_result(*job) for job in repeat] for repeat in training_jobs(row, camera, asked)]
    done = whole([[part for part in repeat if part] for repeat in found if all(repeat)])
    if not done:
        raise InputError(
            f"{asked.work}: {row.name} is not trained on {camera.name}; run benchmarks/distillation/compare.py"
        )
    return done


def untrained(camera: Camera, asked: argparse.Namespace) -> dict[str, Predictions]:
    """The untouched nano and the teacher at its looks."""
    frames = camera.dataset.frames
    said = {"nano, untouched": run_model(make_student(asked.student), frames, DistillSettings().size)}
    return said | {name: heard(asked, frames, scales) for name, scales in TEACHERS.items()}


def line_of(
    name: str, group: str, camera: Camera, runs: Sequence[Predictions], results: Sequence[Result]
) -> dict[str, Any]:
    """A line of the table: lists over the repeats, and over the single trainings for seconds and memory."""
    scores = [score(camera, said) for said in runs]
    return {
        "row": name,
        "group": group,
        "camera": camera.name,
        **{key: [one[key] for one in scores] for key in scores[0]},
        "slots": scores[0]["slots"],
        "seconds": [result.seconds for result in results],
        "memory": [result.memory for result in results],
    }


def arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """What this benchmark and those that look at its results are asked."""
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--dataset", default="cnr-ext")
    parser.add_argument("--root", type=Path, default=shared / "data" / "cnr_ext")
    parser.add_argument("--cameras", default="1,3")
    parser.add_argument("--teacher", type=Path, default=shared / "weights" / "yolov8m.pt")
    parser.add_argument("--student", type=Path, default=shared / "weights" / "yolov8n.pt")
    parser.add_argument("--repeats", type=int, default=3, help="at most; rows that take long have one")
    parser.add_argument("--work", type=Path, default=Path("runs/distillation"))
    return parser


def main() -> None:
    parser = arguments(
        argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    )
    parser.add_argument("--rows", nargs="*", help="only the rows or groups of these names")
    parser.add_argument("--finished", action="store_true", help="train nothing, leave out what is not trained")
    parser.add_argument("--jobs", type=int, default=2, help="trainings side by side, a core each")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="page whose marked table is replaced")
    parser.add_argument("--plots", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    lines = compare(asked)
    show(lines, f"{asked.dataset}, {asked.student.name} taught by {asked.teacher.name}; mean (least - most)")
    if asked.json:
        machine = {
            "processor": platform.processor() or platform.machine(),
            "threads": 1,
            "python": sys.version.split()[0],
        }
        asked.json.write_text(json.dumps({"machine": machine, "lines": lines}, indent=1) + "\n")
    if asked.markdown:
        write_markdown(lines, asked.markdown)
    if asked.plots:
        plot(lines, asked.plots)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
