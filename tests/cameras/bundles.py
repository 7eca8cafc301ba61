"""Bundles whose model says the same of every frame."""

import os
from pathlib import Path

from lotwise.cameras.detection.bundle import MANIFEST, MODEL, Manifest, sha256, write_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.slot_shape import SlotShape
from tests.cameras.models import ours

CARS = [[8, 16, 24, 32], [40, 16, 56, 32]]
SLOTS = [
    {"id": "1", "polygon": [[0.125, 0.25], [0.375, 0.25], [0.375, 0.5], [0.125, 0.5]]},
    {"id": "2", "polygon": [[0.4, 0.25], [0.6, 0.25], [0.6, 0.5], [0.4, 0.5]]},
]


def write_constant_bundle(folder: Path, scores: tuple[float, float] = (0.9, 0.8), **fields) -> Path:
    """For an input of 64 x 64: two cars, the first on slot 1."""
    folder.mkdir(parents=True, exist_ok=True)
    ours(folder / MODEL, CARS, list(scores))
    manifest = Manifest(
        camera="C1", role="student", input=(64, 64), files={MODEL: sha256(folder / MODEL)},
        slots=tuple(SlotShape.model_validate(slot) for slot in SLOTS),
    )  # fmt: skip
    write_manifest(folder, manifest.model_copy(update=fields))
    return folder


def add(registry: Registry, aside: Path, score: float = 0.9, **fields) -> str:
    """A new constant bundle, made in the folder ``aside``, into a registry; its identity."""
    identity = registry.add(write_constant_bundle(aside / "new", (score, 0.5), **fields))
    # Exported one minute after the other: files within one tick of a clock have no order.
    minutes = 60 * len(registry.identities())
    os.utime(registry.folder / identity / MANIFEST, (minutes, minutes))
    return identity


def harm(registry: Registry, identity: str) -> None:
    """One byte more in the model file of a registered bundle."""
    file = registry.folder / identity / MODEL
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b"x")
