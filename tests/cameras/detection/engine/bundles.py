"""A bundle with a float and an INT8 model that need no student."""

from pathlib import Path

import openvino as ov

from lotwise.cameras.detection.bundle import MODEL, Manifest, sha256, write_manifest
from tests.cameras.bundles import CARS, write_constant_bundle
from tests.cameras.models import ours


def write_int8_bundle(folder: Path, boxes=CARS, scores=(0.9, 0.8)) -> Manifest:
    """Its INT8 model, in OpenVINO's form, says these boxes and scores; the float one says ``CARS``."""
    write_constant_bundle(folder)
    other = ours(folder.parent / "other.onnx", boxes, list(scores))
    ov.save_model(ov.Core().read_model(other), folder / "int8.xml", compress_to_fp16=False)
    files = {name: sha256(folder / name) for name in (MODEL, "int8.xml", "int8.bin")}
    models = {"float": MODEL, "int8": "int8.xml"}
    manifest = Manifest(camera="C1", role="student", input=(64, 64), files=files, models=models)
    write_manifest(folder, manifest)
    return manifest
