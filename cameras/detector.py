"""The detector of a camera: a bundle, or any YOLO in ONNX, run by ONNX Runtime. No torch."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from cameras.bundle import CONFIDENCE, MODEL, Manifest, read_manifest, sha256
from cameras.letterbox import Letterbox
from cameras.slots import SlotRule, slot_rule
from cameras.suppression import suppress
from datasets.errors import InputError
from datasets.frame import Detections, Image, Slot

VEHICLES = ("car", "bus", "truck", "vehicle")
FLOOR = 0.001  # boxes under this score are never reported: it is what AP is computed from


@dataclass(frozen=True)
class Detector:
    """One loaded model.

    Attributes:
        session: of ONNX Runtime.
        input: (width, height) of its input in pixels.
        confidence: the deployed threshold.
        overlap: IoU of non-maximum suppression, or None where the head needs none.
        rows: class rows that are vehicles, for models of others; None where there is one score an anchor.
        manifest: of the bundle, where there is one.
        digest: sha256 of the model file, where there is no bundle.
    """

    session: ort.InferenceSession
    input: tuple[int, int]
    confidence: float = CONFIDENCE
    overlap: float | None = 0.7
    rows: tuple[int, ...] | None = None
    manifest: Manifest | None = None
    digest: str = ""

    @property
    def identity(self) -> str:
        """Of the bundle, or the digest of the file: changes with whatever changes the detections."""
        return self.manifest.identity if self.manifest else self.digest

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots that the bundle carries, if any."""
        return tuple(shape.slot() for shape in self.manifest.slots) if self.manifest else ()

    @property
    def slot_rule(self) -> SlotRule:
        """How its slots are read."""
        return slot_rule(self.manifest.slot_model if self.manifest else None)

    def __call__(self, frames: Sequence[Image], confidence: float | None = None) -> list[Detections]:
        """Vehicles on each frame of a batch, in pixels of that frame, scores falling, label 0.

        Args:
            frames: (H, W, 3) BGR each; sizes may differ.
            confidence: boxes under this score are dropped; the deployed threshold where None.
        """
        if not frames:
            return []
        threshold = self.confidence if confidence is None else confidence
        return [
            self._in_frame(found, self._fitted(frame), max(threshold, FLOOR))
            for found, frame in zip(self.candidates(frames), frames, strict=True)
        ]

    def candidates(self, frames: Sequence[Image]) -> list[Detections]:
        """All that the model says of each frame of a batch, before suppression, in input pixels."""
        pixels = np.stack([self._fitted(frame).image(frame) for frame in frames])
        batch = np.ascontiguousarray(pixels[..., ::-1].transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255)
        at_once = self.session.get_inputs()[0].shape[0]
        if not isinstance(at_once, int):
            return self._run(batch)
        if at_once != 1:
            raise InputError(f"the model takes {at_once} frames at once; export it with batch 1 or dynamic")
        return [self._run(batch[i : i + 1])[0] for i in range(len(batch))]

    def _fitted(self, frame: Image) -> Letterbox:
        return Letterbox((frame.shape[1], frame.shape[0]), self.input)

    def _in_frame(self, found: Detections, box: Letterbox, threshold: float) -> Detections:
        if self.overlap is None:
            found = found[found.scores >= threshold]
            found = found[np.argsort(-found.scores, kind="stable")]
        else:
            found = suppress(found, self.overlap, threshold)
        return Detections(box.to_frame(found.boxes), found.scores, found.labels)

    def _run(self, batch: NDArray[np.float32]) -> list[Detections]:
        """All candidates of each image of (B, 3, H, W), in input pixels."""
        inlet = self.session.get_inputs()[0]
        half = inlet.type == "tensor(float16)"
        outputs = self.session.run(None, {inlet.name: batch.astype(np.float16) if half else batch})
        if self.rows is None:
            return [Detections.of(boxes, scores) for boxes, scores in zip(*outputs, strict=True)]
        return [_foreign(output, self.rows, self.overlap is None) for output in outputs[0]]


def load_detector(path: Path, threads: int = 0) -> Detector:
    """A detector from a bundle folder or an ``.onnx`` file (ours, or an Ultralytics export).

    Args:
        path: bundle or file.
        threads: of ONNX Runtime; 0 lets it choose.

    Raises:
        InputError: neither a bundle nor a detection model that can be run.
    """
    if path.is_dir():
        manifest = read_manifest(path)
        session = _session(path / MODEL, threads)
        return Detector(session, manifest.input, manifest.confidence, manifest.overlap, None, manifest)
    if path.suffix != ".onnx" or not path.is_file():
        raise InputError(f"{path}: neither a bundle folder nor an .onnx file; give one of the two")
    session = _session(path, threads)
    shape = session.get_inputs()[0].shape
    outputs = [output.name for output in session.get_outputs()]
    if outputs == ["boxes", "scores"]:
        return Detector(session, (shape[3], shape[2]), digest=sha256(path))
    return _ultralytics(path, session, session.get_modelmeta().custom_metadata_map)


def _ultralytics(path: Path, session: ort.InferenceSession, said: dict[str, str]) -> Detector:
    """A detector from what Ultralytics writes: names, imgsz and end2end stand in the file's metadata."""
    shape = session.get_inputs()[0].shape
    output = session.get_outputs()[0].shape
    if "names" not in said or len(output) != 3 or said.get("task", "detect") != "detect":
        raise InputError(f"{path}: not a detection model in the form that lotwise or Ultralytics exports")
    try:
        names: dict[int, str] = dict(ast.literal_eval(said["names"]))
        height, width = (
            side if isinstance(side, int) else int(named)
            for side, named in zip(shape[2:], ast.literal_eval(said.get("imgsz", "[640, 640]")), strict=True)
        )
    except (ValueError, SyntaxError, TypeError) as error:
        raise InputError(f"{path}: its metadata names or imgsz cannot be read ({error}); export it again") from error
    rows = tuple(index for index, name in names.items() if name in VEHICLES)
    if not rows:
        raise InputError(f"{path}: knows none of the classes {', '.join(VEHICLES)}")
    end_to_end = said.get("end2end", "False") == "True" or output[-1] == 6
    return Detector(session, (width, height), overlap=None if end_to_end else 0.7, rows=rows, digest=sha256(path))


def _foreign(output: NDArray[np.float32], rows: tuple[int, ...], end_to_end: bool) -> Detections:
    """One image of Ultralytics' output: (4 + classes, A) cxcywh and scores, or (N, 6) xyxy, score, class."""
    if end_to_end:
        found = output[np.isin(output[:, 5].astype(int), rows)]
        return Detections.of(found[:, :4], found[:, 4])
    centre, size = output[:2].T, output[2:4].T
    scores = output[4 + np.array(rows)].max(0)
    return Detections.of(np.concatenate([centre - size / 2, centre + size / 2], axis=1), scores)


def _session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises a class of its own for each of its status codes
        raise InputError(f"{path}: ONNX Runtime cannot load it ({str(error).splitlines()[0]})") from error
