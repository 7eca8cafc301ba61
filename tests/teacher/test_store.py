"""The knowledge store: append only, whole files or none, one clear line where the disk will not have it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.datasets.whole_file import write_whole
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore

SAID = Knowledge((640, 480), Detections.of([[1, 2, 3, 4]], [0.5]))
OTHER = Knowledge((640, 480), Detections.empty())
KEY = "ab" + "0" * 30


@pytest.fixture
def store(tmp_path: Path) -> KnowledgeStore:
    return KnowledgeStore.open(tmp_path, "oracle", {"weights": "w.pt"})


def test_what_was_added_is_there_once_and_for_good(store: KnowledgeStore) -> None:
    assert KEY not in store
    assert store.add(KEY, SAID) > 0
    assert store.add(KEY, OTHER) == 0
    assert (KEY in store, len(store)) == (True, 1)
    assert store.get(KEY).detections.boxes.tolist() == [[1, 2, 3, 4]]


def test_another_oracle_never_reads_this_ones_knowledge(store: KnowledgeStore, tmp_path: Path) -> None:
    store.add(KEY, SAID)
    other = KnowledgeStore.open(tmp_path, "another", {})
    assert KEY not in other
    with pytest.raises(KeyError):
        other.get(KEY)


def test_what_a_kill_left_half_written_is_not_there(store: KnowledgeStore, monkeypatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            store.add(KEY, SAID)
    assert [path.suffix for path in store.path(KEY).parent.iterdir()] == [".part"]
    assert (KEY in store, len(store)) == (False, 0)
    store.add(KEY, SAID)
    assert len(store.get(KEY).detections) == 1


def test_damaged_file_is_named_and_can_be_mended_by_deleting_it(store: KnowledgeStore) -> None:
    store.add(KEY, SAID)
    path = store.path(KEY)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"damaged.*delete this file and label again") as refusal:
        store.get(KEY)
    assert str(path) in str(refusal.value)
    path.unlink()
    assert store.add(KEY, SAID) > 0


@pytest.mark.parametrize(
    ("number", "why"), [(errno.ENOSPC, "disk is full.*free some space"), (errno.EACCES, "cannot be written")]
)
def test_disk_that_will_not_write_is_one_line_and_leaves_nothing_half(
    store: KnowledgeStore, monkeypatch, number: int, why: str
) -> None:
    store.add("cd" + KEY, SAID)

    def refuses(_: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as context:
        context.setattr(os, "fsync", refuses)
        with pytest.raises(InputError, match=why):
            store.add(KEY, SAID)
    assert list(store.path(KEY).parent.iterdir()) == []
    assert len(store) == 1
    assert store.add(KEY, SAID) > 0


def test_really_full_disk(small_disk: Callable[[str], Path]) -> None:
    store = KnowledgeStore.open(small_disk("64k"), "oracle", {})
    large = Knowledge((1, 1), Detections.of(np.zeros((700, 4)), np.zeros(700)))
    with pytest.raises(InputError, match="disk is full"):
        for number in range(20):
            store.add(f"{number:02}", large)
    kept = len(store)
    assert 0 < kept < 20
    assert all(len(store.get(f"{number:02}").detections) == 700 for number in range(kept))
    assert not list(store.folder.glob("*/.*.part"))


def test_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        KnowledgeStore.open(tmp_path / "file", "oracle", {})


def test_failed_write_leaves_what_was_there_before(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "state"
    write_whole(path, b"before")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
