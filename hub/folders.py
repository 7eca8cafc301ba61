"""Where a hub keeps things in its data folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HubFolders:
    """Paths below one data folder.

    Names of nodes in paths are fingerprints and those of cameras were checked as ids, so that no path leads elsewhere.

    Attributes:
        data: the folder itself.
    """

    data: Path

    @property
    def database(self) -> Path:
        """The SQLite file, where no other database is named."""
        return self.data / "hub.sqlite"

    @property
    def key(self) -> Path:
        """The hub's private key, with which bundles are signed."""
        return self.data / "hub.pem"

    @property
    def uploads(self) -> Path:
        """Frames that are being received; a start of the hub empties it."""
        return self.data / "uploads"

    def frames(self, node: str, camera: str) -> Path:
        """Received frames of a camera, ``<sha256>.jpg``."""
        return self.data / "frames" / node / camera

    def frame(self, node: str, camera: str, sha256: str) -> Path:
        """One received frame."""
        return self.frames(node, camera) / f"{sha256}.jpg"

    def work(self, node: str, camera: str) -> Path:
        """Where the hub learns from the frames of a camera."""
        return self.data / "cameras" / node / camera

    def run(self, node: str, camera: str) -> Path:
        """The run folder of a camera, whose registry holds the bundles of all recipes."""
        return self.work(node, camera) / "run"
