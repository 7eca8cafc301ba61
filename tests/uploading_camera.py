"""A camera that uploads its pictures into a folder, which a node follows."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType


class UploadingCamera:
    """Uploads pictures into a folder, twice a second: the same ones again and again, under new names.

    Args:
        folder: made by this.
        pictures: JPEG files, in turn.
    """

    def __init__(self, folder: Path, pictures: Sequence[Path]) -> None:
        folder.mkdir(parents=True)
        self.folder, self.pictures, self._number = folder, list(pictures), 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> UploadingCamera:
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.5):
            self._number += 1
            pictures, partial = self.pictures, self.folder / ".part"
            shutil.copyfile(pictures[self._number % len(pictures)], partial)
            partial.rename(self.folder / f"{self._number:05d}.jpg")
            (self.folder / f"{self._number - 5:05d}.jpg").unlink(missing_ok=True)
