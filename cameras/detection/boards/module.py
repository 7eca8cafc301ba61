"""One module of a student, loaded: what a board runs on its part of the frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.backends.network import Network
from lotwise.cameras.detection.boards.answer import Answer
from lotwise.cameras.detection.bundle import MANIFEST, Manifest, parse_manifest, sha256
from lotwise.cameras.detection.ensemble import ModuleEntry
from lotwise.cameras.detection.external_weights import external_files
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.suppression import suppress

LoadModule = Callable[[Path], Network]
"""From a module's file to the network that runs it."""


@dataclass(frozen=True)
class Module:
    """A module that can be asked.

    Attributes:
        entry: what the manifest says of it.
        network: runs it. One caller at a time.
        overlap: IoU of non-maximum suppression.
    """

    entry: ModuleEntry
    network: Network
    overlap: float

    def __call__(self, image: Image, least: float) -> Answer:
        """What it says of its part of one frame.

        Args:
            image: (H, W, 3) BGR, its window of the student's input.
            least: boxes under this raw score are left out. They are suppressed among themselves already.
        """
        outputs = self.network(np.ascontiguousarray(image)[None])
        if self.entry.channels:
            return tuple(level[0].astype(np.float16) for level in outputs)
        boxes, scores = outputs
        left, top = self.entry.window[:2]
        found = Detections.of(boxes[0] + np.array([left, top, left, top], np.float32), scores[0])
        return suppress(found, confidence=least, iou=self.overlap)


def load_module(bundle: Path, number: int, load: LoadModule) -> tuple[Module, Manifest]:
    """A module of a bundle, once its file was found to be what the manifest says; the others need not be there.

    Args:
        bundle: its folder.
        number: of the module, from 1.
        load: loads the file.

    Raises:
        InputError: no bundle of modules, no such module, or its file is missing, was changed or does not fit.
    """
    manifest = parse_manifest(bundle)
    entry = module_entry(bundle, manifest, number)
    file = bundle / entry.file
    check_file(file, manifest)
    return Module(entry, _loaded(file, manifest, entry, load), manifest.overlap), manifest


def module_entry(bundle: Path, manifest: Manifest, number: int) -> ModuleEntry:
    """What a manifest says of a module, numbered from 1.

    Raises:
        InputError: it has no modules, or not so many.
    """
    if manifest.ensemble is None:
        raise InputError(
            f"{bundle}: holds one whole model, no modules for boards; give a bundle that lotwise partition made"
        )
    modules = manifest.ensemble.modules
    if not 1 <= number <= len(modules):
        raise InputError(f"{bundle}: has the modules 1 to {len(modules)}, but no {number}; give one of these")
    return modules[number - 1]


def check_file(file: Path, manifest: Manifest) -> None:
    """Whether a model file is the one that the manifest vouches for.

    Raises:
        InputError: it is missing, was changed, or keeps weights elsewhere.
    """
    if not file.is_file():
        raise InputError(f"{file}: missing, but the manifest lists it; copy the bundle again")
    if sha256(file) != manifest.files[file.name]:
        raise InputError(f"{file}: changed since it was exported (sha256 differs); copy the bundle again")
    try:
        strange = external_files(file)
    except ValueError as error:
        raise InputError(f"{file}: cannot be loaded, for it is no ONNX file ({error}); export it again") from error
    if strange:
        raise InputError(f"{file}: keeps weights in {min(strange)}; export it as one file")


def _loaded(file: Path, manifest: Manifest, entry: ModuleEntry, load: LoadModule) -> Network:
    network = load(file)
    _, height, width = network.input
    takes = (width or entry.size[0], height or entry.size[1])
    left, top, right, bottom = entry.window
    if takes != entry.size or right > manifest.input[0] or bottom > manifest.input[1]:
        raise InputError(
            f"{file.parent / MANIFEST}: ensemble: {file.name} takes {takes[0]} x {takes[1]} pixels, its window "
            f"{left, top, right, bottom} of {manifest.input[0]} x {manifest.input[1]} does not fit; export it again"
        )
    expected = len(entry.levels) if entry.channels else 2
    if len(network.outputs) != expected:
        raise InputError(f"{file}: has {len(network.outputs)} outputs, {expected} are needed; export it again")
    return network
