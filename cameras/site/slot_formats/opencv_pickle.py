"""The pickled ``[(x, y), …]`` of OpenCV tutorials: upper left corners of slots, whose size stands in their code only.

A pickle is a program, and unpickling a file that a stranger sends runs it. So nothing is unpickled here: the file is
taken apart into its instructions, and only those that make lists, tuples and whole numbers are followed.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Sequence
from typing import Any

import numpy as np

from lotwise.cameras.site.slot_formats.drawing import (
    Drawing,
    Outline,
    Picture,
    SlotFormat,
    pixels_of,
    rectangle,
    upright,
)
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot

MAX_INSTRUCTIONS = 1_000_000
"""Of a file of some ten thousand slots; more is no list of slots."""
MAX_CORNERS = 200_000
_NUMBERS = ("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1")
_FORM = "a pickled list [(x, y), …] of upper left corners, or of polygons [[(x, y), …], …]"


class _Mark:
    """Where a list or tuple begins on the stack."""


def recognises(file: GivenFile) -> bool:
    """Whether it begins as a pickle does: with its protocol, or with a list in protocol 0 or 1."""
    return file.data[:1] == b"\x80" or file.data[:2] in (b"(l", b"]q", b"].")


def read(file: GivenFile) -> Drawing:
    """Slots, numbered from 1: upright rectangles of ``Hints.slot`` at the corners, or polygons as they are."""
    entries = _plain_value(file)
    if not isinstance(entries, list) or not all(isinstance(entry, list | tuple) for entry in entries):
        raise InputError(f"{file.name}: expected {_FORM}")
    # One list may stand in another a thousand times: a small file can stand for more corners than fit into memory.
    if sum(map(len, entries)) > MAX_CORNERS:
        raise InputError(f"{file.name}: holds far more than slots; expected {_FORM}")
    if all(len(entry) == 2 and all(isinstance(value, int) for value in entry) for entry in entries):
        size = file.hints.slot
        if size is None:
            raise InputError(
                f"{file.name}: holds corners without a size; give --slot WIDTHxHEIGHT in pixels, as the code that "
                "wrote it has it, such as --slot 107x48"
            )
        outlines = [rectangle(x, y, x + size[0], y + size[1]) for x, y in entries]
    else:
        outlines = []
        for number, entry in enumerate(entries, start=1):
            if not all(isinstance(point, list | tuple) and _is_pair(point) for point in entry):
                raise InputError(f"{file.name}: entry {number}: expected {_FORM}")
            outlines.append(np.array(entry, np.float64).reshape(-1, 2))
    return Drawing(
        tuple(Outline(str(number), corners) for number, corners in enumerate(outlines, start=1)),
        in_pixels=True,
        size_unsure=True,
    )


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """The upper left corners of slots that are upright rectangles of one size.

    Raises:
        InputError: they are not.
    """
    boxes = [upright(pixels_of(slot, picture.size), tolerance=1.0) for slot in slots]
    if any(box is None for box in boxes):
        wrong = next(slot.id for slot, box in zip(slots, boxes, strict=True) if box is None)
        raise InputError(
            f"slot {wrong} is no upright rectangle, and such a file holds nothing else; choose another --to"
        )
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    sizes = corners[:, 2:] - corners[:, :2]
    if len(sizes) and np.ptp(sizes, axis=0).max() > 2.0:
        raise InputError("slots differ in size, and such a file holds their corners alone; choose another --to")
    return pickle.dumps([(int(x), int(y)) for x, y in corners[:, :2].round()], protocol=4)


def _is_pair(point: Sequence[Any]) -> bool:
    return len(point) == 2 and all(isinstance(value, int) for value in point) and max(map(abs, point)) < 1 << 31


def _plain_value(file: GivenFile) -> Any:
    """What a pickle of lists, tuples and whole numbers holds, without running it.

    Raises:
        InputError: it holds anything else, is cut off, or is too long.
    """
    stack: list[Any] = []
    kept: dict[int, Any] = {}
    try:
        for count, (instruction, found, _) in enumerate(pickletools.genops(io.BytesIO(file.data))):
            argument: Any = found
            if count > MAX_INSTRUCTIONS:
                raise InputError(f"{file.name}: holds far more than slots; expected {_FORM}")
            match instruction.name:
                case "PROTO" | "FRAME":
                    pass
                case "EMPTY_LIST":
                    stack.append([])
                case "EMPTY_TUPLE":
                    stack.append(())
                case "MARK":
                    stack.append(_Mark())
                case "LIST":
                    stack.append(_above_mark(stack))
                case "TUPLE":
                    stack.append(tuple(_above_mark(stack)))
                case "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                    length = int(name[-1])
                    stack[-length:] = [tuple(stack[-length:])]
                case "APPEND":
                    value = stack.pop()
                    _list_at_top(stack).append(value)
                case "APPENDS":
                    values = _above_mark(stack)
                    _list_at_top(stack).extend(values)
                case "MEMOIZE":
                    kept[len(kept)] = stack[-1]
                case "PUT" | "BINPUT" | "LONG_BINPUT":
                    kept[int(argument)] = stack[-1]
                case "GET" | "BINGET" | "LONG_BINGET":
                    stack.append(kept[int(argument)])
                case "STOP":
                    (value,) = stack
                    return value
                case name if name in _NUMBERS and not isinstance(argument, bool) and abs(argument) < 1 << 31:
                    stack.append(int(argument))
                case name:
                    raise InputError(
                        f"{file.name}: a pickle that holds more than lists, tuples and whole numbers ({name}), "
                        f"which is never run; expected {_FORM}"
                    )
    except (ValueError, IndexError, KeyError, TypeError, StopIteration) as error:
        raise InputError(f"{file.name}: a broken pickle ({error}); expected {_FORM}") from None
    raise InputError(f"{file.name}: a pickle that is cut off; copy the file again")


def _above_mark(stack: list[Any]) -> list[Any]:
    """All that lies above the last mark, which is taken from the stack with it."""
    # From the top: what is passed here goes, so that a file of marks alone takes no longer than another.
    place = next(index for index in range(len(stack) - 1, -1, -1) if isinstance(stack[index], _Mark))
    above = stack[place + 1 :]
    del stack[place:]
    return above


def _list_at_top(stack: list[Any]) -> list[Any]:
    if not isinstance(stack[-1], list):
        raise ValueError("something is added to what is no list")
    return stack[-1]


FORMAT = SlotFormat("opencv", "the pickle of OpenCV tutorials", recognises, read, write, keeps_ids=False)
