"""Bundles that this node has refused before they came into a registry, and why; kept over restarts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lotwise.cameras.registry.state_file import MAX_REFUSALS, Identity
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole

REFUSALS = "refused.json"
"""File in the node's hub folder."""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: dict[str, dict[Identity, str]] = {}


class Refusals:
    """Of all cameras; the oldest are forgotten.

    Args:
        path: its file, made with the first refusal.

    Raises:
        InputError: the file is there and cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._cameras = _File.model_validate_json(path.read_bytes()).cameras
        except FileNotFoundError:
            self._cameras = {}
        except (OSError, ValidationError) as error:
            why = error.strerror if isinstance(error, OSError) else "not as it was written"
            raise InputError(f"{path}: refused bundles cannot be read ({why}); delete the file") from None

    def of(self, camera: str) -> Mapping[str, str]:
        """Why, by identity."""
        return self._cameras.get(camera, {})

    def add(self, camera: str, identity: str, why: str) -> None:
        """Refuse a bundle for good.

        Raises:
            OSError: the file cannot be written; the bundle is refused until the node ends.
        """
        known = {**self.of(camera), identity: " ".join(why.split())}
        self._cameras = {**self._cameras, camera: dict(list(known.items())[-MAX_REFUSALS:])}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, _File(cameras=self._cameras).model_dump_json(indent=1).encode() + b"\n")
