"""Bundles of modules that each say the same of every frame."""

from collections.abc import Sequence
from pathlib import Path

from lotwise.cameras.detection.bundle import Manifest, sha256, write_manifest
from lotwise.cameras.detection.ensemble import EnsembleEntry, ModuleEntry, Window
from lotwise.cameras.site.slot_shape import SlotShape
from tests.cameras.bundles import SLOTS
from tests.cameras.models import ours

WHOLE: Window = (0, 0, 64, 64)
FIRST, SECOND = [8, 16, 24, 32], [40, 16, 56, 32]
"""Cars on an input of 64 x 64: the first on slot 1."""


def entry(number: int, window: Window = WHOLE, territory: Window | None = None) -> ModuleEntry:
    return ModuleEntry(
        file=f"module-{number}.onnx", window=window, territory=territory or window, levels=(f"P{number + 2}",),
        parameters=1, multiply_adds=1, bytes=1,
    )  # fmt: skip


def write_modules(
    folder: Path,
    said: Sequence[tuple[list[list[float]], list[float]]],
    entries: Sequence[ModuleEntry] | None = None,
    **fields,
) -> Path:
    """A bundle for an input of 64 x 64.

    Args:
        folder: of the bundle.
        said: of each module boxes, in pixels of its window, and scores.
        entries: of the modules; by default each looks at the whole frame.
        fields: others of the manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = entries or [entry(number) for number in range(1, len(said) + 1)]
    for module, (boxes, scores) in zip(entries, said, strict=True):
        ours(folder / module.file, boxes, scores, size=module.size)
    manifest = Manifest(
        camera="C1", role="student", input=(64, 64), models={},
        ensemble=EnsembleEntry(by="scale", modules=tuple(entries)),
        files={module.file: sha256(folder / module.file) for module in entries},
        slots=tuple(SlotShape.model_validate(slot) for slot in SLOTS),
    )  # fmt: skip
    write_manifest(folder, manifest.model_copy(update=fields))
    return folder


def two_modules(folder: Path) -> Path:
    """Both modules see the first car, the second one alone the other car."""
    return write_modules(folder, [([FIRST], [0.9]), ([FIRST, SECOND], [0.8, 0.7])])


LEFT, RIGHT = entry(1, (0, 0, 32, 64)), entry(2, (32, 0, 64, 64))


def two_regions(folder: Path) -> Path:
    """Each module looks at one half, and sees the car there."""
    shifted = [SECOND[0] - 32, SECOND[1], SECOND[2] - 32, SECOND[3]]
    return write_modules(folder, [([FIRST], [0.9]), ([shifted], [0.7])], [LEFT, RIGHT])
