"""Proposals of a camera as a slot file and a picture."""

from __future__ import annotations

from pathlib import Path

import cv2

from lotwise.cameras.site.slot_entry import PROPOSALS
from lotwise.cameras.site.slot_file import read_slot_entries, write_slot_entries
from lotwise.cameras.slots.proposals.picture import COLOURS, draw_proposals
from lotwise.cameras.slots.proposals.propose import Proposals
from lotwise.cameras.slots.proposals.renewal import renewed
from lotwise.cameras.slots.proposals.seen_frames import SeenFrames
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.load import load
from lotwise.datasets.whole_file import write_whole

TOO_FEW_CARS = (
    "too few cars stood still on these frames to tell how the camera looks at the ground; give more frames, some "
    "minutes or hours apart, with many cars"
)
NO_ROWS = "no row of three cars or more was found, and nothing is proposed; give more frames, or draw the slots"


def write_proposals(folder: Path, camera: str, seen: SeenFrames, found: Proposals) -> tuple[Path, list[str]]:
    """Write ``CAMERA.json`` and ``CAMERA.png``; what a person said of slots in the file before stays.

    Args:
        folder: made where it is not there.
        camera: its id.
        seen: the frames.
        found: what is proposed on them.

    Returns:
        The slot file; a line that counts what is in it, and lines on what a person should know.

    Raises:
        InputError: the file that is there is no slot file, or nothing can be written.
    """
    file, picture = folder / f"{camera}.json", folder / f"{camera}.png"
    before = read_slot_entries(file) if file.exists() else ()
    entries = renewed(before, found.entries)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        notes = [f"{camera}: {why}" for why in _reasons(found)]
        try:
            image = load(seen.fullest)
        except UnreadableImage as error:
            notes.append(f"{camera}: no picture: {error}")
        else:
            write_whole(picture, cv2.imencode(".png", draw_proposals(image, entries))[1].tobytes())
            notes.append(
                f"{camera}: look at {picture}; then lotwise slots accept {file} --all, or ids of the good ones"
            )
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); give another --out") from error
    write_slot_entries(file, entries)
    counts = [f"{count} {status}" for status in COLOURS if (count := sum(one.status == status for one in entries))]
    return file, [f"{', '.join(counts) or 'nothing'} from {found.frames} frames", *notes]


def _reasons(found: Proposals) -> list[str]:
    if found.view is None:
        return [TOO_FEW_CARS]
    return [] if found.count(*PROPOSALS) else [NO_ROWS]
