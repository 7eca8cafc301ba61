"""A clip as a data set of its own: links to its frames beside the files that its data set has beside them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from benchmarks.clutter.places import Place
from lotwise.datasets.image_files import IMAGE_SUFFIXES
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.whole_file import write_whole


def clip_root(place: Place, work: Path) -> Path:
    """The folder of a place's clip, made where it is not there: what a user of this camera would have."""
    root = work / "clips" / place.name
    named = root / "clip.json"
    wanted = json.dumps([place.root, list(place.train)])
    if named.is_file() and named.read_text() == wanted:
        return root
    shutil.rmtree(root, ignore_errors=True)
    if place.dataset == "synthetic":
        _rendered(place, root)
    else:
        _linked(place, root)
    found = open_dataset(place.dataset, root, (place.camera,))
    if {frame.name for frame in found.frames} != set(place.train):
        raise SystemExit(f"{root}: holds other frames than the clip; remove the folder and run again")
    write_whole(named, wanted.encode())
    return root


def _rendered(place: Place, root: Path) -> None:
    source = Path(place.root)
    root.mkdir(parents=True)
    os.symlink((source / place.camera).resolve(), root / place.camera)
    coco = json.loads((source / "vehicles.json").read_text())
    images = [image for image in coco["images"] if image["file_name"] in place.train]
    content = {
        "vehicles.json": {**coco, "images": images, "annotations": []},
        "states.json": {name: {} for name in place.train},
        "slots.json": json.loads((source / "slots.json").read_text()),
        "site.json": json.loads((source / "site.json").read_text()),
    }
    for name, what in content.items():
        write_whole(root / name, json.dumps(what).encode())


def _linked(place: Place, root: Path) -> None:
    """The data set's own layout, with the clip's frames and what lies beside them."""
    source = Path(place.root)
    frames = {Path(name) for name in place.train}
    for path in source.rglob("*"):
        relative = path.relative_to(source)
        of_frame = any((path.parent / (path.stem + suffix)).is_file() for suffix in IMAGE_SUFFIXES)
        if not path.is_file() or path.name == "vehicles.json":
            continue
        if of_frame and not any(relative.with_suffix("") == frame.with_suffix("") for frame in frames):
            continue
        (root / relative).parent.mkdir(parents=True, exist_ok=True)
        os.symlink(path.resolve(), root / relative)
