"""COCO JSON of detections with their scores."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.whole_file import write_whole


def write_coco(
    path: Path,
    frames: Sequence[Frame],
    sizes: Sequence[tuple[int, int]],
    detections: Sequence[Detections],
    classes: Sequence[str] = ("vehicle",),
) -> None:
    """Write detections as COCO JSON whose annotations carry a ``score``; label k becomes category k + 1.

    Args:
        path: file to write.
        frames: N frames.
        sizes: N pairs of width and height in pixels.
        detections: N sets of boxes in pixels of their frame.
        classes: name of each label.

    Raises:
        InputError: a label without a name in ``classes``, or the file cannot be written.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (frame, (width, height), found) in enumerate(zip(frames, sizes, detections, strict=True), start=1):
        images.append(
            {
                "id": image_id,
                "file_name": frame.name,
                "width": width,
                "height": height,
                "camera": frame.camera,
            }
        )
        for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True):
            if not 0 <= label < len(classes):
                raise InputError(f"{path}: label {label} in {frame.name} has no name among {', '.join(classes)}")
            x1, y1, x2, y2 = (float(side) for side in box)
            annotations.append(
                {
                    # pycocotools takes an annotation with id 0 for one that matched nothing.
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": int(label) + 1,
                    "bbox": [round(x1, 3), round(y1, 3), round(x2 - x1, 3), round(y2 - y1, 3)],
                    "area": round((x2 - x1) * (y2 - y1), 3),
                    "iscrowd": 0,
                    "score": round(float(score), 6),
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(classes, start=1)]
    content = {"images": images, "annotations": annotations, "categories": categories}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(content).encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
