"""The reservoirs of a node's cameras, each made once, whoever offers frames to it."""

from __future__ import annotations

import threading

from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.new_frames import FOLDER, NewFrames


class Reservoirs:
    """Of a site with absolute paths. Used by any thread."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._made: dict[str, NewFrames] = {}
        self._lock = threading.Lock()

    def of(self, camera: str) -> NewFrames:
        """The reservoir of a camera; the frames that are kept there are read the first time.

        Raises:
            InputError: its privacy masks cannot be read.
            OSError: its folder cannot be read.
        """
        with self._lock:
            if camera not in self._made:
                masks = privacy_masks(self._site.cameras[camera], f"cameras.{camera}.privacy_masks")
                megabytes = self._site.trust.new_frames_mb
                self._made[camera] = NewFrames(self._site.state / FOLDER, camera, megabytes, masks)
            return self._made[camera]
