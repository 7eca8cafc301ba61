"""Teaches one rung of a camera's ladder from the stored knowledge, and judges it; the teacher is not asked again."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.ignore.region import without_ignored
from lotwise.cameras.slots import SlotRule
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.frame import Crop, Detections, Frame, Image, Slot
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Progress
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.distill import distill
from lotwise.students.distillation.fitted_frames import FittedFrames
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.quantize import spread
from lotwise.students.losses.all_terms import from_boxes
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.rung_score import Seen, losses, see
from lotwise.students.right_size.levels import level_names, without_levels
from lotwise.students.right_size.rung import Rung
from lotwise.students.right_size.search import ROUNDS, Tried
from lotwise.students.right_size.thin import thinned
from lotwise.teacher.checkpoint import fingerprint, load_model, save_model
from lotwise.teacher.index import Labels
from lotwise.teacher.tensor import image_tensor

FOLDER = "right_size"
"""Of the ladder, below the camera's folder."""
DONE = "done.json"
"""In the folder of each round of a rung: what it gave. Until it is there the round goes on from its last epoch."""
THINNING_FRAMES = 4
"""Frames by which it is told which channels matter: thousands of places of each map."""
FIXED_COST = 0.1
"""Share of a step's time that does not go by the input's pixels: the optimiser, and what feeds it."""


@dataclass(frozen=True)
class Lessons:
    """What all rungs of a camera learn from, and what they are judged by.

    Attributes:
        folder: of the camera in its run.
        camera: whose it is.
        settings: of the distillation.
        steps, pixels: of the full-size student's training and input.
        frames: that the full-size student learned from.
        taught: what is taught of them, by frame name.
        labels: what the teacher said.
        shown: frames that no student learned from, with their pixels.
        expected: of these, by frame name.
        slots: of the camera.
        rule: how its slots are read from boxes on the whole frame.
        ignored: (R, 4) xyxy in 0..1 of things that are no vehicles; None for none.
        identity: changes with all of these.
        fitted: frames at the size of an input, by that and by the crop.
    """

    folder: Path
    camera: str
    settings: DistillSettings
    steps: int
    pixels: int
    frames: Sequence[Frame]
    taught: Mapping[str, Detections]
    labels: Labels
    shown: Sequence[tuple[Frame, Image]]
    expected: Mapping[str, Expected]
    slots: Sequence[Slot]
    rule: SlotRule
    ignored: Boxes | None
    identity: str
    read: LoadFrame
    fitted: dict[tuple[tuple[int, int], Crop | None], FittedFrames] = field(default_factory=dict)

    def cost(self, rung: Rung, steps: int) -> float:
        """What so many steps of a rung cost, in steps of the full-size student."""
        return steps * (FIXED_COST + (1 - FIXED_COST) * rung.pixels / self.pixels)

    def round_steps(self, number: int) -> int:
        """Steps of a round, in whole epochs."""
        batches = math.ceil(len(self.frames) / self.settings.batch)
        return max(1, round(self.steps * ROUNDS[min(number, len(ROUNDS) - 1)] / batches)) * batches


def judged(lessons: Lessons, student: DetectionModel, input_size: tuple[int, int], crop: Crop | None) -> Seen:
    """What a student is worth on the frames that it did not learn from; arguments as of :func:`said_of`."""
    said, sizes = said_of(lessons, student, input_size, crop)
    return see(said, lessons.expected, lessons.rule, lessons.slots, sizes)


def said_of(
    lessons: Lessons, student: DetectionModel, input_size: tuple[int, int], crop: Crop | None
) -> tuple[dict[str, Detections], dict[str, tuple[int, int]]]:
    """All boxes of a student on the frames that it did not learn from, and the (width, height) of each, by frame name.

    Args:
        lessons: of the camera.
        student: in eval mode.
        input_size: (width, height) of its input.
        crop: the part of the frame that it looks at.
    """
    form = deployed_form(student)
    said: dict[str, Detections] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for frame, image in lessons.shown:
        size = (image.shape[1], image.shape[0])
        fitted = Letterbox(size, input_size, crop)
        found = reported(candidates(form, fitted.image(image)), fitted, MIN_REPORTED_SCORE)
        said[frame.name] = found if lessons.ignored is None else without_ignored(found, lessons.ignored, size)
        sizes[frame.name] = size
    return said, sizes


def train_rung(
    lessons: Lessons, full: Seen, rung: Rung, number: int, above: str, before: Tried | None, progress: Progress
) -> Tried:
    """Train a rung for a round and judge it; a round that was finished before is not trained again.

    Args:
        lessons: of the camera.
        full: what the full-size student says.
        rung: which one.
        number: of the round, from 0.
        above: weights that it begins with in its first round, a file below the camera's folder.
        before: how far it has come.
        progress: told after each step.

    Raises:
        InputError: the loss is not finite.
    """
    folder = lessons.folder / FOLDER / rung.name / str(number)
    start = Path(before.weights if before else above)
    student = load_model(lessons.folder / start)
    if before is None:
        student = _cut(lessons, student, rung)
    steps = lessons.round_steps(number)
    settings = _round_settings(lessons, number, steps)
    parts = [lessons.identity, fingerprint(student), str(rung), settings.model_dump_json()]
    identity = hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
    done = _read(folder, identity)
    if done is None:
        fitted = _fitted(lessons, rung)
        samples = Samples(lessons.frames, lessons.labels.store, settings, lessons.labels.keys, lessons.taught, fitted)
        if rung.without or not samples.latent_channels():
            settings = settings.model_copy(update={"weights": from_boxes(settings.weights)})
        stage = f"train {lessons.camera} {rung.name}"
        trained = distill(student, samples, settings, folder / "train", progress, stage=stage)
        save_model(trained.student, folder / STUDENT, half=True)
        done = _Done(identity, trained.steps, round(trained.seconds, 2))
        write_whole(folder / DONE, json.dumps(asdict(done), indent=1).encode() + b"\n")
        shutil.rmtree(folder / "train")
    student = load_model(folder / STUDENT)
    weights = (folder / STUDENT).relative_to(lessons.folder).as_posix()
    return Tried(
        rung,
        weights,
        done.steps + (before.steps if before else 0),
        done.seconds + (before.seconds if before else 0.0),
        lessons.cost(rung, done.steps) + (before.cost if before else 0.0),
        losses(full, judged(lessons, student, rung.input, rung.crop)),
        number + 1,
    )


def _fitted(lessons: Lessons, rung: Rung) -> FittedFrames:
    return lessons.fitted.setdefault((rung.input, rung.crop), FittedFrames(rung.input, lessons.read, crop=rung.crop))


def _cut(lessons: Lessons, student: DetectionModel, rung: Rung) -> DetectionModel:
    """A student as a rung has it in which something is left out that the one above still has."""
    if rung.without and set(rung.without) & set(level_names(student.model[-1])):
        student = without_levels(student, rung.without)
    if rung.thin is not None:
        fitted = _fitted(lessons, rung)
        shown = [lessons.frames[index] for index in spread(len(lessons.frames), THINNING_FRAMES)]
        student = thinned(student, rung.thin, [image_tensor([fitted(frame)[0]]) for frame in shown])
    return student


@dataclass(frozen=True)
class _Done:
    """What a round gave."""

    identity: str
    steps: int
    seconds: float


def _read(folder: Path, identity: str) -> _Done | None:
    """What this very round gave; None where it was not finished, or was another one."""
    try:
        content = json.loads((folder / DONE).read_bytes())
        done = _Done(str(content["identity"]), int(content["steps"]), float(content["seconds"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return done if done.identity == identity and (folder / STUDENT).is_file() else None


def _round_settings(lessons: Lessons, number: int, steps: int) -> DistillSettings:
    """Those of the full-size student, for so many steps; each round sees samples of its own."""
    changed = {"epochs": 1, "min_steps": steps, "max_steps": steps, "seed": lessons.settings.seed + number + 1}
    return lessons.settings.model_copy(update=changed)
