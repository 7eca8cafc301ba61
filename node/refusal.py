"""Which bundle of a camera was refused last, so that whoever waits for it sees why it does not run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.detection.bundle import MANIFEST
from lotwise.cameras.registry.state_file import RegistryState


@dataclass(frozen=True)
class Refusal:
    """A bundle that was refused or rolled back, by its identity, and why, in one line."""

    bundle: str
    why: str


def newest_refusal(folder: Path, state: RegistryState) -> Refusal | None:
    """The newest bundle that was refused; None where there is none, or where what is live was exported later.

    Args:
        folder: of the registry.
        state: which of its bundles run.
    """
    live = _exported(folder, state.live) if state.live else 0.0
    refused = [(_exported(folder, identity), identity) for identity in state.refused]
    exported, identity = max(refused, default=(0.0, ""))
    return Refusal(identity, state.refused[identity]) if exported > live else None


def _exported(folder: Path, identity: str) -> float:
    """When a bundle's manifest was written, in seconds since 1970; 0 where it is there no more."""
    try:
        return (folder / identity / MANIFEST).stat().st_mtime
    except OSError:
        return 0.0
