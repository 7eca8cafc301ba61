"""A bundle in a store at another machine is served although the hub has lost its folder."""

import hashlib
from pathlib import Path

import fsspec

from lotwise.hub.folders import HubFolders
from lotwise.hub.store.bundles import keep_bundle, kept_bundle_file
from lotwise.hub.store.folder import FolderStore
from lotwise.hub.store.remote import RemoteStore


def test_a_bundle_comes_back_as_it_was_offered_or_not_at_all(tmp_path: Path) -> None:
    folders, bundle = HubFolders(tmp_path / "data"), tmp_path / "0f0f"
    bundle.mkdir()
    (bundle / "model.onnx").write_bytes(b"model")
    offered = [{"name": "model.onnx", "sha256": hashlib.sha256(b"model").hexdigest()}]
    store = RemoteStore(fsspec.filesystem("memory"), "/bundles-test", folders.data, "memory://")
    keep_bundle(store, folders, "ab", "C1", bundle, ["model.onnx"])
    assert (bundle / "model.onnx").is_file()
    store.forget_copies(-1)
    found = kept_bundle_file(store, "ab", "C1", "0f0f", "model.onnx", offered)
    assert found is not None and found.read_bytes() == b"model"
    store.forget_copies(-1)
    assert kept_bundle_file(store, "ab", "C1", "0f0f", "model.onnx", [{"name": "model.onnx", "sha256": "0"}]) is None
    assert kept_bundle_file(store, "ab", "C1", "0f0f", "other", offered) is None


def test_in_the_data_folder_nothing_is_doubled(tmp_path: Path) -> None:
    folders = HubFolders(tmp_path)
    keep_bundle(FolderStore(tmp_path), folders, "ab", "C1", tmp_path / "none", ["model.onnx"])
    assert list(tmp_path.iterdir()) == []
