"""From taught modules to one bundle that holds all of them, each compared with what it was in PyTorch."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.backends.network import load_network
from lotwise.cameras.detection.bundle import Manifest, read_manifest, sha256, write_manifest
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.detection.ensemble import DividedBy, EnsembleEntry, ModuleEntry, Window
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.slots import SlotModel
from lotwise.cameras.slots.seen_boxes import SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES, write_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Slot
from lotwise.datasets.suppression import STUDENT_NESTED, STUDENT_NMS_IOU
from lotwise.students.ensemble.channels import ChannelModules, Trunk
from lotwise.students.ensemble.cost import counts
from lotwise.students.ensemble.onnx_files import export_head, export_maps
from lotwise.students.export.bundle import BOX_TOLERANCE_PX, SCORE_TOLERANCE
from lotwise.students.export.onnx_file import export_onnx
from lotwise.students.model.deployed import candidates, deployed_form
from lotwise.students.right_size.levels import level_names
from lotwise.teacher.head import decode_boxes, vehicle_logits
from lotwise.teacher.tensor import image_tensor

HEAD = "head.onnx"
HALF_FACTOR = 5.0
"""How much more may differ where maps travelled as 16-bit floats, which have 11 binary digits."""
NOTICED = 0.05
"""Raw score from which an anchor's box is compared: below, none is ever reported."""


@dataclass(frozen=True)
class BoxModule:
    """A module that says boxes.

    Attributes:
        model: a detector of its own, in eval mode.
        window: the part of the student's input that it looks at, pixels.
        territory: the part that it answers for.
    """

    model: DetectionModel
    window: Window
    territory: Window


@dataclass(frozen=True)
class Around:
    """What a camera's bundles carry beside their models.

    Attributes:
        camera: whose student it is.
        size: (width, height) of the student's input.
        check: frames on which exported modules are compared with those in PyTorch.
        slots, slot_model, seen_boxes: of the camera.
        teacher, training: what a person should be able to look up later.
    """

    camera: str
    size: tuple[int, int]
    check: Sequence[Image]
    slots: Sequence[Slot]
    slot_model: SlotModel | None
    seen_boxes: SeenBoxes
    teacher: dict[str, Any]
    training: dict[str, Any]


def write_ensemble(modules: Sequence[BoxModule], by: DividedBy, folder: Path, around: Around) -> Manifest:
    """Export modules as one bundle; refused unless each says what its PyTorch model says.

    Args:
        modules: in order of their boards.
        by: how they were divided.
        folder: made anew.
        around: what else the bundle carries.

    Raises:
        InputError: an exported module disagrees with its model; nothing is kept.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    entries = []
    try:
        for number, module in enumerate(modules, start=1):
            entries.append(_write(module, folder / f"module-{number}.onnx", around))
    except InputError:
        shutil.rmtree(folder)
        raise
    return write_around(folder, EnsembleEntry(by=by, modules=tuple(entries)), around)


def write_channels(modules: ChannelModules, folder: Path, around: Around) -> Manifest:
    """Export trunks and their head as one bundle; refused unless together they say what they say in PyTorch.

    Args:
        modules: in eval mode.
        folder: made anew.
        around: what else the bundle carries.

    Raises:
        InputError: the exported modules disagree with those that were taught; nothing is kept.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    width, height = around.size
    entries = []
    for number, trunk in enumerate(modules.trunks, start=1):
        path = folder / f"module-{number}.onnx"
        assert isinstance(trunk, Trunk)
        export_maps(trunk, around.size, path)
        parameters, multiply_adds = counts(trunk, around.size)
        entries.append(
            ModuleEntry(
                file=path.name,
                window=(0, 0, width, height),
                territory=(0, 0, width, height),
                levels=tuple(level_names(modules.head)),
                channels=tuple(trunk.widths),
                strides=tuple(trunk.strides),
                parameters=parameters,
                multiply_adds=multiply_adds,
                bytes=path.stat().st_size,
            )
        )
    shapes = zip(*(entry.map_shapes for entry in entries), strict=True)
    joined = [(sum(shape[0] for shape in level), *level[0][1:]) for level in shapes]
    export_head(modules.head, joined, folder / HEAD)
    manifest = write_around(folder, EnsembleEntry(by="channel", modules=tuple(entries), head=HEAD), around)
    try:
        _compare_channels(modules, load_detector(folder), around)
    except InputError:
        shutil.rmtree(folder)
        raise
    return manifest


def write_around(folder: Path, ensemble: EnsembleEntry, around: Around) -> Manifest:
    """The manifest of modules that lie in the folder, and what a bundle carries beside them."""
    written = list(ensemble.files)
    if around.seen_boxes.frames:
        write_seen_boxes(folder / SEEN_BOXES, around.seen_boxes)
        written.append(SEEN_BOXES)
    manifest = Manifest(
        camera=around.camera,
        role="student",
        input=around.size,
        files={name: sha256(folder / name) for name in written},
        models={},
        ensemble=ensemble,
        reported_overlap=STUDENT_NMS_IOU,
        reported_nested=STUDENT_NESTED,
        slots=tuple(SlotShape.of(slot) for slot in around.slots),
        slot_model=around.slot_model,
        teacher=around.teacher,
        training=around.training,
    )
    write_manifest(folder, manifest)
    return read_manifest(folder)


def _write(module: BoxModule, path: Path, around: Around) -> ModuleEntry:
    left, top, right, bottom = module.window
    size = right - left, bottom - top
    export_onnx(module.model, size, path)
    _compare(module, path, around)
    parameters, multiply_adds = counts(module.model, size)
    head = module.model.model[-1]
    return ModuleEntry(
        file=path.name,
        window=module.window,
        territory=module.territory,
        levels=tuple(level_names(head)),
        parameters=parameters,
        multiply_adds=multiply_adds,
        bytes=path.stat().st_size,
    )


def _compare(module: BoxModule, path: Path, around: Around) -> None:
    """Largest differences over all anchors of each frame, as of :func:`lotwise.students.export.bundle.compare`."""
    form, network = deployed_form(module.model), load_network(path, "onnxruntime", 1)
    left, top, right, bottom = module.window
    for frame in around.check:
        fitted = Letterbox((frame.shape[1], frame.shape[0]), around.size).image(frame)
        part = np.ascontiguousarray(fitted[top:bottom, left:right])
        ours, (boxes, scores) = candidates(form, part), network(part[None])
        seen = ours.scores >= NOTICED
        score = float(np.abs(ours.scores - scores[0]).max())
        box = float(np.abs(ours.boxes - boxes[0])[seen].max(initial=0))
        # Written so that a module whose numbers are no numbers fails too.
        if not (score <= SCORE_TOLERANCE and box <= BOX_TOLERANCE_PX):
            raise InputError(
                f"{around.camera}: exported, {path.name} disagrees with the module that was taught (score {score:.4f}, "
                f"box {box:.2f} px); it is not deployed"
            )


@torch.no_grad()
def _compare_channels(modules: ChannelModules, detector: Detector, around: Around) -> None:
    """As for modules that say boxes; maps travel in half the digits, which moves scores a little more."""
    for frame in around.check:
        fitted = detector.fitted(frame).image(frame)
        raw = modules(image_tensor([fitted]))[1]
        boxes, scores = decode_boxes(modules.head, raw)[0].numpy(), vehicle_logits(raw).sigmoid()[0].numpy()
        found = detector.candidates([frame])[0]
        seen = scores >= NOTICED
        score = float(np.abs(found.scores - scores).max())
        box = float(np.abs(found.boxes - boxes)[seen].max(initial=0))
        if not (score <= HALF_FACTOR * SCORE_TOLERANCE and box <= HALF_FACTOR * BOX_TOLERANCE_PX):
            raise InputError(
                f"{around.camera}: exported, the modules disagree with those that were taught (score {score:.4f}, box "
                f"{box:.2f} px); they are not deployed"
            )
