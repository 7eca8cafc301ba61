"""Follows a camera's slot file while the node runs, so that saved slots count without a restart."""

from __future__ import annotations

from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.site.slot_storage import drawn_slot_file, slot_storage
from lotwise.datasets.errors import InputError
from lotwise.datasets.file_stamp import FileStamp, file_stamp
from lotwise.datasets.frame import Slot

Stamp = tuple[FileStamp | None, ...]


class SlotFollower:
    """The slots of the file that a camera's slots come from, whoever writes it. Used by one thread at a time.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        camera: its id.

    Raises:
        InputError: the file that is there at the start cannot be read.
    """

    def __init__(self, site: Site, camera: str) -> None:
        self._site, self._camera = site, camera
        named = site.cameras[camera].slots
        self._files = tuple(file for file in (named, drawn_slot_file(site, camera)) if file is not None)
        self.why = ""
        """Why the file as it stands is not followed, in one line; the slots stay those that it held before."""
        self._stamp = self._stamped()
        self.slots = self._read()
        """None where there is no file, and so the slots are those of the bundle."""

    def poll(self) -> bool:
        """Look whether the file has changed, and read it then; a look costs two questions to the file system.

        Returns:
            Whether :attr:`slots` or :attr:`why` are others now.
        """
        stamp = self._stamped()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        before = self.why
        try:
            self.slots, self.why = self._read(), ""
        except InputError as error:
            self.why = str(error)
            return self.why != before
        return True

    def _read(self) -> tuple[Slot, ...] | None:
        file = slot_storage(self._site, self._camera).read
        return None if file is None else read_slot_file(file)

    def _stamped(self) -> Stamp:
        return tuple(file_stamp(file) for file in self._files)
