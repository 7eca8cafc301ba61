"""One door to every kind of dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from datasets.cnr_ext import read_cnr_ext
from datasets.coco import read_coco
from datasets.errors import InputError
from datasets.folder import read_folder
from datasets.frame import Dataset
from datasets.pklot import read_pklot
from datasets.selection import numbered, parse_cameras
from datasets.yolo import read_yolo

Kind = Literal["cnr-ext", "pklot", "yolo", "coco", "folder", "synthetic"]
KINDS: tuple[str, ...] = get_args(Kind)

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
            return read_folder(root, cameras)
    # Rendering is a package of its own; reading real frames does not pay for its import.
    from datasets.synthetic import read_synthetic

    return read_synthetic(root, numbered(cameras))
