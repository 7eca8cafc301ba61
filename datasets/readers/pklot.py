"""PKLot: images with the official slot XML beside them; each lot is a camera."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Frame, Slot, SlotState, Truth
from lotwise.datasets.image_files import image_files
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.common.camera_id import camera_folders, select_cameras
from lotwise.datasets.readers.common.xml_file import parse_xml
from lotwise.datasets.timestamps import parse_time

PATCHES = "PKLotSegmented"
"""Folder of the official archive that holds 700,000 cut-out slots instead of frames."""

BEYOND = 0.05
"""Share of the picture by which a slot that its border cuts may reach beyond it. Chosen, not measured."""

Space = tuple[str, NDArray[np.float32], SlotState | None]
"""Slot id, corners (K, 2) in pixels, state where it is written."""


def read_pklot(root: Path, cameras: Sequence[str] | None = None) -> Dataset:
    """Frames of one or more PKLot lots with slots and slot states.

    A lot is the innermost folder on the way to an image that is named neither by a weather nor by a day;
    where there is none, the root itself is the lot. Slots of a lot are the union over its frames; where the
    same id is drawn differently on several days, the first drawing is kept and the difference noted.

    Args:
        root: a lot's folder, or a folder that holds several.
        cameras: lots such as ``UFPR05``; None for all.

    Raises:
        InputError: no frames, an asked lot without frames, or a broken XML file.
    """
    files = [path for path in image_files(root) if PATCHES not in path.relative_to(root).parts]
    frames = select_cameras((_frame(path, root) for path in files), cameras, root)
    slots: dict[str, dict[str, Slot]] = {frame.camera: {} for frame in frames}
    redrawn: dict[str, set[str]] = {frame.camera: set() for frame in frames}
    truth: dict[str, Truth] = {}
    sizes: dict[str, tuple[int, int]] = {}
    unstated = 0
    for frame in frames:
        xml = frame.path.with_suffix(".xml")
        if not xml.is_file():
            continue
        if frame.camera not in sizes:
            sizes[frame.camera] = _size([other for other in frames if other.camera == frame.camera])
        states: dict[str, SlotState] = {}
        for slot_id, corners, state in read_spaces(xml):
            slot = Slot(slot_id, (corners / sizes[frame.camera]).astype(np.float32))
            if not (slot.polygon >= -BEYOND).all() or not (slot.polygon <= 1 + BEYOND).all():
                width, height = sizes[frame.camera]
                raise InputError(
                    f"{xml}: slot {slot_id} lies outside of the pictures of {width} x {height}; give the pictures in "
                    "the size that the slots were drawn on (1280 x 720 in the official archive)"
                )
            kept = slots[frame.camera].setdefault(slot_id, slot)
            if not np.array_equal(kept.polygon, slot.polygon):
                redrawn[frame.camera].add(slot_id)
            if state is None:
                unstated += 1
            else:
                states[slot_id] = state
        truth[frame.name] = Truth(slots=states)
    notes = []
    if len(truth) < len(frames):
        notes.append(f"{len(frames) - len(truth)} frames have no XML beside them, so no slot labels")
    if unstated:
        notes.append(f"{unstated} labels were skipped: the XML does not say whether the slot is occupied")
    notes += [
        f"{camera}: {len(ids)} slots are drawn differently in some frames; the first drawing is used"
        for camera, ids in redrawn.items()
        if ids
    ]
    of_camera = {camera: tuple(by_id.values()) for camera, by_id in slots.items()}
    return Dataset("pklot", root, frames, of_camera, truth, tuple(notes))


def read_spaces(path: Path) -> list[Space]:
    """All slots of a PKLot XML file.

    Raises:
        InputError: no XML or one with entities, or a space without id, with fewer than three corners or a state other
            than 0 or 1.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); copy the file again or delete it") from error
    return spaces_of(parse_xml(data, str(path)), str(path))


def spaces_of(document: ElementTree.Element, origin: str) -> list[Space]:
    """As :func:`read_spaces`, of a document that is read already; ``origin`` names it in errors."""
    return [_space(origin, element) for element in document.iter("space")]


def _space(origin: str, element: ElementTree.Element) -> Space:
    slot_id, occupied = element.get("id"), element.get("occupied")
    try:
        # Some files of the official archive write <Point> for <point>.
        points = [point for point in element.iterfind("contour/*") if point.tag.lower() == "point"]
        corners = np.array([[float(point.attrib["x"]), float(point.attrib["y"])] for point in points], np.float32)
    except (KeyError, ValueError) as error:
        raise InputError(f"{origin}: slot {slot_id}: a corner lacks x or y as numbers ({error})") from error
    if not slot_id or len(corners) < 3 or occupied not in (None, "0", "1"):
        raise InputError(
            f"{origin}: slot {slot_id}: expected an id, a contour of three points or more and occupied 0 or 1; "
            f"found {len(corners)} points, occupied={occupied}"
        )
    return slot_id, corners, None if occupied is None else "occupied" if occupied == "1" else "free"


def _size(frames: Sequence[Frame]) -> tuple[int, int]:
    """Width and height of a camera's frames. All are alike: the first readable header is enough."""
    for frame in frames:
        with suppress(UnreadableImage):
            return image_size(frame.path)
    raise InputError(f"{frames[0].path}: neither this nor another frame of its camera can be read; copy them again")


def _frame(path: Path, root: Path) -> Frame:
    relative = path.relative_to(root)
    folders = camera_folders(relative)
    return Frame(folders[-1] if folders else root.resolve().name, relative.as_posix(), path, parse_time(relative))
