"""Where the bundles that a hub has made for a camera lie: in the registry of its run."""

from __future__ import annotations

from pathlib import Path

from lotwise.cameras.registry.registry import Registry
from lotwise.hub.folders import HubFolders


def bundle_registry(folders: HubFolders, node: str, camera: str) -> Registry:
    """The hub's own registry of a camera, as :class:`lotwise.students.pipeline.run.Run` has it; without PyTorch."""
    return Registry(folders.run(node, camera) / "cameras" / camera / "bundles")


def bundle_folder(folders: HubFolders, node: str, camera: str, identity: str) -> Path:
    """Folder of one bundle; its identity comes from the database."""
    return bundle_registry(folders, node, camera).folder / identity
