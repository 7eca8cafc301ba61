"""The last frame of a camera with what is known of its slots drawn over it."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.ignore.region import Box
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.frame import Image, Slot, SlotState
from lotwise.node.state import CameraNow, Counts
from lotwise.node.time_words import local_time
from lotwise.node.wording import problem

Colour = tuple[int, int, int]
Outline = NDArray[np.int32]

# BGR. Green and red differ in lightness too, and free slots alone are filled, for eyes that do not tell them apart.
COLOURS: dict[SlotState, Colour] = {"free": (120, 230, 60), "occupied": (70, 70, 240), "unknown": (205, 205, 205)}
VEHICLE: Colour = (255, 225, 120)
WHITE: Colour = (255, 255, 255)
DARK: Colour = (30, 26, 24)
ALARM: Colour = (40, 40, 190)

FONT = cv2.FONT_HERSHEY_SIMPLEX
JPEG_QUALITY = 82
"""Of 100. Chosen by eye: at this width no artefacts are seen on the page."""
HATCH_PERIOD_PX = 8
"""Distance between two stripes over a slot whose state is unknown."""
MIN_WIDTH_FOR_NAMES_PX = 800
"""Width in pixels under which the slots' names could not be read."""
MAX_CACHED_PICTURES = 32
"""Drawn pictures that are kept: a page of 28 cameras and a few full ones, some megabytes."""

MARGIN = 0.75
"""What is shown on each side of a thing, as a share of its own width and height: enough to know where it stands."""
MIN_CUT_PX = 96
"""Least width and height of such a part of a frame, in pixels of the frame."""

Shown = tuple[Image, CameraNow, tuple[Slot, ...]]


class Pictures:
    """Pictures as JPEG; one that was drawn is kept until its camera has something new. Used by one thread at a time."""

    def __init__(self, latest: Callable[[str], Shown | None]) -> None:
        """``latest`` gives the last frame of a camera with what is known of it; None before the first."""
        self._latest = latest
        self._drawn: OrderedDict[tuple[str, int | None, bool, Box | None], tuple[object, bytes]] = OrderedDict()

    def jpeg(self, camera: str, width: int | None, plain: bool, around: Box | None = None) -> bytes | None:
        """The last frame, at most ``width`` pixels wide, with or without what is known drawn over it.

        With ``around`` only the part of it around a box, with that box alone drawn.
        """
        latest = self._latest(camera)
        if latest is None:
            return None
        image, now, slots = latest
        asked = (camera, width, plain, around)
        ignored = tuple(region.id for region in now.regions)
        version = (now.time, now.source.state, now.source.since, now.view, _states(now.slots), ignored)
        kept = self._drawn.pop(asked, None)
        if kept is None or kept[0] != version:
            if around is not None:
                drawn = scaled(part_around(image, around, now.view.shift), width)
            else:
                drawn = scaled(image, width) if plain else annotated(image, now, slots, width)
            kept = version, encoded(drawn)
        self._drawn[asked] = kept
        if len(self._drawn) > MAX_CACHED_PICTURES:
            self._drawn.popitem(last=False)
        return kept[1]


def encoded(image: Image) -> bytes:
    """The image as JPEG."""
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def scaled(image: Image, width: int | None) -> Image:
    """The image at most ``width`` pixels wide; never larger than it is."""
    if width is None or width >= image.shape[1]:
        return image
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def annotated(image: Image, now: CameraNow, slots: Sequence[Slot], width: int | None = None) -> Image:
    """A new image: slots moved by the view's shift, vehicles, and below it a bar with camera, time and counts.

    Args:
        image: (H, W, 3) BGR; left as it is.
        now: what is known of its camera. Where its source or view is not well, a banner says so.
        slots: of its camera; one that ``now`` does not name is drawn as unknown.
        width: of the result in pixels; that of the image where None.
    """
    canvas = scaled(image, width)
    height, wide = canvas.shape[:2]
    wrong = problem(now)
    if now.source.state == "live":
        canvas = canvas.copy() if canvas is image else canvas
    else:
        # Nobody may take the last picture for the present one.
        grey = cv2.cvtColor(canvas, cv2.COLOR_BGR2GRAY) // 2 + 40
        canvas = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)

    shift = np.array(now.view.shift, np.float32)
    outlines = [np.round((slot.polygon + shift) * [wide, height]).astype(np.int32) for slot in slots]
    states = [now.slots[slot.id].state if slot.id in now.slots else "unknown" for slot in slots]
    by_state = {s: [o for o, state in zip(outlines, states, strict=True) if state == s] for s in COLOURS}
    _fill(canvas, by_state["free"], COLOURS["free"])
    _hatch(canvas, by_state["unknown"])
    if not wrong:
        for x1, y1, x2, y2 in (now.detections.boxes * (wide / image.shape[1])).round().astype(int).tolist():
            cv2.rectangle(canvas, (x1, y1), (x2, y2), VEHICLE, 1)
    thick = 2 if wide >= 640 else 1
    for state, drawn in by_state.items():
        cv2.polylines(canvas, drawn, True, COLOURS[state], thick, cv2.LINE_AA)
    if wide >= MIN_WIDTH_FOR_NAMES_PX:
        for slot, outline in zip(slots, outlines, strict=True):
            _name(canvas, slot.id, outline, wide / 2400)
    size = float(np.clip(wide / 1400, 0.35, 1.2))
    if wrong:
        _banner(canvas, f"UNKNOWN: {wrong}", size)
    return np.concatenate([canvas, _bar(wide, _caption(now), DARK, size)])


def part_around(image: Image, box: Box, shift: tuple[float, float] = (0.0, 0.0)) -> Image:
    """A new image: the part of a frame around a box, with the box drawn.

    Args:
        image: (H, W, 3) BGR; left as it is.
        box: x1, y1, x2, y2 in 0..1 of the view.
        shift: by which the view has moved, in shares of the frame.
    """
    height, width = image.shape[:2]
    scale, moved = np.array([width, height] * 2), np.array([*shift, *shift])
    x1, y1, x2, y2 = (np.array(box) + moved) * scale
    wide, high = max((1 + 2 * MARGIN) * (x2 - x1), MIN_CUT_PX), max((1 + 2 * MARGIN) * (y2 - y1), MIN_CUT_PX)
    left, right = _span((x1 + x2) / 2, wide, width)
    top, bottom = _span((y1 + y2) / 2, high, height)
    part = image[top:bottom, left:right].copy()
    first, last = (round(x1) - left, round(y1) - top), (round(x2) - left, round(y2) - top)
    cv2.rectangle(part, first, last, DARK, 3)
    cv2.rectangle(part, first, last, VEHICLE, 1)
    return part


def _span(middle: float, length: float, side: int) -> tuple[int, int]:
    """Begin and end of a part of a side of the frame, in pixels; at least one pixel of it."""
    begin = int(np.clip(middle - length / 2, 0, side - 1))
    return begin, int(np.clip(middle + length / 2, begin + 1, side))


def _states(slots: Mapping[str, SlotNow]) -> tuple[SlotState, ...]:
    return tuple(slot.state for slot in slots.values())


def _caption(now: CameraNow) -> str:
    counts = Counts.of(now.slots)
    time = local_time(now.time) if now.time else "no picture yet"
    return f"{now.camera}  {time}  {counts.free} free  {counts.occupied} occupied  {counts.unknown} unknown"


def _fill(canvas: Image, outlines: Sequence[Outline], colour: Colour) -> None:
    if outlines:
        filled = canvas.copy()
        for outline in outlines:
            cv2.fillPoly(filled, [outline], colour)
        cv2.addWeighted(filled, 0.3, canvas, 0.7, 0, dst=canvas)


def _hatch(canvas: Image, outlines: Sequence[Outline]) -> None:
    if outlines:
        height, width = canvas.shape[:2]
        inside = np.zeros((height, width), np.uint8)
        for outline in outlines:
            cv2.fillPoly(inside, [outline], 255)
        stripes = (np.arange(height)[:, None] + np.arange(width)) % HATCH_PERIOD_PX < 2
        canvas[stripes & (inside > 0)] = COLOURS["unknown"]


def _name(canvas: Image, name: str, outline: Outline, size: float) -> None:
    text = _plain(name)
    (width, height), _ = cv2.getTextSize(text, FONT, size, 1)
    x, y = (outline.min(axis=0) + outline.max(axis=0)) // 2 - [width // 2, -height // 2]
    cv2.putText(canvas, text, (int(x), int(y)), FONT, size, DARK, 3, cv2.LINE_AA)
    cv2.putText(canvas, text, (int(x), int(y)), FONT, size, WHITE, 1, cv2.LINE_AA)


def _banner(canvas: Image, text: str, size: float) -> None:
    bar = _bar(canvas.shape[1], text, ALARM, size)
    rows = min(len(bar), len(canvas))
    canvas[:rows] = bar[:rows]


def _bar(width: int, text: str, colour: Colour, size: float) -> Image:
    """A bar with one line of text, cut where it is too long."""
    line = _plain(text)
    margin = round(22 * size)
    while cv2.getTextSize(line, FONT, size, 1)[0][0] > width - 2 * margin and len(line) > 4:
        line = line[:-4] + "..." if not line.endswith("...") else line[:-6] + "..."
    bar = np.full((round(56 * size), width, 3), colour, np.uint8)
    cv2.putText(bar, line, (margin, round(37 * size)), FONT, size, WHITE, 2 if size > 0.8 else 1, cv2.LINE_AA)
    return bar


def _plain(text: str) -> str:
    """OpenCV's fonts know ASCII only: accents are dropped, the rest shows as a question mark."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.encode("ascii", "replace").decode()
