"""The INT8 model of a bundle: made from the float one, compared with it, and left out where it disagrees."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.backends import load_network
from lotwise.cameras.detection.bundle import Manifest, read_manifest, sha256, write_manifest
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.detection.model_comparison import compare
from lotwise.datasets.frame import Image
from lotwise.students.export.onnx_file import write_onnx
from lotwise.students.export.quantize import RECIPES, calibration, quantize
from lotwise.students.export.reduced_head import ReducedStudent, bounds_of
from lotwise.students.export.settings import ExportSettings
from lotwise.students.model.deployed import deployed_form

INT8 = "model.int8.xml"


def add_int8(
    student: DetectionModel,
    folder: Path,
    seen: Sequence[Image],
    held_out: Callable[[], Iterable[Image]],
    settings: ExportSettings,
    on: str = "held-out frame",
) -> Manifest:
    """Add an INT8 model to a bundle that holds its float model, or the reason why it has none.

    Args:
        student: whose bundle it is, in eval mode.
        folder: of the bundle; its manifest is written anew.
        seen: frames of the camera that it learned from, (H, W, 3) BGR, to calibrate on; a few dozen are enough.
        held_out: gives the frames to compare on, as often as it is called.
        settings: what it must reach.
        on: what one of these frames is, for people.

    Returns:
        The manifest; its ``measured["int8"]`` says how well the model agrees, or why it was refused.

    Raises:
        InputError: no whole bundle, or what makes INT8 models is not installed.
    """
    exact = load_detector(folder)
    manifest = read_manifest(folder)
    if not seen:
        why = "none of the frames that the student learned from can be read any more, so it cannot be calibrated"
        return _measured(folder, manifest, {"refused": why})
    if next(iter(held_out()), None) is None:
        why = "no frame is left that it was not calibrated on, so nothing shows whether INT8 sees the same"
        return _measured(folder, manifest, {"refused": why})
    said = [exact.candidates([frame])[0] for frame in seen]
    with TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "reduced.onnx", Path(scratch) / INT8
        fitted = [exact.fitted(frame) for frame in seen]
        form = deployed_form(student).student
        bounds = bounds_of(form.model[-1], fitted[0], said, manifest.slot_model)
        write_onnx(ReducedStudent(form, manifest.input, bounds).eval(), manifest.input, source)
        samples = calibration([one.image(frame) for one, frame in zip(fitted, seen, strict=True)], settings.samples)
        best: dict[str, Any] = {}
        for recipe in RECIPES:
            quantize(source, target, samples, recipe)
            # Run by what will run it: the same file may say something else elsewhere.
            network = load_network(target, "openvino")
            quick = Detector(network, manifest.input, manifest.confidence, manifest.overlap, None, manifest)
            found = {**compare(exact, quick, held_out()), "on": on, "recipe": recipe.name}
            if not (why := refusal(found, settings)):
                return _accepted(folder, manifest, target, {**found, **_cost(target), "bounds": asdict(bounds)})
            if not best or found["agreement"] > best["agreement"]:
                best = {"refused": why, **found}
            if not found["vehicles"]:
                break  # no other recipe changes what the float model sees
    return _measured(folder, manifest, best)


def refusal(found: Mapping[str, Any], settings: ExportSettings) -> str:
    """Why a model that was compared may not be deployed; empty if it may."""
    frames = f"{found['frames']} {found.get('on', 'held-out frame')}{'s' if found['frames'] != 1 else ''}"
    if not found["vehicles"]:
        return f"the float model sees no vehicle on {frames}, so nothing shows whether INT8 sees any"
    if not found["agreement"] >= settings.agreement:  # so that no number fails too
        return f"F1 {found['agreement']:.3f} against the float model on {frames}, under {settings.agreement:g}"
    slots = found["slot_agreement"]
    if slots is not None and slots < settings.slot_agreement:
        return f"{slots:.1%} of slot states are the float model's on {frames}, under {settings.slot_agreement:.1%}"
    return ""


def verdict(measured: Mapping[str, Any]) -> str:
    """What was measured of a bundle's INT8 model, in one line for people."""
    if "refused" in measured:
        return f"INT8 refused: {measured['refused']}"
    slots = measured["slot_agreement"]
    states = "" if slots is None else f", {slots:.1%} of slot states the same"
    return f"INT8 accepted: F1 {measured['agreement']:.3f} against the float model{states}"


def _accepted(folder: Path, manifest: Manifest, model: Path, found: dict[str, Any]) -> Manifest:
    files = dict(manifest.files)
    for file in (model, model.with_suffix(".bin")):
        shutil.copyfile(file, folder / file.name)
        files[file.name] = sha256(folder / file.name)
    models = {**manifest.models, "int8": model.name}
    return _measured(folder, manifest.model_copy(update={"files": files, "models": models}), found)


def _measured(folder: Path, manifest: Manifest, found: dict[str, Any]) -> Manifest:
    write_manifest(folder, manifest.model_copy(update={"measured": {**manifest.measured, "int8": found}}))
    return read_manifest(folder)


def _cost(model: Path) -> dict[str, int]:
    return {"size_bytes": model.stat().st_size + model.with_suffix(".bin").stat().st_size}
