"""The versions of one camera's bundle, and which one is live."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from cameras.bundle import read_manifest
from datasets.errors import InputError

LIVE = "live.json"


@dataclass(frozen=True)
class Registry:
    """A folder that holds bundles by their identity and one small file that names the live one.

    Attributes:
        folder: ``<folder>/<identity>/`` are the bundles; they are never changed.
    """

    folder: Path

    def add(self, bundle: Path) -> str:
        """Move a finished bundle in and return its identity; the same bundle twice is one."""
        identity = read_manifest(bundle).identity
        target = self.folder / identity
        self.folder.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(bundle)
        else:
            os.replace(bundle, target)
        return identity

    def promote(self, identity: str) -> None:
        """Make a bundle live, in one step that a kill cannot tear; the one before is remembered.

        Raises:
            InputError: no such bundle, or its files are not what its manifest says.
        """
        read_manifest(self.folder / identity)
        state = self._state()
        if state.get("live") == identity:
            return
        partial = self.folder / f".{LIVE}.part"
        partial.write_text(json.dumps({"live": identity, "before": state.get("live")}) + "\n")
        os.replace(partial, self.folder / LIVE)

    def live(self) -> Path:
        """Folder of the live bundle.

        Raises:
            InputError: none is live yet.
        """
        identity = self._state().get("live")
        if identity is None:
            raise InputError(f"{self.folder}: no bundle is live here; run lotwise adapt or promote one")
        return self.folder / identity

    def _state(self) -> dict[str, str | None]:
        path = self.folder / LIVE
        if not path.is_file():
            return {}
        try:
            state = json.loads(path.read_bytes())
        except ValueError as error:
            raise InputError(f"{path}: not JSON ({error}); delete it and promote a bundle again") from error
        if not isinstance(state, dict):
            raise InputError(f"{path}: does not name a live bundle; delete it and promote a bundle again")
        return state
