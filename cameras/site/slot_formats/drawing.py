"""Slots as a file draws them, before they are shares of the frame; what is common to all formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.slot_check import reaches_far
from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.image_header import Size


@dataclass(frozen=True)
class Outline:
    """One drawn shape.

    Attributes:
        label: what the file calls it; None where it has no name.
        corners: (K, 2) float64 x, y.
        entry: all else that a slot file of ours says of it.
    """

    label: str | None
    corners: NDArray[np.float64]
    entry: SlotEntry | None = None


@dataclass(frozen=True)
class Drawing:
    """All that a file draws.

    Attributes:
        in_pixels: whether the corners are in pixels; else they are in 0..1 of the frame.
        size: width and height of the picture in whose pixels they are, where the file says so.
        by_label: labels may say what a shape is rather than which, so where they repeat, slots are numbered.
        size_unsure: the file does not say on what picture it was drawn, so what is told of it may be wrong.
        notes: what was left out and why, one sentence each.
    """

    outlines: tuple[Outline, ...]
    in_pixels: bool
    size: Size | None = None
    by_label: bool = False
    size_unsure: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Picture:
    """The picture that slots are written for: its size in pixels, and its file name."""

    size: Size
    name: str


@dataclass(frozen=True)
class SlotFormat:
    """One format of slot files.

    Attributes:
        name: as ``--from`` and ``--to`` take it.
        title: as a person calls it.
        recognises: whether a file is of it, by what is in it. Raises no error but those of a file that is broken.
        read: the drawing in a file; raises InputError.
        write: a file's bytes; raises InputError where the format cannot hold such slots.
        in_pixels: whether a written file is in pixels, so that the picture's size must be known.
        keeps_ids: whether slots have the same ids when the file is read again.
    """

    name: str
    title: str
    recognises: Callable[[GivenFile], bool]
    read: Callable[[GivenFile], Drawing]
    write: Callable[[Sequence[Slot], Picture], bytes]
    in_pixels: bool = True
    keeps_ids: bool = True


def corners_of(points: Any, file: GivenFile, place: str) -> NDArray[np.float64]:
    """Corners (K, 2) from a list of pairs, or of objects with ``x`` and ``y``.

    Raises:
        InputError: anything else is there.
    """
    try:
        pairs = [(point["x"], point["y"]) if isinstance(point, dict) else point for point in points]
        if any(isinstance(value, bool | str) for pair in pairs for value in pair):
            raise TypeError
        corners = np.array(pairs, np.float64)
        if len(pairs) and corners.shape != (len(pairs), 2):
            raise ValueError
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError(f"{file.name}: {place}: expected corners as [[x, y], …] in numbers") from None
    return corners.reshape(-1, 2)


def rectangle(x1: float, y1: float, x2: float, y2: float) -> NDArray[np.float64]:
    """Corners (4, 2) of an upright rectangle."""
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64)


def in_pixels(outlines: Sequence[Outline]) -> bool:
    """Whether corners must be in pixels, because they reach far out of 0..1."""
    return any(reaches_far(outline.corners) for outline in outlines)


def ids_of(drawing: Drawing) -> tuple[tuple[str, ...], str]:
    """An id for each outline: its label, or where labels are not ids and are missing or repeated, its number from 1.

    Returns:
        The ids, and a note where labels were not used; "" else.
    """
    labels = [outline.label.strip() if outline.label else "" for outline in drawing.outlines]
    if not drawing.by_label or (all(labels) and len(set(labels)) == len(labels)):
        return tuple(labels), ""
    numbers = tuple(str(number) for number in range(1, len(labels) + 1))
    if not any(labels):
        return numbers, ""
    return numbers, f"labels are missing or repeated, so slots are numbered from 1 to {len(labels)}"


def pixels_of(slot: Slot, size: Size) -> NDArray[np.float64]:
    """Corners (K, 2) of a slot in pixels of a picture of this width and height."""
    return np.asarray(slot.polygon.astype(np.float64) * np.array(size))


def upright(corners: NDArray[np.float64], tolerance: float) -> tuple[float, float, float, float] | None:
    """x1, y1, x2, y2 of corners (K, 2) that are an upright rectangle up to a tolerance; None where they are none."""
    (x1, y1), (x2, y2) = corners.min(0).tolist(), corners.max(0).tolist()
    wanted = rectangle(x1, y1, x2, y2)
    distances = np.abs(corners[:, None] - wanted[None]).max(axis=2)
    fits = (
        len(corners) == 4 and (distances.min(axis=0) <= tolerance).all() and (distances.min(axis=1) <= tolerance).all()
    )
    return (x1, y1, x2, y2) if fits else None
