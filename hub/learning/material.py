"""The working folder of a camera: its frames and its card as files, as the stages of a run read them.

``<data>/cameras/<node>/<camera>/`` holds ``site.yaml`` with what the card says, ``frames/`` that the first student is
made of, ``new/`` with what came since, and ``run/``.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from lotwise.cameras.ignore.region import new_region
from lotwise.cameras.ignore.region_file import write_regions
from lotwise.cameras.site.slot_file import write_slot_file
from lotwise.cameras.trust.new_frames import WHY
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.hub.database.tables import FrameRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.store.keys import frame_key
from lotwise.hub.store.store import Store
from lotwise.node.hub.messages import CameraCard

SITE, FIRST, NEW = "site.yaml", "frames", "new"
"""Names in a working folder."""
_SHOWN_DIGITS = 16
"""Digits of a frame's hash in its name: of one camera no two are alike."""


def write_card(folder: Path, camera: str, card: CameraCard, site_file: str = SITE, frames: str = FIRST) -> Path:
    """What a card says as a site file, so that a run sees slots, privacy masks and ignore regions as they are now.

    Args:
        folder: working folder of the camera.
        camera: its id.
        card: what its node says of it.
        site_file: name of the file.
        frames: name of the folder of the frames that the run learns from.

    Raises:
        InputError: a file cannot be written, or a region is no box.
    """
    content: dict[str, object] = {"source": frames}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if card.slots:
            write_slot_file(folder / "slots.json", tuple(slot.slot() for slot in card.slots))
            content["slots"] = "slots.json"
        if card.masks:
            write_whole(folder / "masks.json", json.dumps(card.masks).encode())
            content["privacy_masks"] = "masks.json"
        write_regions(folder / "ignored.json", [new_region(box) for box in card.ignored])
        content["ignore_regions"] = "ignored.json"
        site = {"name": f"hub {camera}"[:200], "cameras": {camera: content}}
        write_whole(folder / site_file, yaml.safe_dump(site, allow_unicode=True, sort_keys=False).encode())
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder / site_file


def first_frames(store: Store, folders: HubFolders, node: str, camera: str, rows: Sequence[FrameRow]) -> list[str]:
    """Frames for the first student, named by their times; those of an earlier try stay as they are.

    Args:
        store: of the frames.
        folders: of the hub's data.
        node, camera: whose frames they are.
        rows: which.

    Returns:
        The hashes of all that are there, as far as they are among ``rows``.

    Raises:
        InputError: they cannot be written.
    """
    target = folders.work(node, camera) / FIRST
    try:
        if not target.is_dir():
            partial = target.with_name(f".{FIRST}")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            for row in rows:
                taken = row.taken.astimezone().replace(tzinfo=None)
                name = f"{taken:%Y-%m-%d_%H_%M_%S}_{row.sha256[:_SHOWN_DIGITS]}.jpg"
                _link(_stored(store, row), partial / name)
            partial.rename(target)
        there = {path.stem.rpartition("_")[2] for path in target.iterdir()}
    except OSError as error:
        raise _unwritable(target, error) from error
    return [row.sha256 for row in rows if row.sha256[:_SHOWN_DIGITS] in there]


def new_frames(store: Store, folders: HubFolders, node: str, camera: str, rows: Sequence[FrameRow]) -> Path:
    """Frames that came since, in the form in which a node keeps new frames; the folder that a retraining is given.

    Arguments are as of :func:`first_frames`.

    Raises:
        InputError: they cannot be written.
    """
    folder = folders.work(node, camera) / NEW
    target = folder / camera
    try:
        target.mkdir(parents=True, exist_ok=True)
        lines = []
        for row in rows:
            name = f"{row.sha256}.jpg"
            if not (target / name).exists():
                _link(_stored(store, row), target / name)
            lines.append(json.dumps({"file": name, "taken": row.taken.isoformat(), "why": row.why}))
        known = {f"{row.sha256}.jpg" for row in rows}
        for path in target.glob("*.jpg"):
            if path.name not in known:
                path.unlink()  # learned from, and kept in the run as far as it is needed there
        write_whole(target / WHY, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise _unwritable(target, error) from error
    return folder


def _stored(store: Store, row: FrameRow) -> Path:
    return store.local(frame_key(row.node, row.camera, row.sha256), row.sha256)


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the disk cannot do that."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:
        partial = target.with_name(f".{target.name}.part")
        shutil.copyfile(source, partial)
        partial.replace(target)


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(f"{error.filename or folder}: {error.strerror}; mend the hub's data folder or make room")
