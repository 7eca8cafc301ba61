"""A detector over many image files, with slot states, into one JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from cameras.detector import Detector, load_detector
from cameras.slots import slot_states
from datasets.errors import InputError, UnreadableImage
from datasets.frame import Detections, Image, Slot
from datasets.images import image_files, read_image


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

    def __call__(self, frames: Sequence[Image], confidence: float | None = None) -> list[Detections]: ...


def open_model(path: Path) -> Detector:
    """A bundle or an ``.onnx`` file."""
    return load_detector(path)


def detect_files(
    model: Model,
    paths: Sequence[Path],
    output: Path,
    confidence: float | None,
    slots: Sequence[Slot],
    watch: Callable[[str, int, int, str], None],
) -> tuple[list[dict[str, Any]], list[str]]:
    """Detect on every image below the paths and write the list of results as JSON.

    Finished images are kept in ``<output>.part``, one line each, so that a killed run goes on; a run of another
    model, threshold or slots starts anew.

    Returns:
        The results, and why images were skipped.

    Raises:
        InputError: a path does not exist, holds no image, or the output cannot be written.
    """
    files = [file for path in paths for file in image_files(path)]
    if not files:
        raise InputError(f"{paths[0]}: no image found; give images or folders of images")
    threshold = model.confidence if confidence is None else confidence
    identity = f"{model.identity} {threshold} {','.join(slot.id for slot in slots)}"
    part = output.with_name(f"{output.name}.part")
    output.parent.mkdir(parents=True, exist_ok=True)
    done = _finished(part, identity)
    skipped: list[str] = []
    with part.open("a" if done else "w", encoding="utf-8") as log:
        if not done:
            log.write(json.dumps({"identity": identity}) + "\n")
        for number, file in enumerate(files, 1):
            if str(file) not in done:
                try:
                    image = read_image(file)
                except UnreadableImage as error:
                    skipped.append(str(error))
                    continue
                done[str(file)] = _result(file, image, model([image], threshold)[0], slots, threshold)
                log.write(json.dumps(done[str(file)]) + "\n")
                log.flush()
            watch("detect", number, len(files), "")
    results = [done[str(file)] for file in files if str(file) in done]
    partial = output.with_name(f".{output.name}.part")
    partial.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    os.replace(partial, output)
    part.unlink()
    return results, skipped


def _result(file: Path, image: Image, found: Detections, slots: Sequence[Slot], threshold: float) -> dict[str, Any]:
    height, width = image.shape[:2]
    result: dict[str, Any] = {
        "file": str(file),
        "width": width,
        "height": height,
        "boxes": [
            [*(round(float(side), 2) for side in box), round(float(score), 4), int(label)]
            for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True)
        ],
    }
    if slots:
        readings = slot_states(found, slots, (width, height), threshold)
        result["slots"] = {
            name: {"state": reading.state, "score": round(reading.score, 4)} for name, reading in readings.items()
        }
    return result


def _finished(part: Path, identity: str) -> dict[str, dict[str, Any]]:
    """What a killed run of the same kind had done; a line that the kill tore is dropped."""
    if not part.is_file():
        return {}
    lines = part.read_text(encoding="utf-8").splitlines()
    entries = []
    for line in lines:
        try:
            entries.append(json.loads(line))
        except json.JSONDecodeError:
            break
    if not entries or entries[0].get("identity") != identity:
        return {}
    return {entry["file"]: entry for entry in entries[1:]}
