"""The detector of a camera: a bundle, or any YOLO in ONNX, run by whichever backend. No torch."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.backends import Backend, LoadNetwork, Network, can_run, load_network
from lotwise.cameras.detection.boards.modules_network import ModulesNetwork, load_modules
from lotwise.cameras.detection.bundle import MANIFEST, Manifest, Precision, read_manifest, sha256
from lotwise.cameras.detection.external_weights import external_files
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.site.detector import NumberFormat
from lotwise.cameras.slots import SlotModel, SlotRule, slot_rule
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_boxes import NO_BOXES, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES, read_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Crop, Detections, Image, Slot
from lotwise.datasets.suppression import DEFAULT_NMS_IOU, mark_second_boxes, suppress
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE, VEHICLE_CLASSES

MIN_REPORTED_SCORE = 0.001
"""Score under which boxes are never reported, as in Ultralytics' evaluation: AP is computed from all above it."""


@dataclass(frozen=True)
class Detector:
    """One loaded model.

    Attributes:
        network: the model itself.
        input: (width, height) of its input in pixels.
        confidence: the deployed threshold.
        overlap: IoU of non-maximum suppression, or None where the head needs none.
        rows: class rows that are vehicles, for models of others; None where there is one score an anchor.
        manifest: what the bundle says of itself; None where the model is a file alone.
        digest: sha256 of the model file, where there is no bundle.
        precision: number format of the model file that was chosen.
        number_format: in which the backend was asked to compute what is not INT8.
        seen_boxes: of cars on the frames that the bundle was made from.
    """

    network: Network
    input: tuple[int, int]
    confidence: float = DEFAULT_CONFIDENCE
    overlap: float | None = DEFAULT_NMS_IOU
    rows: tuple[int, ...] | None = None
    manifest: Manifest | None = None
    digest: str = ""
    precision: Precision = "float"
    number_format: NumberFormat = "auto"
    seen_boxes: SeenBoxes = NO_BOXES

    @cached_property
    def identity(self) -> str:
        """Of the bundle, or the digest of the file: changes with whatever changes the detections."""
        return self.manifest.identity if self.manifest else self.digest

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots that the bundle carries, if any."""
        return tuple(shape.slot() for shape in self.manifest.slots) if self.manifest else ()

    @property
    def slot_confidence(self) -> float:
        """Score from which a box makes a slot occupied.

        A box on a place where cars are known to park needs to be less sure than one anywhere.
        """
        of_bundle = self.manifest.slot_confidence if self.manifest else None
        return self.confidence if of_bundle is None else of_bundle

    @property
    def slot_model(self) -> SlotModel | None:
        """Where the boxes of cars on these slots are expected, if that was learned."""
        return self.manifest.slot_model if self.manifest else None

    @cached_property
    def picture(self) -> SlotPicture:
        """What is known of where cars park in its camera's view, for its own slots and others."""
        return SlotPicture(self.slot_model, self.slots, self.seen_boxes)

    @property
    def crop(self) -> Crop | None:
        """The part of the frame that it looks at; all of it where None."""
        return self.manifest.crop if self.manifest else None

    def unread(self, frame: tuple[int, int]) -> tuple[Crop, ...]:
        """Parts of the last frame, in 0..1 of it, that no board has read: of these nothing is known.

        Args:
            frame: its (width, height).
        """
        windows = self.network.unread if isinstance(self.network, ModulesNetwork) else ()
        fitted = Letterbox(frame, self.input, self.crop)
        return tuple(fitted.part(window) for window in windows)

    @property
    def slot_rule(self) -> SlotRule:
        """How its slots are read."""
        return slot_rule(self.slot_model, self.crop)

    def rest(self) -> None:
        """Give back memory that is needed only while a frame is computed: no other one comes soon."""
        self.network.rest()

    def runs_like(self, other: Detector) -> bool:
        """Whether both are run in the same way, so that their times can be compared."""
        mine, theirs = ((one.network.name, one.precision, one.number_format) for one in (self, other))
        return mine == theirs

    def __call__(self, frames: Sequence[Image], confidence: float | None = None) -> list[Detections]:
        """Vehicles on each frame of a batch, in pixels of that frame, scores calibrated and falling.

        Boxes that are not reported because a surer one is of the same vehicle are there too, with a label of their own
        (:func:`lotwise.datasets.suppression.first_boxes` leaves them out); slots are read from all. Others have
        label 0.

        Args:
            frames: (H, W, 3) BGR each; sizes may differ.
            confidence: boxes under this calibrated score are dropped; the deployed threshold where None.
        """
        if not frames:
            return []
        threshold = self.confidence if confidence is None else confidence
        return [
            self._in_frame(found, self.fitted(frame), max(threshold, MIN_REPORTED_SCORE))
            for found, frame in zip(self.candidates(frames), frames, strict=True)
        ]

    def before_and_after(self, frame: Image, confidence: float) -> tuple[Detections, Detections]:
        """What the model says of one frame before suppression and after it, by one run; pixels of the frame.

        Args:
            frame: (H, W, 3) BGR.
            confidence: boxes under this calibrated score are dropped on both sides.
        """
        found, box = self.candidates([frame])[0], self.fitted(frame)
        threshold = max(confidence, MIN_REPORTED_SCORE)
        calibration = self.manifest.calibration if self.manifest else None
        scores = found.scores if calibration is None else calibration(found.scores)
        kept = scores >= threshold
        before = Detections(box.to_frame(found.boxes[kept]), scores[kept], found.labels[kept])
        return before, self._in_frame(found, box, threshold)

    def candidates(self, frames: Sequence[Image]) -> list[Detections]:
        """All that the model says of each frame of a batch, before suppression, in input pixels."""
        fitted = [self.fitted(frame).image(frame) for frame in frames]
        return self.candidates_of_inputs(np.stack(fitted) if len(fitted) > 1 else np.ascontiguousarray(fitted[0])[None])

    def candidates_of_inputs(self, images: NDArray[np.uint8]) -> list[Detections]:
        """As :meth:`candidates`, of frames that lie in the network's input already, (B, input height, input width, 3)
        BGR."""
        at_once = self.network.input[0]
        if at_once is None:
            return self._run(images)
        if at_once != 1:
            raise InputError(f"the model takes {at_once} frames at once; export it with batch 1 or dynamic")
        return [self._run(images[i : i + 1])[0] for i in range(len(images))]

    def fitted(self, frame: Image) -> Letterbox:
        """How a frame, (H, W, 3), lies in the network's input."""
        return Letterbox((frame.shape[1], frame.shape[0]), self.input, self.crop)

    def _in_frame(self, found: Detections, box: Letterbox, threshold: float) -> Detections:
        calibration = self.manifest.calibration if self.manifest else None
        # Suppression keeps the order of scores and nothing else of them, so only what it leaves is calibrated.
        raw = threshold
        if calibration is not None and threshold > MIN_REPORTED_SCORE:
            raw = max(0.999 * calibration.raw(threshold), MIN_REPORTED_SCORE)
        if self.overlap is None:
            found = found[found.scores >= raw]
            found = found[np.argsort(-found.scores, kind="stable")]
        else:
            found = suppress(found, confidence=raw, iou=self.overlap)
        if self.manifest is not None and self.manifest.reported_overlap is not None:
            found = mark_second_boxes(found, self.manifest.reported_overlap, self.manifest.reported_nested)
        if calibration is not None:
            found = replace(found, scores=calibration(found.scores))
            found = found if threshold == MIN_REPORTED_SCORE else found[found.scores >= threshold]
        return Detections(box.to_frame(found.boxes), found.scores, found.labels)

    def _run(self, images: NDArray[np.uint8]) -> list[Detections]:
        """All candidates of each image of (B, H, W, 3), in input pixels."""
        outputs = self.network(images)
        if self.rows is None:
            return [Detections.of(boxes, scores) for boxes, scores in zip(*outputs, strict=True)]
        return [_ultralytics_detections(output, self.rows, self.overlap is None) for output in outputs[0]]


def load_detector(
    path: Path,
    threads: int = 0,
    backend: Backend = "onnxruntime",
    precision: Precision | Literal["auto"] = "float",
    cache: Path | None = None,
    number_format: NumberFormat = "auto",
    load: LoadNetwork = load_network,
) -> Detector:
    """A detector from a bundle folder or an ``.onnx`` file (ours, or an Ultralytics export).

    Args:
        path: bundle or file.
        threads: for one frame; 0 lets the backend choose.
        backend: by default the one that exports are compared with.
        precision: which of a bundle's models; auto is INT8 where the bundle has it, which is only where it agreed
            with the float one on the camera's own frames, and where the backend takes it.
        cache: folder where a backend may keep what speeds up the next start.
        number_format: in which the backend computes what is not INT8; auto is what it takes by itself.
        load: what loads the model file; one of :class:`lotwise.cameras.detection.backends.shared.SharedNetworks` where
            several detectors may run the same.

    Raises:
        InputError: neither a bundle nor a detection model that can be run, or a bundle without that precision.
    """
    if path.is_dir():
        manifest = read_manifest(path)
        if manifest.ensemble is not None:
            if precision == "int8":
                raise InputError(f"{path}: its modules are float models; give precision: auto or float")
            modules = load_modules(
                path, manifest, lambda file: load(file, backend, threads, cache, number_format), threads
            )
            return detector_of(path, manifest, modules, "float", number_format)
        int8 = manifest.models.get("int8")
        best: Precision = "int8" if int8 and can_run(int8, backend) else "float"
        chosen = best if precision == "auto" else precision
        if chosen not in manifest.models:
            why = manifest.measured.get(chosen, {}).get("refused", "it was not exported")
            raise InputError(f"{path}: holds no {chosen} model ({why}); give precision: auto or float")
        file = path / manifest.models[chosen]
        _refuse_external_weights(file, manifest)
        network = load(file, backend, threads, cache, number_format)
        _, height, width = network.input
        takes = (width or manifest.input[0], height or manifest.input[1])
        if takes != manifest.input:
            raise InputError(
                f"{path / MANIFEST}: input: says {manifest.input[0]} x {manifest.input[1]} pixels, but {file.name} "
                f"takes {takes[0]} x {takes[1]}; export the bundle again"
            )
        return detector_of(path, manifest, network, chosen, number_format)
    if path.suffix != ".onnx" or not path.is_file():
        raise InputError(f"{path}: neither a bundle folder nor an .onnx file; give one of the two")
    if precision == "int8":
        raise InputError(f"{path}: precision int8 is a choice among a bundle's models; give a bundle folder")
    network = load(path, backend, threads, cache, number_format)
    if list(network.outputs) == ["boxes", "scores"]:
        _, height, width = network.input
        if height is None or width is None:
            raise InputError(f"{path}: takes frames of any size; export it for one size")
        return Detector(network, (width, height), digest=sha256(path))
    return _ultralytics(path, network)


def detector_of(
    bundle: Path, manifest: Manifest, network: Network, precision: Precision, number_format: NumberFormat
) -> Detector:
    """A bundle's detector, run by a network that is loaded already, here or on boards."""
    seen = read_seen_boxes(bundle / SEEN_BOXES) if SEEN_BOXES in manifest.files else None
    return Detector(
        network,
        manifest.input,
        manifest.confidence,
        manifest.overlap,
        None,
        manifest,
        precision=precision,
        number_format=number_format,
        seen_boxes=seen or NO_BOXES,
    )


def _refuse_external_weights(file: Path, manifest: Manifest) -> None:
    """Weights beside a model file count only where the manifest vouches for that file too."""
    if file.suffix != ".onnx":
        return
    try:
        strange = external_files(file) - manifest.files.keys()
    except ValueError as error:
        raise InputError(f"{file}: cannot be loaded, for it is no ONNX file ({error}); export it again") from error
    if strange:
        raise InputError(
            f"{file}: keeps weights in {min(strange)}, which the manifest does not vouch for; export it as one file"
        )


def _ultralytics(path: Path, network: Network) -> Detector:
    """A detector from what Ultralytics writes: names, imgsz and end2end stand in the file's metadata."""
    metadata = network.metadata
    output = next(iter(network.outputs.values()))
    if "names" not in metadata or len(output) != 3 or metadata.get("task", "detect") != "detect":
        raise InputError(f"{path}: not a detection model in the form that lotwise or Ultralytics exports")
    try:
        names: dict[int, str] = dict(ast.literal_eval(metadata["names"]))
        height, width = (
            int(named) if side is None else side
            for side, named in zip(
                network.input[1:], ast.literal_eval(metadata.get("imgsz", "[640, 640]")), strict=True
            )
        )
    except (ValueError, SyntaxError, TypeError) as error:
        raise InputError(f"{path}: its metadata names or imgsz cannot be read ({error}); export it again") from error
    rows = tuple(index for index, name in names.items() if name in VEHICLE_CLASSES)
    if not rows:
        raise InputError(f"{path}: knows none of the classes {', '.join(VEHICLE_CLASSES)}")
    end_to_end = metadata.get("end2end", "False") == "True" or output[-1] == 6
    return Detector(
        network, (width, height), overlap=None if end_to_end else DEFAULT_NMS_IOU, rows=rows, digest=sha256(path)
    )


def _ultralytics_detections(output: NDArray[np.float32], rows: tuple[int, ...], end_to_end: bool) -> Detections:
    """One image of Ultralytics' output: (4 + classes, A) cxcywh and scores, or (N, 6) xyxy, score, class."""
    if end_to_end:
        found = output[np.isin(output[:, 5].astype(int), rows)]
        return Detections.of(found[:, :4], found[:, 4])
    centre, size = output[:2].T, output[2:4].T
    scores = output[4 + np.array(rows)].max(0)
    return Detections.of(np.concatenate([centre - size / 2, centre + size / 2], axis=1), scores)
