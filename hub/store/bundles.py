"""Bundles in a store at another machine: a hub that has lost its run folders still serves what it has offered."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lotwise.hub.folders import HubFolders
from lotwise.hub.store.folder import PARTIAL, FolderStore
from lotwise.hub.store.keys import bundle_key
from lotwise.hub.store.store import Store


def keep_bundle(store: Store, folders: HubFolders, node: str, camera: str, folder: Path, names: Iterable[str]) -> None:
    """Store the files of a bundle; nothing where the store is the data folder, in which they lie already.

    Args:
        store: the hub's.
        folders: of its data.
        node, camera: whose bundle it is.
        folder: of the bundle, named by its identity.
        names: of its files.

    Raises:
        OSError: they cannot be stored.
    """
    if isinstance(store, FolderStore):
        return
    for name in names:
        copy = folders.uploads / f"{uuid.uuid4().hex}{PARTIAL}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(folder / name, copy)
            store.put(bundle_key(node, camera, folder.name, name), copy)
        finally:
            copy.unlink(missing_ok=True)


def kept_bundle_file(
    store: Store, node: str, camera: str, identity: str, name: str, files: Iterable[Mapping[str, Any]]
) -> Path | None:
    """A local copy of a file of an offered bundle, of the content that was offered; None where the store has none.

    Args:
        store: the hub's.
        node, camera, identity: of the bundle.
        name: of the file.
        files: name and sha256 of each, as they were offered.

    Raises:
        OSError: the store cannot be reached.
    """
    for file in files:
        if file["name"] == name:
            try:
                return store.local(bundle_key(node, camera, identity, name), str(file["sha256"]))
            except FileNotFoundError:
                return None
    return None
