"""Deletes the files of a node that is removed; its rows go with the node."""

from __future__ import annotations

import shutil

from lotwise.hub.folders import HubFolders
from lotwise.hub.reading import HubFile
from lotwise.hub.store.keys import BUNDLES, FRAMES
from lotwise.hub.store.open import open_store


def remove_files(file: HubFile, node: str) -> None:
    """Delete a node's frames, its bundles in the store, and the working folders of its cameras.

    Args:
        file: of the hub.
        node: fingerprint.

    Raises:
        InputError: the store cannot be used.
        OSError: a file cannot be removed.
    """
    store = open_store(file)
    for kind in (FRAMES, BUNDLES):
        for stored in list(store.files(f"{kind}/{node}")):
            store.remove(stored.key)
    data = HubFolders(file.settings.data).data
    for folder in (data / FRAMES / node, data / "cameras" / node):
        shutil.rmtree(folder, ignore_errors=True)
