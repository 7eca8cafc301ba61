"""A hub file's store is opened, or refused in one line that says how to mend it."""

import os
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.store.folder import FolderStore
from lotwise.hub.store.open import open_store
from lotwise.hub.store.remote import RemoteStore
from tests.hub.hub_files import write_hub


def test_without_a_setting_it_is_the_data_folder(tmp_path: Path) -> None:
    store = open_store(write_hub(tmp_path))
    assert isinstance(store, FolderStore)
    (tmp_path / "frame").write_bytes(b"1")
    store.put("frames/n/C1/1.jpg", tmp_path / "frame")
    assert (tmp_path / "hub-data" / "frames" / "n" / "C1" / "1.jpg").read_bytes() == b"1"


def test_another_folder_and_another_protocol_by_their_url(tmp_path: Path) -> None:
    store = open_store(write_hub(tmp_path, f"store: {{url: 'file://{tmp_path}/other'}}\n"))
    (tmp_path / "frame").write_bytes(b"1")
    store.put("frames/n/C1/1.jpg", tmp_path / "frame")
    for folder in ("other", "hub-data"):  # the store, and the copy that is learned from
        assert [path for path in (tmp_path / folder).rglob("*.*")] == [tmp_path / folder / "frames/n/C1/1.jpg"]
    assert isinstance(open_store(write_hub(tmp_path, "store: {url: 'memory://hub'}\n")), RemoteStore)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("store: {url: 's3://b', options: {secret: hunter2}}", "options.secret is a credential"),
        ("store: {url: 's3://user:hunter2@b'}", "carries no user:password@"),
        ("store: {options: {anon: true}}", "give its url"),
        ("store: {url: /mnt/frames}", "store.url"),
    ],
)
def test_mistakes_in_the_file_are_told_without_what_was_written(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        write_hub(tmp_path, text + "\n")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("file://mnt/frames", "with three slashes"),
        ("nosuchthing://bucket", "Protocol not known"),
        ("file:///proc/none", "cannot be written to"),
    ],
)
def test_a_store_that_cannot_be_used_is_told(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        open_store(write_hub(tmp_path, f"store: {{url: '{url}'}}\n"))


def test_a_missing_credential_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(InputError, match="environment variable NO_SUCH_KEY: not set"):
        open_store(write_hub(tmp_path, "store: {url: 'memory://hub', options: {key: {env: NO_SUCH_KEY}}}\n"))
    assert "NO_SUCH_KEY" not in os.environ
