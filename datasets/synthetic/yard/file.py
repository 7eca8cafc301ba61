"""Furniture's boxes on disk, beside the vehicles' (COCO layout, a category a kind)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.synthetic.furniture.piece import KINDS
from lotwise.datasets.synthetic.yard.truth import PieceTruth
from lotwise.datasets.whole_file import write_whole

FILE = "furniture.json"


def write_furniture(root: Path, shown: Mapping[str, Sequence[PieceTruth]]) -> None:
    """Write the boxes of each frame, by frame name."""
    images = [{"id": number, "file_name": name} for number, name in enumerate(shown, 1)]
    annotations: list[dict[str, object]] = []
    for number, pieces in enumerate(shown.values(), 1):
        for piece in pieces:
            x0, y0, x1, y1 = piece.box
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": KINDS.index(piece.kind) + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                }
            )
    categories = [{"id": number, "name": kind} for number, kind in enumerate(KINDS, 1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    write_whole(root / FILE, json.dumps(content).encode())


def read_furniture(root: Path) -> dict[str, tuple[PieceTruth, ...]]:
    """The furniture of each frame, by frame name; empty for a site rendered without any.

    Raises:
        InputError: the file is broken.
    """
    path = root / FILE
    if not path.is_file():
        return {}
    try:
        coco = json.loads(path.read_text(encoding="utf-8"))
        kinds = {category["id"]: category["name"] for category in coco["categories"]}
        names = {image["id"]: image["file_name"] for image in coco["images"]}
        found: dict[str, list[PieceTruth]] = {name: [] for name in names.values()}
        for annotation in coco["annotations"]:
            x, y, w, h = annotation["bbox"]
            found[names[annotation["image_id"]]].append(
                PieceTruth(kinds[annotation["category_id"]], (x, y, x + w, y + h))
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not the furniture of a rendered site ({error!r}); delete site.json and render the site again"
        ) from error
    return {name: tuple(pieces) for name, pieces in found.items()}
