"""A folder of images as a source: its images one after the other."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from lotwise.cameras.site.sources import FolderSettings
from lotwise.cameras.sources.picture_limit import MAX_CAMERA_PIXELS
from lotwise.cameras.sources.stored import Clock, StoredSource, aware
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Image
from lotwise.datasets.image_files import image_files
from lotwise.datasets.images import read_image
from lotwise.datasets.timestamps import month_first, parse_time

_NUMBER = re.compile(r"(\d+)")


def in_natural_order(paths: list[Path]) -> list[Path]:
    """Paths in the order a reader expects: numbers by value, so that image 10 follows image 9.

    >>> [path.name for path in in_natural_order([Path("10.jpg"), Path("9.jpg"), Path("a2.jpg"), Path("a1.jpg")])]
    ['9.jpg', '10.jpg', 'a1.jpg', 'a2.jpg']
    """
    # Split by numbers, every other part is one, so that numbers are only ever compared with numbers.
    return sorted(
        paths,
        key=lambda path: [int(p) if k % 2 else p for k, p in enumerate(_NUMBER.split(path.as_posix()))],
    )


class FolderSource(StoredSource):
    """All images below a folder. One that cannot be read is left out, counted, and told in the health."""

    def __init__(
        self,
        settings: FolderSettings,
        camera: str,
        arrived: Callable[[], None],
        period_s: float,
        base: Path = Path(),
        clock: Clock = time.monotonic,
        zone: ZoneInfo | None = None,
    ) -> None:
        self._zone = zone
        self._root = base / settings.path
        if not self._root.is_dir():
            raise InputError(f"{self._root}: no such folder; give the folder of the images of camera {camera}")
        self._paths = in_natural_order(image_files(self._root))
        if not self._paths:
            raise InputError(f"{self._root}: no images in it; put some there, or set follow: true to wait for them")
        self._month_first = bool(month_first(path.relative_to(self._root) for path in self._paths))
        self._repeat = settings.repeat
        self._period_s = period_s if settings.pace == "own" else 0.0
        self._unreadable: set[Path] = set()
        self._frames = self._readable()
        super().__init__(camera, arrived, clock)

    def _next(self, now: float) -> tuple[Image, datetime] | None:
        frame = next(self._frames, None)
        if frame is not None:
            self._number += 1
            self._due = max(self._due + self._period_s, now)
        elif self._number:
            self._end()
        else:
            self._down(f"{self._root}: none of {len(self._paths)} images can be read")
        return frame

    def _readable(self) -> Iterator[tuple[Image, datetime]]:
        again = False
        while len(self._unreadable) < len(self._paths):
            for path in self._paths:
                try:
                    image = read_image(path, max_pixels=MAX_CAMERA_PIXELS)
                except UnreadableImage as error:
                    self._unreadable.add(path)
                    self._say(f"images that cannot be read and were left out: {len(self._unreadable)}; last: {error}")
                else:
                    # A second time, the time in its name has passed: a repeated image is taken now.
                    yield image, aware(None if again else parse_time(path, self._month_first), self._zone)
            if not self._repeat:
                return
            again = True
