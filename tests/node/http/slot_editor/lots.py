"""A rendered lot with its true slots, and a bundle that finds the vehicles of one of its frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from lotwise.cameras.detection.bundle import MODEL, Manifest, sha256, write_manifest
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.datasets.synthetic import render_site
from tests.cameras.models import ours

WIDTH, HEIGHT = 960, 720
INPUT = (640, 480)
SCORE = 0.9


def write_lot(folder: Path, cameras: int = 1, frames: int = 2, **camera: Any) -> Path:
    """A site file of cameras that play their rendered frames again and again; ``camera`` are settings of each."""
    root = folder / "frames"
    render_site(root, cameras=cameras, days=1, frames_per_day=frames, width=WIDTH, height=HEIGHT, seed=0)
    names = sorted(path.name for path in root.iterdir() if path.is_dir())
    for name in names:
        write_seeing_bundle(folder / "bundles" / name, root, name)
    site = {
        "name": "rendered lot",
        "schedule": {"period_s": 0.2},
        "detector": {"backend": "onnxruntime"},
        "hysteresis": {"confirm_frames": 1, "confirm_s": 0},
        "publish": {"api": {"port": 0}},
        "cameras": {
            name: {
                "source": {"kind": "folder", "path": f"frames/{name}", "repeat": True},
                "bundles": f"bundles/{name}",
                **camera,
            }
            for name in names
        },
    }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(site, sort_keys=False), encoding="utf-8")
    return path


def write_seeing_bundle(folder: Path, root: Path, camera: str, frame: int = 0) -> Path:
    """A bundle that says of every frame what is true of one; without slots."""
    truth = json.loads((root / "vehicles.json").read_text())
    image = [one for one in truth["images"] if one["camera"] == camera][frame]
    boxes = np.array([one["bbox"] for one in truth["annotations"] if one["image_id"] == image["id"]], np.float32)
    boxes[:, 2:] += boxes[:, :2]
    boxes *= INPUT[0] / image["width"]
    folder.mkdir(parents=True)
    ours(folder / MODEL, boxes.tolist(), [SCORE] * len(boxes), size=INPUT)
    write_manifest(folder, Manifest(camera=camera, role="student", input=INPUT, files={MODEL: sha256(folder / MODEL)}))
    return folder


def true_slots(folder: Path, camera: str = "C1") -> list[SlotShape]:
    """The slots as the renderer painted them."""
    entries = json.loads((folder / "frames" / "slots.json").read_text())[camera]
    return [SlotShape.model_validate({"id": one["id"], "polygon": one["polygon"]}) for one in entries]
