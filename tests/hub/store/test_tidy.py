"""Pictures go when they are old, over a quota or unknown; never those that nothing has learned from yet."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.hub.database import frames, nodes
from lotwise.hub.database.cameras import known_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.settings import LimitSettings
from lotwise.hub.store.folder import FolderStore
from lotwise.hub.store.keys import frame_key
from lotwise.hub.store.tidy import Tidied, tidy
from tests.hub.hub_files import write_hub

NODE, NOW = "ab" * 16, datetime.now(UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(write_hub(tmp_path))
    with opened.writing() as session:
        nodes.enrol(session, NODE, "lot", "key")
        known_camera(session, NODE, "C1")
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def test_used_pictures_go_with_time_and_their_rows_stay(database: Database, store: FolderStore, tmp_path: Path) -> None:
    _frame(database, store, tmp_path, "1", days=20, used=True)
    _frame(database, store, tmp_path, "2", days=20, used=False)
    _frame(database, store, tmp_path, "3", days=5, used=True)
    assert tidy(database, store, LimitSettings(retention_days=10), NOW) == Tidied(1, 0, 0)
    assert _left(store) == ["2", "3"]
    with database.reading() as session:
        assert frames.known_frames(session, NODE, ["1" * 64]) == {"1" * 64}
        assert frames.bytes_of(session, NODE) == 2000
    assert tidy(database, store, LimitSettings(retention_days=10), NOW) == Tidied(0, 0, 0)


def test_a_node_near_its_quota_loses_its_oldest_used_pictures(
    database: Database, store: FolderStore, tmp_path: Path
) -> None:
    for number in range(10):
        _frame(database, store, tmp_path, str(number), days=10 - number, used=number != 0)
    limits = LimitSettings(node_mb=0.0105)
    assert tidy(database, store, limits, NOW) == Tidied(0, 2, 0)
    assert _left(store) == ["0", "3", "4", "5", "6", "7", "8", "9"]
    assert tidy(database, store, limits, NOW) == Tidied(0, 0, 0)


def test_a_picture_that_no_row_knows_goes_after_a_day(database: Database, store: FolderStore, tmp_path: Path) -> None:
    for digit, hours in (("1", 25), ("2", 1)):
        _file(store, tmp_path, digit)
        path = store.local(frame_key(NODE, "C1", digit * 64))
        then = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(path, (then, then))
    assert tidy(database, store, LimitSettings(), NOW) == Tidied(0, 0, 1)
    assert _left(store) == ["2"]


def _frame(database: Database, store: FolderStore, folder: Path, digit: str, days: float, used: bool) -> None:
    received = NOW - timedelta(days=days)
    with database.writing() as session:
        frames.add_frame(session, NODE, "C1", digit * 64, received, [], 1000, received)
        if used:
            frames.use_frames(session, NODE, "C1", [digit * 64])
    _file(store, folder, digit)


def _file(store: FolderStore, folder: Path, digit: str) -> None:
    (folder / "picture").write_bytes(b"." * 1000)
    store.put(frame_key(NODE, "C1", digit * 64), folder / "picture")


def _left(store: FolderStore) -> list[str]:
    return sorted(file.key.rpartition("/")[2][0] for file in store.files("frames"))
