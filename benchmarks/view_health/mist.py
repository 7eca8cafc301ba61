"""Mist against a blurred lens: what view health calls each, in several strengths and sizes of frame.

Fog of :mod:`lotwise.datasets.disturbances` and blur are done to real frames, as large as they are and made smaller,
and written as JPEG, since a camera's compression takes fine detail of little contrast away. The rendered site gives
mist and fog that thicken with distance.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from lotwise.cameras.view import ViewHealth, ViewSettings, thumbnail
from lotwise.datasets.disturbances import Disturbance, blurred, foggy, infrared, lit_night, recoded
from lotwise.datasets.frame import Image
from lotwise.datasets.images import read_image
from lotwise.datasets.synthetic.year import DAYS, render_year

WIDTHS = (None, 640, 320)
"""Widths that real frames are made smaller to; None for as they are."""
QUALITY = 85
"""Of the JPEG that every frame goes through."""
RENDERED = ("sun", "cloud", "overcast", "rain", "dusk", "night", "mist", "fog", "thick fog")
USUAL = RENDERED[:3]
"""Days of the rendered site from which its cameras know their view."""
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def blurred_in_fog(sigma: float, degree: float) -> Disturbance:
    def apply(image: Image, rng: np.random.Generator) -> Image:
        return foggy(degree)(blurred(sigma)(image, rng), rng)

    return apply


CHANGES: dict[str, Disturbance] = {
    **{f"fog of degree {degree}": foggy(degree) for degree in (0.3, 0.6, 1, 1.3, 1.6, 2, 2.5, 3)},
    "infrared night": infrared(),
    "night under lamps": lit_night(),
    **{f"blurred, sigma {sigma}": blurred(sigma) for sigma in (2, 3, 4, 6, 10, 20)},
    **{
        f"blurred, sigma {sigma}, in fog of degree {degree}": blurred_in_fog(sigma, degree)
        for sigma, degree in ((4, 0.6), (4, 1), (8, 0.6), (8, 1))
    },
}


@dataclass(frozen=True)
class View:
    """Frames of one camera: those from which it knows its view, and those to be changed or judged as they are."""

    known: tuple[Image, ...]
    changed: tuple[Image, ...]
    judged: tuple[tuple[str, Image], ...] = ()


def mist_or_blur(real: Sequence[tuple[Sequence[Image], Sequence[Image]]]) -> list[dict[str, object]]:
    """How many frames of each change are called good, blurred or anything else.

    Args:
        real: of each camera, frames from which it knows its view, and frames to be changed.
    """
    lines = []
    for width in WIDTHS:
        views = [View(_sized(known, width), _sized(changed, width)) for known, changed in real]
        lines += _table("real" if width is None else f"real, {width} px", views)
    for width in (960, 320):
        lines += _table(f"rendered, {width} px", list(_rendered(width)))
    return lines


def _table(frames: str, views: Sequence[View]) -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    verdicts: dict[str, Counter[str]] = {}
    for view in views:
        jobs = [(name, recoded(CHANGES[name](image, rng), QUALITY)) for name in CHANGES for image in view.changed]
        health = _seen(view.known)
        for name, image in (*jobs, *view.judged):
            verdicts.setdefault(name, Counter())[_verdict(deepcopy(health), image)] += 1
    return [
        {
            "frames": frames,
            "what": name,
            "of": found.total(),
            "good": found["good"],
            "blurred": found["blurred"],
            "blocked": found["blocked"],
            "other": found.total() - found["good"] - found["blurred"] - found["blocked"],
        }
        for name, found in verdicts.items()
    ]


def _seen(known: Sequence[Image]) -> ViewHealth:
    """A health after these frames, ten minutes apart."""
    health = ViewHealth(ViewSettings(recover_frames=1))
    for number, image in enumerate(known):
        health.check(image, thumbnail(image), FIRST_MOMENT + timedelta(minutes=10 * number))
    return health


def _verdict(health: ViewHealth, image: Image) -> str:
    return health.check(image, thumbnail(image), FIRST_MOMENT + timedelta(days=1)).verdict


def _sized(images: Sequence[Image], width: int | None) -> tuple[Image, ...]:
    if width is None:
        return tuple(images)
    sizes = [(width, round(width * image.shape[0] / image.shape[1])) for image in images]
    smaller = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image, size in zip(images, sizes, strict=True)]
    return tuple(recoded(np.asarray(image, np.uint8), QUALITY) for image in smaller)


def _rendered(width: int) -> Iterator[View]:
    with TemporaryDirectory() as folder:
        year = render_year(
            Path(folder), conditions=RENDERED, cameras=3, frames_per_day=4, width=width, height=width * 3 // 4
        )
        dates = json.loads((Path(folder) / DAYS).read_text(encoding="utf-8"))
        for camera in year.cameras:
            of_day: dict[str, list[Image]] = {}
            for frame in year.of_camera(camera):
                of_day.setdefault(dates[Path(frame.name).parts[-2]], []).append(read_image(frame.path))
            yield View(
                tuple(image for name in USUAL for image in of_day[name]),
                tuple(of_day["overcast"]),
                tuple((name, image) for name in RENDERED[len(USUAL) :] for image in of_day[name]),
            )
