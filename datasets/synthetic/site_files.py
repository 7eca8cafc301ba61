"""The files of a rendered site: its frames, where its slots lie, and the truth of vehicles and slot states."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lotwise.datasets.frame import Slot, SlotState, VehicleTruth
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.synthetic.render import Shot
from lotwise.datasets.synthetic.yard.truth import PieceTruth
from lotwise.datasets.whole_file import write_whole


def write_shots(
    root: Path,
    shots: Iterable[tuple[str, str, Shot]],
    slots: Mapping[str, Sequence[Slot]],
    size: tuple[int, int],
    blocked: Collection[str],
    total: int,
    progress: Progress = no_progress,
) -> dict[str, tuple[PieceTruth, ...]]:
    """Write ``<camera>/<date>/<HHMM>.jpg``, ``slots.json``, ``vehicles.json`` and ``states.json``.

    Args:
        root: folder of the site.
        shots: camera id, ``<date>/<HHMM>`` and what was rendered.
        slots: by camera id, where they lie.
        size: (width, height) of the frames in pixels.
        blocked: ids of slots on which no car can stand; they have no truth of state.
        total: number of shots, for the progress.
        progress: told of each frame.

    Returns:
        By frame name, what shows and is no vehicle.
    """
    width, height = size
    furniture: dict[str, tuple[PieceTruth, ...]] = {}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    states: dict[str, dict[str, SlotState]] = {}
    for camera, moment, shot in shots:
        name = f"{camera}/{moment}.jpg"
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, shot.jpeg, sync=False)
        image_id = len(images) + 1
        images.append({"id": image_id, "file_name": name, "width": width, "height": height, "camera": camera})
        vehicles = shot.truth.vehicles
        assert vehicles is not None and shot.truth.slots is not None
        annotations += vehicle_annotations(vehicles, image_id, len(annotations) + 1)
        known = {slot.id for slot in slots[camera]} - set(blocked)
        states[name] = {slot: state for slot, state in shot.truth.slots.items() if slot in known}
        furniture[name] = shot.furniture
        progress("render", image_id, total, "")
    written = {
        camera: [{"id": slot.id, "polygon": slot.polygon.tolist()} for slot in of_camera]
        for camera, of_camera in slots.items()
    }
    coco = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "vehicle"}]}
    for file, content in (("slots.json", written), ("vehicles.json", coco), ("states.json", states)):
        write_whole(root / file, json.dumps(content).encode())
    return furniture


def vehicle_annotations(vehicles: VehicleTruth, image_id: int, first_id: int) -> list[dict[str, Any]]:
    """Vehicle boxes of one frame as COCO has them, numbered from ``first_id`` up."""
    annotations = []
    for number, (box, ignore) in enumerate(zip(vehicles.boxes.tolist(), vehicles.ignore.tolist(), strict=True)):
        x, y, w, h = box[0], box[1], box[2] - box[0], box[3] - box[1]
        annotations.append(
            {
                "id": first_id + number,
                "image_id": image_id,
                "category_id": 1,
                "bbox": [x, y, w, h],
                "area": w * h,
                "iscrowd": int(ignore),
            }
        )
    return annotations
