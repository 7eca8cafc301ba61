"""The live detectors of a run folder or of a camera's bundles, and which of them a file is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import find_registries
from lotwise.datasets.errors import InputError

OfCamera = TypeVar("OfCamera")


def live_detectors(folder: Path, camera: str | None = None) -> dict[str, Detector]:
    """By camera id, the detector of each live bundle.

    Args:
        folder: a run folder, or the bundles folder of a camera.
        camera: only this one's.

    Raises:
        InputError: there are no bundles, none of that camera, or none is live.
    """
    registries = find_registries(folder)
    if camera is not None:
        if camera not in registries:
            raise InputError(f"{folder}: no bundles of camera {camera}; there are those of {', '.join(registries)}")
        registries = {camera: registries[camera]}
    return {name: load_detector(registry.live()) for name, registry in registries.items()}


def of_file(by_camera: Mapping[str, OfCamera], file: str) -> OfCamera:
    """What is there for the camera whose id a folder on the way to the file has; the only one where there is one.

    >>> of_file({"C1": 1, "C2": 2}, "frames/C2/2015-11-12_0709.jpg")
    2

    Raises:
        InputError: there are several cameras, and the path names none of them.
    """
    if len(by_camera) == 1:
        return next(iter(by_camera.values()))
    for part in reversed(Path(file).parts):
        if part in by_camera:
            return by_camera[part]
    raise InputError(
        f"{file}: no folder on its way is called like a camera ({', '.join(by_camera)}); name one with --camera"
    )
