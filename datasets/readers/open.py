"""One door to every kind of dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.few_frames import few_frames_notes
from lotwise.datasets.frame import Dataset
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.datasets.readers.coco import read_coco
from lotwise.datasets.readers.common.camera_id import numbered, parse_cameras
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.readers.kinds import KINDS, Kind
from lotwise.datasets.readers.pklot import read_pklot
from lotwise.datasets.readers.yolo import read_yolo

__all__ = ["KINDS", "Kind", "open_dataset", "parse_cameras"]


def open_dataset(kind: str, root: Path, cameras: Sequence[str] | None = None) -> Dataset:
    """Read a dataset of the given kind.

    Args:
        kind: one of ``KINDS``.
        root: its folder.
        cameras: ids; None for all. Cameras of ``cnr-ext`` and ``synthetic`` may be named ``1`` or ``c1`` for
            ``C1``.

    Raises:
        InputError: an unknown kind, no such folder, or what the reader of that kind refuses.
    """
    if kind not in KINDS:
        raise InputError(f"dataset {kind!r}: unknown kind; choose one of {', '.join(KINDS)}")
    if not root.exists():
        raise InputError(f"{root}: no such folder; give the root of a {kind} dataset")
    match kind:
        case "cnr-ext":
            return read_cnr_ext(root, cameras)
        case "pklot":
            return read_pklot(root, cameras)
        case "yolo":
            return read_yolo(root, cameras)
        case "coco":
            return read_coco(root, cameras=cameras)
        case "folder":
            folder = read_folder(root, cameras)
            return replace(folder, notes=(*folder.notes, *few_frames_notes(folder.frames)))
    # Rendering is a package of its own; reading real frames does not pay for its import.
    from lotwise.datasets.synthetic import read_synthetic

    return read_synthetic(root, numbered(cameras))
