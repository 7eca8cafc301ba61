"""What each bundle of a registry is and what became of it, in a form that a table or JSON can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lotwise.cameras.detection.bundle import MANIFEST, parse_manifest, read_manifest
from lotwise.cameras.registry.state_file import RegistryState
from lotwise.datasets.errors import InputError


@dataclass(frozen=True)
class Version:
    """One bundle of a registry.

    Attributes:
        camera, role: as its manifest says; "" where it is broken.
        exported: when its manifest was written (UTC).
        measured: as its manifest says.
        live, before, shadow: whether it runs, is what a rollback brings back, is in the shadow of the live one.
        refused: why it is not compared by itself again, or "".
        broken: why it cannot be used, in one line, or "".
    """

    identity: str
    camera: str
    role: str
    exported: datetime
    measured: dict[str, Any]
    live: bool
    before: bool
    shadow: bool
    refused: str
    broken: str

    @property
    def status(self) -> str:
        """Live, before, shadow, refused and broken in a few words, for a table."""
        words = [word for word in ("live", "before", "shadow") if getattr(self, word)]
        words += [f"{word}: {why}" for word in ("refused", "broken") if (why := getattr(self, word))]
        return ", ".join(words)


def read_version(folder: Path, state: RegistryState) -> Version:
    """The bundle in a folder named by its identity."""
    broken = damage(folder)
    manifest = None if broken else parse_manifest(folder)
    return Version(
        identity=folder.name,
        camera=manifest.camera if manifest else "",
        role=manifest.role if manifest else "",
        exported=datetime.fromtimestamp((folder / MANIFEST).stat().st_mtime, UTC),
        measured=manifest.measured if manifest else {},
        live=state.live == folder.name,
        before=state.before == folder.name,
        shadow=state.shadow == folder.name,
        refused=state.refused.get(folder.name, ""),
        broken=broken,
    )


def damage(folder: Path) -> str:
    """What is wrong with a bundle, in one line; "" where nothing is."""
    try:
        read_manifest(folder)
    except InputError as error:
        return str(error)
    return ""
