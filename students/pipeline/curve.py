"""When more frames stop paying: students taught with the 1, 2, 4, … most telling frames of a camera, side by side."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.frame_selection.selection import select_frames
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.checkpoint import CHECKPOINT
from lotwise.students.distillation.fitted_frames import input_size
from lotwise.students.distillation.learn import SECOND_ROUND, STUDENT, learn
from lotwise.students.distillation.samples import Samples
from lotwise.students.export.bundle import write_bundle
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.export import CHECKED_FRAMES
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.gate import agreements_with_teacher
from lotwise.students.pipeline.learning_curve import Curve, Point
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.plot import plot_curve
from lotwise.students.pipeline.readable import readable, readable_frames
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import labelled_split
from lotwise.teacher.checkpoint import fingerprint
from lotwise.teacher.ignored import labels_without_ignored, taught_identity
from lotwise.teacher.index import Labels, open_labels

MAX_FRAMES = 64
"""Most frames of a curve for which no counts were asked; a large teacher takes minutes to label 64."""


def parse_counts(text: str | None) -> tuple[int, ...] | None:
    """Numbers of frames, ascending.

    Raises:
        InputError: something else than whole numbers from 1 up.
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise InputError(f"--counts {text!r}: give numbers of frames from 1 up with commas, such as 1,2,4,8")
    return tuple(sorted({int(part) for part in parts}))


def curves(run: Run, camera: str | None, counts: Sequence[int] | None, progress: Progress = no_progress) -> list[Curve]:
    """The curve of each camera of a labelled run, also as ``cameras/<id>/curve/curve.png``.

    Each student has a folder of its own; what was trained and measured before is not done again.

    Args:
        run: of lotwise label or adapt.
        camera: the only camera that is asked for; None for all.
        counts: how many frames each student learns from; for a camera of fewer distinct frames the last one learns
            from all of them. None for 1, 2, 4 and so on, up to 64.
        progress: called after each step with its stage, how much is done, of how much, and a note.

    Raises:
        InputError: no run, no such camera, or a student that cannot be trained or exported.
    """
    plan = run.plan()
    with run.lock():
        footage, read = open_footage(plan), FrameCache()
        labels = labels_without_ignored(open_labels(run.knowledge, plan.labelling), footage)
        if camera is not None and camera not in footage.cameras:
            there = ", ".join(footage.cameras)
            raise InputError(f"{run.folder}: no camera {camera} in this run; choose one of {there}")
        wanted = [camera] if camera is not None else list(footage.cameras)
        return [
            _curve(run, plan, frames, labels, counts, progress, read, footage.ignored.get(frames[0].camera))
            for frames in map(footage.of_camera, wanted)
            if any(frame.name in labels.keys for frame in frames)
        ]


@dataclass(frozen=True)
class _Setup:
    """What all students of a curve have in common."""

    camera: str
    folder: Path
    plan: Plan
    labels: Labels
    test: tuple[Frame, ...]
    input: tuple[int, int]
    read: LoadFrame
    ignored: Boxes | None

    def identity(self, samples: Samples | None) -> str:
        """Changes with whatever the figure of a student of these samples depends on."""
        plan = self.plan
        parts = [fingerprint(self.nano()), self.labels.index.oracle, plan.distill.model_dump_json(), *self.input]
        parts.append(samples.identity if samples else "untouched")
        parts += [taught_identity(self.labels, frame.name) for frame in self.test]
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()

    def nano(self) -> DetectionModel:
        return make_student(self.plan.student, self.plan.oracle.classes)


def _curve(
    run: Run,
    plan: Plan,
    frames: Sequence[Frame],
    labels: Labels,
    counts: Sequence[int] | None,
    progress: Progress,
    read: LoadFrame,
    ignored: Boxes | None,
) -> Curve:
    """One camera's curve."""
    camera = frames[0].camera
    split = labelled_split(frames, labels, plan)
    labels.check([*split.train, *split.test], read)
    most = max(counts) if counts else MAX_FRAMES
    selected = select_frames(frames, min(most, plan.frames or most), plan.holdout, progress, plan.test_days).chosen
    order = [frame for frame in selected if frame.name in labels.keys]
    if not order:
        raise InputError(f"{camera}: not one of its {len(split.train)} training frames is worth learning from")
    asked = counts or [2**k for k in range(MAX_FRAMES.bit_length())]
    sizes = (0, *sorted({min(count, len(order)) for count in asked}))
    size = input_size([labels.index.frames[order[0].name].size], plan.distill.size)
    setup = _Setup(camera, run.camera(camera) / "curve", plan, labels, split.test, size, read, ignored)
    points = []
    for done, count in enumerate(sizes):
        progress(f"curve {camera}", done, len(sizes), "")
        best = {frame.name for frame in order[:count]}
        points.append(_point(setup, [frame for frame in split.train if frame.name in best], progress))
    progress(f"curve {camera}", len(sizes), len(sizes), "")
    taught = {labels.keys[frame.name] for frame in order[: sizes[-1]]}
    learned = sum(labels.keys[frame.name] in taught for frame in split.test)
    curve = Curve(camera, tuple(frame.name for frame in order), len(split.test), learned, tuple(points), split.note)
    plot_curve([(point.frames, point.agreement) for point in points], setup.folder / "curve.png", curve.verdict)
    return curve


def _point(setup: _Setup, taught: Sequence[Frame], progress: Progress) -> Point:
    """Teach and measure one student; read what was measured where it was done before."""
    folder, plan, labels = setup.folder / str(len(taught)), setup.plan, setup.labels
    samples = Samples(taught, labels.store, plan.distill, labels.keys) if taught else None
    identity, path = setup.identity(samples), folder / "point.json"
    if path.is_file() and (said := json.loads(path.read_bytes())).pop("identity") == identity:
        return Point(**said)
    student, seconds = setup.nano(), 0.0
    if samples:
        stage = f"train {setup.camera} with {len(taught)}"
        learned = learn(
            plan.student,
            plan.oracle.classes,
            taught,
            labels.keys,
            labels.store,
            plan.distill,
            folder,
            progress,
            stage=stage,
            read=setup.read,
        )
        student, seconds = learned.trained.student, learned.trained.seconds
    bundle = folder / "bundle"
    write_bundle(
        student,
        bundle,
        camera=setup.camera,
        role="student" if taught else "baseline",
        size=setup.input,
        check=list(islice(readable(setup.test, setup.read), CHECKED_FRAMES)),
    )
    known = ((image, labels.detections(frame)) for frame, image in readable_frames(setup.test, setup.read))
    detectors = {"student": load_detector(bundle)}
    threshold = plan.distill.positive_threshold
    agreement = agreements_with_teacher(detectors, known, threshold, setup.ignored)["student"]
    point = Point(len(taught), agreement, round(seconds, 1))
    write_whole(path, json.dumps({"identity": identity, **asdict(point)}).encode())
    # Of a student that is measured only the figure is kept: each would take some 60 MB.
    shutil.rmtree(bundle)
    shutil.rmtree(folder / SECOND_ROUND, ignore_errors=True)
    for weights in (CHECKPOINT, STUDENT):
        (folder / weights).unlink(missing_ok=True)
    return point
