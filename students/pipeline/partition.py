"""A student over several boards for cameras of a trained run: divided, taught, measured, and put into the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from lotwise.cameras.detection.boards.modules_network import ModulesNetwork, Without
from lotwise.cameras.detection.bundle import Manifest, parse_manifest, write_manifest
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.registry.use import in_use
from lotwise.cameras.slots import learn_slot_model
from lotwise.cameras.slots.parked_cars import thinned
from lotwise.cameras.slots.seen_boxes import FrameBoxes, SeenBoxes
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Progress
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.fitted_frames import FittedFrames
from lotwise.students.distillation.samples import Samples
from lotwise.students.ensemble.bundle import Around, write_channels, write_ensemble
from lotwise.students.ensemble.regions import regions_of
from lotwise.students.ensemble.settings import PartitionSettings
from lotwise.students.ensemble.teach import Material, teach_channels, teach_regions, teach_scales
from lotwise.students.export.quantize import spread
from lotwise.students.pipeline.camera_job import taught_boxes
from lotwise.students.pipeline.carried_slots import same_slots
from lotwise.students.pipeline.expected_f1 import judge
from lotwise.students.pipeline.gate import live_detector
from lotwise.students.pipeline.measure import say
from lotwise.students.pipeline.readable import readable
from lotwise.students.pipeline.records import CameraRecord, GateRecord
from lotwise.students.pipeline.right_size import SEEN_SCORE, lessons_of, sides
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.rung_score import Seen, losses, see
from lotwise.students.pipeline.rung_training import THINNING_FRAMES, Lessons, judged
from lotwise.students.pipeline.tune import tune, untuned, write_tuning
from lotwise.students.right_size.losses import Losses
from lotwise.teacher.checkpoint import load_model, save_model
from lotwise.teacher.index import Labels
from lotwise.teacher.tensor import image_tensor

FOLDER = "partition"
"""Of all divisions, below the camera's folder."""
RECORD = "partition.json"
NEEDED_LOSS = 0.1
"""Expected F1 that may be lost with a module: from here on slots are unknown without it, for cars that nobody sees any
more would be told as free slots. Chosen."""
BY_HAND = "lotwise promote makes it live all the same"
CHECKED_FRAMES = 4
"""Frames on which exported modules are compared with those in PyTorch, as of whole students."""


@dataclass(frozen=True)
class Partitioned:
    """What a camera got.

    Attributes:
        camera: its id.
        bundle: identity.
        manifest: of the bundle.
        losses: against the full-size student, of all modules, and by number of each that is lost.
        seconds: of teaching.
        outcome: promoted, shadow or kept, and why.
        why: in one line, for people.
    """

    camera: str
    bundle: str
    manifest: Manifest
    losses: Mapping[str, Losses]
    seconds: float
    outcome: str
    why: str


def partition_camera(
    run: Run,
    record: CameraRecord,
    footage: Footage,
    labels: Labels,
    asked: PartitionSettings,
    progress: Progress,
    read: LoadFrame,
    shadow: bool | None = None,
) -> Partitioned:
    """Divide one camera's student, and put the bundle into its registry.

    It goes live if it loses no more than allowed and takes the place of its very student, as a whole or in modules. No
    gate compares it with anything else, so where another bundle is live, that one stays.

    Args:
        run, record: of the camera, whose student is trained.
        footage: frames and slots of the run.
        labels: what the teacher said.
        asked: boards, budget, and how it is divided.
        progress: told after each step.
        read: gives the pixels of a frame.
        shadow: whether the bundle runs beside the live one first; None for where a node of this machine runs that.

    Raises:
        InputError: no frame is held out, or none of a picture that was not learned from; a frame that shows something
            else than when it was labelled; a budget that is too small, more boards than parts, or a loss that is not
            finite.
    """
    train, held = sides(record, footage, labels)
    unjudged = InputError(
        f"{run.camera(record.camera)}: no frame is held out that could judge a divided student, of a picture that it "
        "did not learn from; label more frames, or begin a run with --holdout"
    )
    if record.left_out is not None or not held:
        raise unjudged
    labels.check([*train, *held], read)
    lessons = lessons_of(run, record, footage, labels, read)
    if not lessons.shown:
        raise unjudged
    full = load_model(lessons.folder / record.student)
    before = judged(lessons, full, record.size, None)
    folder = lessons.folder / FOLDER / asked.name
    bundle = run.registry(record.camera).folder / ".partition"
    carried = around(run, record, footage, labels, read, asked)
    seconds = teach_bundle(lessons, record, asked, folder, bundle, carried, progress)
    detector = load_detector(bundle)
    seen = _seen(lessons, detector)
    lost = {"none": losses(before, seen)}
    for number in range(1, asked.boards + 1) if asked.boards > 1 else ():
        lost[str(number)] = losses(before, _seen(lessons, without(detector, {number}), seen.threshold))
    _tune(lessons, bundle, detector, run.plan().export.tune, record.note)
    _measured(bundle, asked, lost, seconds)
    found = _into_registry(run, record, bundle, asked, lost, seconds, shadow)
    write_whole(folder / RECORD, json.dumps(as_json(found), indent=1).encode() + b"\n")
    return found


def without(detector: Detector, lost: set[int]) -> Detector:
    """A detector of modules of which these, numbered from 1, do not answer."""
    network = detector.network
    assert isinstance(network, ModulesNetwork)
    return replace(detector, network=network.run_by(Without(network.askers, lost)))


def teach_bundle(
    lessons: Lessons,
    record: CameraRecord,
    asked: PartitionSettings,
    folder: Path,
    bundle: Path,
    carried: Around,
    progress: Progress,
) -> float:
    """Teach the modules of a camera's student and write them as a bundle; the seconds that teaching took.

    Args:
        lessons: what they learn from.
        record: of the camera.
        asked: boards, budget, and how it is divided.
        folder: gets logs and states; a training that was killed goes on there.
        bundle: folder of the bundle, made anew.
        carried: what else the bundle carries.
        progress: told after each step.

    Raises:
        InputError: a budget that is too small, more boards than parts, a loss that is not finite, or an export that
            disagrees with what was taught.
    """
    steps = max(1, round(lessons.steps * asked.effort))
    settings = lessons.settings.model_copy(
        update={"epochs": 1, "min_steps": steps, "max_steps": steps, "learning_rate": asked.learning_rate}
    )
    fitted = FittedFrames(record.size, lessons.read)
    shown = [lessons.frames[index] for index in spread(len(lessons.frames), THINNING_FRAMES)]
    material = Material(
        student=load_model(lessons.folder / record.student),
        size=record.size,
        pictures=[image_tensor([fitted(frame)[0]]) for frame in shown],
        samples=Samples(lessons.frames, lessons.labels.store, settings, lessons.labels.keys, lessons.taught, fitted),
        settings=settings,
        folder=folder / "train",
        stage=f"train {record.camera} {asked.name}",
    )
    if asked.by == "channel":
        latents = [lessons.labels.store.get(lessons.labels.keys[frame.name]).latents for frame in lessons.frames]
        taught, seconds = teach_channels(material, latents, asked, progress)
        write_channels(taught, bundle, carried)
        return seconds
    if asked.by == "scale":
        modules, seconds = teach_scales(material, asked, progress)
    else:
        regions = regions_of(record.size, _taught_boxes(lessons, record.size), asked.boards)
        modules, seconds = teach_regions(material, regions, asked, progress)
    for number, module in enumerate(modules, start=1):
        save_model(module.model, folder / f"module-{number}.safetensors", half=True)
    write_ensemble(modules, asked.by, bundle, carried)
    return seconds


def _taught_boxes(lessons: Lessons, size: tuple[int, int]) -> Boxes:
    """(N, 4) of the vehicles that are taught, pixels of an input of this (width, height)."""
    boxes = [np.zeros((0, 4), np.float32)]
    for frame in lessons.frames:
        found, box = lessons.taught[frame.name], Letterbox(lessons.labels.index.frames[frame.name].size, size)
        boxes.append(box.to_input(found.boxes[found.scores >= SEEN_SCORE]))
    return np.concatenate(boxes)


def around(
    run: Run, record: CameraRecord, footage: Footage, labels: Labels, read: LoadFrame, asked: PartitionSettings
) -> Around:
    """What a camera's bundle of modules carries beside them; arguments and errors as of :func:`partition_camera`."""
    slots = footage.slots.get(record.camera, ())
    frames = {frame.name: frame for frame in footage.of_camera(record.camera)}
    said, size = taught_boxes(record.train, labels, footage.ignored.get(record.camera))
    check = list(islice(readable([frames[name] for name in record.test if name in frames], read), CHECKED_FRAMES))
    if not check:
        raise InputError(f"{run.camera(record.camera)}: not one of its test frames can be read any more; put them back")
    return Around(
        camera=record.camera,
        size=record.size,
        check=check,
        slots=slots,
        slot_model=learn_slot_model(said, slots, size) if slots else None,
        seen_boxes=SeenBoxes.of(tuple(FrameBoxes.of(found, size) for found in thinned(said)), size),
        teacher=labels.index.description,
        training={**record.training, "partition": asked.model_dump(mode="json")},
    )


def _seen(lessons: Lessons, detector: Detector, threshold: float | None = None) -> Seen:
    """What a bundle says of the frames that it did not learn from, by raw scores; at the best threshold where None."""
    said = say({"it": detector}, lessons.shown, lessons.ignored)["it"]
    sizes = {frame.name: (image.shape[1], image.shape[0]) for frame, image in lessons.shown}
    return see(said, lessons.expected, lessons.rule, lessons.slots, sizes, threshold)


def _tune(lessons: Lessons, bundle: Path, detector: Detector, asked: bool, how: str) -> None:
    said = say({"it": detector}, lessons.shown, lessons.ignored)["it"]
    found = judge((found, lessons.expected[name]) for name, found in said.items())
    if asked:
        write_tuning(bundle, tune(found), how)
    else:
        write_tuning(bundle, untuned(found), how)


def _measured(bundle: Path, asked: PartitionSettings, lost: Mapping[str, Losses], seconds: float) -> None:
    manifest = parse_manifest(bundle)
    said = {
        "asked": asked.model_dump(mode="json"),
        "seconds": round(seconds, 1),
        "losses": {name: _rounded(one) for name, one in lost.items()},
    }
    ensemble = manifest.ensemble
    assert ensemble is not None
    modules = tuple(
        module.model_copy(update={"needed": _needed(lost, str(number))})
        for number, module in enumerate(ensemble.modules, start=1)
    )
    update = {
        "ensemble": ensemble.model_copy(update={"modules": modules}),
        "measured": {**manifest.measured, "partition": said},
    }
    write_manifest(bundle, manifest.model_copy(update=update))


def _needed(lost: Mapping[str, Losses], number: str) -> bool:
    """Whether the others read so much worse without a module that their word is not to be taken for the lot's state."""
    return number in lost and lost[number].f1 - lost["none"].f1 > NEEDED_LOSS


def _into_registry(
    run: Run,
    record: CameraRecord,
    bundle: Path,
    asked: PartitionSettings,
    lost: Mapping[str, Losses],
    seconds: float,
    shadow: bool | None,
) -> Partitioned:
    registry = run.registry(record.camera)
    live = live_detector(registry)
    manifest = parse_manifest(bundle)
    comparable = live is None or same_slots(live.slots, [shape.slot() for shape in manifest.slots])
    identity = registry.add(bundle)
    worst = max(0.0, lost["none"].worst)
    why = f"it loses {worst:.3f} against the full-size student, {asked.allowed:g} is allowed"
    if not lost["none"].worst <= asked.allowed:
        outcome, why = "kept", f"{why} ({lost['none'].most}); {BY_HAND}"
    elif other := not_of_its_student(record, live):
        outcome, why = "kept", f"{why}, but {other}; {BY_HAND}"
    elif (in_use(registry.folder) and comparable) if shadow is None else (shadow and live is not None):
        registry.start_shadow(identity, again=True)
        outcome = "shadow"
    else:
        registry.promote(identity, probation=comparable)
        outcome = "promoted"
    return Partitioned(record.camera, identity, manifest, lost, seconds, outcome, why)


def not_of_its_student(record: CameraRecord, live: Detector | None) -> str:
    """Why modules may not take the place of what is live, which they were not compared with; empty where they may."""
    gate = record.gate
    if live is not None:
        said = {} if live.manifest is None else live.manifest.training
        weights = record.training.get("weights")
        if live.identity == record.bundle or (weights is not None and said.get("weights") == weights):
            return ""
        if gate is not None and _held_back_by_boards(gate, live, record):
            return ""
        if gate is None or gate.winner == "student":
            return f"{live.identity} is live, which is another one than the student that was divided"
    elif gate is None or gate.winner == "student":
        return ""
    refused = f" ({gate.refused})" if gate.refused else ""
    return f"the gate has preferred the untouched nano to the student that was divided{refused}"


def _held_back_by_boards(gate: GateRecord, live: Detector, record: CameraRecord) -> bool:
    """Whether the student would be live itself, were what is live not divided over boards that cannot hold it whole."""
    scores, divided = gate.agreement_with_teacher, live.manifest is not None and live.manifest.ensemble is not None
    compared = record.live == live.identity and "live" in scores
    return divided and compared and gate.winner == "student" and scores["student"] >= scores["live"]


def as_json(found: Partitioned) -> dict[str, Any]:
    """What a camera got, as plain JSON values."""
    return {
        "camera": found.camera,
        "bundle": found.bundle,
        "outcome": found.outcome,
        "why": found.why,
        "seconds": round(found.seconds, 1),
        "modules": [module.model_dump(mode="json") for module in found.manifest.ensemble.modules]
        if found.manifest.ensemble
        else [],
        "losses": {name: _rounded(one) for name, one in found.losses.items()},
    }


def _rounded(one: Losses) -> dict[str, float | None]:
    said = {name: None if value is None else round(value, 4) for name, value in asdict(one).items()}
    return {**said, "worst": round(one.worst, 4)}
