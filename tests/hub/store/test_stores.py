"""Each kind of store keeps files whole or not at all, and gives them back as they were."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from lotwise.hub.store.folder import FolderStore
from lotwise.hub.store.keys import frame_key, frame_of_key
from lotwise.hub.store.remote import RemoteStore
from lotwise.hub.store.store import NotStored, Store, StoreFailed

CONTENT = b"a frame" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
KEY = frame_key("ab12", "C1", DIGEST)


@pytest.fixture(params=["folder", "memory", "renamed"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "folder":
        yield FolderStore(tmp_path / "store")
        return
    if request.param == "renamed":
        files = fsspec.filesystem("file", auto_mkdir=True)
        yield RemoteStore(files, str(tmp_path / "share"), tmp_path, f"file://{tmp_path}", written_whole=False)
        return
    files = fsspec.filesystem("memory")
    yield RemoteStore(files, "/bucket/city", tmp_path / "copies", "memory://bucket/city")
    files.rm("/bucket", recursive=True) if files.exists("/bucket") else None


def test_what_is_stored_comes_back_and_is_moved_away(store: Store, tmp_path: Path) -> None:
    store.put(KEY, _file(tmp_path))
    assert not (tmp_path / "received.part").exists()
    assert store.local(KEY, DIGEST).read_bytes() == CONTENT
    (found,) = store.files("frames")
    assert (found.key, found.bytes) == (KEY, len(CONTENT))
    known = frame_of_key(found.key)
    assert known is not None and (known.node, known.camera, known.sha256) == ("ab12", "C1", DIGEST)


def test_the_same_twice_is_no_error_and_removing_twice_neither(store: Store, tmp_path: Path) -> None:
    store.put(KEY, _file(tmp_path))
    store.put(KEY, _file(tmp_path))
    assert len(list(store.files("frames"))) == 1
    store.remove(KEY)
    store.remove(KEY)
    assert list(store.files("frames")) == []
    with pytest.raises(NotStored):
        store.local(KEY, DIGEST)


def test_a_check_leaves_nothing(store: Store) -> None:
    store.check()
    assert list(store.files("")) == []


def test_a_folder_that_cannot_take_a_file_has_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path / "store")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lotwise.hub.store.folder.sync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put(KEY, _file(tmp_path))
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_a_copy_is_fetched_anew_and_compared_with_its_hash(tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    store = RemoteStore(files, "/other", tmp_path / "copies", "memory://other")
    store.put(KEY, _file(tmp_path))
    assert store.forget_copies(older_than_s=-1) == 1
    assert store.local(KEY, DIGEST).read_bytes() == CONTENT
    store.forget_copies(older_than_s=-1)
    files.pipe_file(f"/other/{KEY}", CONTENT[:-1] + b"?")
    with pytest.raises(NotStored, match="another content"):
        store.local(KEY, DIGEST)
    assert [path for path in (tmp_path / "copies").rglob("*") if path.is_file()] == []


def test_a_copy_that_the_store_lacks_is_stored_before_it_is_forgotten(tmp_path: Path) -> None:
    copy, partial = tmp_path / KEY, tmp_path / "frames/ab12/C1/.0f.part"
    copy.parent.mkdir(parents=True)  # received before the hub file named a store
    copy.write_bytes(CONTENT)
    partial.write_bytes(b"half")
    store = RemoteStore(fsspec.filesystem("memory"), "/given-later", tmp_path, "memory://given-later")
    assert store.forget_copies(older_than_s=-1) == 1
    assert copy.read_bytes() == CONTENT and not partial.exists()
    assert [(file.key, file.bytes) for file in store.files("")] == [(KEY, len(CONTENT))]
    assert store.forget_copies(older_than_s=-1) == 1
    assert not copy.exists() and store.local(KEY, DIGEST).read_bytes() == CONTENT


def test_a_copy_stays_where_the_store_refuses_it(tmp_path: Path) -> None:
    class Full:
        def invalidate_cache(self) -> None:
            pass

        def find(self, path: str, detail: bool) -> dict[str, object]:
            return {}

        def put_file(self, local: str, remote: str) -> None:
            raise ConnectionError("quota exceeded")

    copy = tmp_path / KEY
    copy.parent.mkdir(parents=True)
    copy.write_bytes(CONTENT)
    with pytest.raises(StoreFailed, match="quota exceeded"):
        RemoteStore(Full(), "/x", tmp_path, "s3://x").forget_copies(older_than_s=-1)
    assert copy.read_bytes() == CONTENT


def test_a_store_that_is_away_is_one_line_without_the_secret(tmp_path: Path) -> None:
    class Away:
        def put_file(self, local: str, remote: str) -> None:
            raise ConnectionError("cannot connect\nwith secret=hunter2hunter2 to the endpoint")

    store = RemoteStore(Away(), "/x", tmp_path / "copies", "s3://x", ("hunter2hunter2",))
    file = _file(tmp_path)
    with pytest.raises(StoreFailed) as caught:
        store.put(KEY, file)
    assert str(caught.value.strerror).startswith("s3://x: cannot connect with") and "hunter2" not in str(caught.value)
    assert file.read_bytes() == CONTENT


def _file(folder: Path) -> Path:
    path = folder / "received.part"
    path.write_bytes(CONTENT)
    return path
