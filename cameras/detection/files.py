"""A detector over many image files, with slot states, into one JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from lotwise.cameras.slots import SlotReading, SlotRule, slot_states
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Detections, Image, Slot
from lotwise.datasets.image_files import image_files
from lotwise.datasets.images import read_image
from lotwise.datasets.progress import Progress
from lotwise.datasets.whole_file import write_whole


class Model(Protocol):
    """Anything that finds vehicles on frames: a bundle, an ONNX file, or a PyTorch model."""

    @property
    def confidence(self) -> float:
        """The deployed threshold."""
        ...

    @property
    def identity(self) -> str:
        """Changes with whatever changes the detections."""
        ...

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Slots that the model carries, if any."""
        ...

    @property
    def slot_rule(self) -> SlotRule:
        """How they are read."""
        ...

    def __call__(self, frames: Sequence[Image], confidence: float | None = None) -> list[Detections]: ...


def detect_files(
    model: Model,
    paths: Sequence[Path],
    output: Path,
    confidence: float | None,
    slots: Sequence[Slot] | None,
    progress: Progress,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Detect on every image below the paths and write the list of results as JSON.

    Finished images are kept in ``<output>.part``, one line each, so that a killed run goes on; a run of another
    model, threshold or slots starts anew.

    Args:
        model: finds the vehicles.
        paths: images, or folders of images.
        output: JSON file to write.
        confidence: boxes from this score up are written; from the model's own up where None. Slots are always
            read at the model's own.
        slots: read by the half-covered rule; where None the model's own slots, by its own rule.
        progress: told of each image.

    Returns:
        The results, and why images were skipped.

    Raises:
        InputError: a path does not exist, holds no image, or the output cannot be written.
    """
    files = list(dict.fromkeys(file for path in paths for file in image_files(path)))
    if not files:
        raise InputError(f"{paths[0]}: no image found; give images or folders of images")
    threshold = model.confidence if confidence is None else confidence
    known, rule = (model.slots, model.slot_rule) if slots is None else (tuple(slots), slot_states)
    shapes = [(slot.id, slot.polygon.tolist()) for slot in known]
    identity = f"{model.identity} {threshold} {shapes}"
    part = output.with_name(f"{output.name}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        done, whole = _finished(part, identity)
        skipped: list[str] = []
        with part.open("a", encoding="utf-8") as log:
            log.truncate(whole)
            if not whole:
                log.write(json.dumps({"identity": identity}) + "\n")
            for number, file in enumerate(files, 1):
                if str(file) not in done:
                    try:
                        image = read_image(file)
                    except UnreadableImage as error:
                        skipped.append(str(error))
                    else:
                        found = model([image], min(threshold, model.confidence))[0]
                        size = (image.shape[1], image.shape[0])
                        readings = rule(found, known, size, confidence=model.confidence) if known else {}
                        done[str(file)] = _result(file, size, found[found.scores >= threshold], readings)
                        log.write(json.dumps(done[str(file)]) + "\n")
                        log.flush()
                progress("detect", number, len(files), f"{len(skipped)} unreadable" if skipped else "")
        results = [done[str(file)] for file in files if str(file) in done]
        write_whole(output, json.dumps(results, indent=1).encode() + b"\n")
        part.unlink()
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror}); mend that and run again") from error
    return results, skipped


def _result(
    file: Path, size: tuple[int, int], found: Detections, readings: Mapping[str, SlotReading]
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "file": str(file),
        "width": size[0],
        "height": size[1],
        "boxes": [
            [*(round(float(side), 2) for side in box), round(float(score), 4), int(label)]
            for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True)
        ],
    }
    if readings:
        result["slots"] = {
            name: {"state": reading.state, "score": round(reading.score, 4)} for name, reading in readings.items()
        }
    return result


def _finished(part: Path, identity: str) -> tuple[dict[str, dict[str, Any]], int]:
    """What a killed run of the same kind had done, and how many bytes of the file say so; a torn line is dropped."""
    if not part.is_file():
        return {}, 0
    lines = part.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    if not lines or lines[0] != json.dumps({"identity": identity}).encode() + b"\n":
        return {}, 0
    entries = [json.loads(line) for line in lines[1:]]
    return {entry["file"]: entry for entry in entries}, sum(map(len, lines))
