"""A hub is backed up while it is written to, lost, and made anew: the same rows, files and key."""

import stat
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.backup.backup import back_up
from lotwise.hub.backup.restore import restore
from lotwise.hub.backup.tables import table_lines
from lotwise.hub.database import cameras, frames, nodes
from lotwise.hub.database.audit import audit_log, note
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.due import has_student
from lotwise.hub.reading import HubFile
from lotwise.node.hub.signing import own_keys
from tests.hub.hub_files import write_hub
from tests.hub.postgresql_server import PostgresqlServer

NODE, NOON = "ab" * 16, datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def filled(any_hub: HubFile) -> HubFile:
    """A hub with a node, a camera without a card, two frames and a key; the file of one frame is lost."""
    folders, database = HubFolders(any_hub.settings.data), open_database(any_hub)
    with database.writing() as session:
        nodes.enrol(session, NODE, "lot", "key", group="canary")
        cameras.known_camera(session, NODE, "C1")
        for digit in "12":
            frames.add_frame(session, NODE, "C1", digit * 64, NOON, ["new light"], 5, NOON)
        note(session, "hub", "offer", "lot C1", {"bundle": "0f"}, NOON)
    database.close()
    own_keys(folders.key)
    path = folders.frame(NODE, "C1", "1" * 64)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"frame")
    work = folders.work(NODE, "C1") / "frames" / "first.jpg"
    work.parent.mkdir(parents=True)
    work.hardlink_to(path)
    return any_hub


def test_a_restored_hub_is_the_one_that_was_lost(filled: HubFile, tmp_path: Path) -> None:
    before = own_keys(HubFolders(filled.settings.data).key).public
    made = back_up(filled, tmp_path / "hub.tar")
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    elsewhere = _elsewhere(tmp_path)
    restored = restore(elsewhere, made.file)
    assert (restored.nodes, restored.frames, restored.lost) == (1, 1, 1)
    folders = HubFolders(elsewhere.settings.data)
    assert own_keys(folders.key).public == before and stat.S_IMODE(folders.key.stat().st_mode) == 0o600
    assert folders.frame(NODE, "C1", "1" * 64).read_bytes() == b"frame"
    assert (folders.work(NODE, "C1") / "frames" / "first.jpg").read_bytes() == b"frame"
    database = open_database(elsewhere)
    _same_rows(database)
    database.close()


def test_without_frames_what_was_learned_from_stays_known_and_no_first_student_is_due(
    filled: HubFile, tmp_path: Path
) -> None:
    database = open_database(filled)
    with database.writing() as session:
        frames.use_frames(session, NODE, "C1", ["1" * 64])
    database.close()
    made = back_up(filled, tmp_path / "hub.tar", frames=False)
    restored = restore(elsewhere := _elsewhere(tmp_path), made.file)
    assert (restored.nodes, restored.frames, restored.lost) == (1, 0, 2)
    database = open_database(elsewhere)
    with database.reading() as session:
        (frame,) = frames.frames_of(session, NODE, "C1")
        assert (frame.sha256, frame.state, frame.bytes) == ("1" * 64, "used", 0)
        assert has_student(session, cameras.find_camera(session, NODE, "C1"))
    database.close()


def test_a_backup_of_sqlite_makes_a_hub_on_postgresql_that_counts_on(
    tmp_path: Path, postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_hub(tmp_path)
    database = open_database(source)
    with database.writing() as session:
        note(session, "hub", "offer", "lot C1", {"bundle": "0f"}, NOON)
    database.close()
    own_keys(HubFolders(source.settings.data).key)
    back_up(source, tmp_path / "hub.tar")
    monkeypatch.setenv("HUB_DATABASE_PASSWORD", postgresql.password)
    url = postgresql.new_database()
    other = _elsewhere(tmp_path, f"database: {{url: '{url}', password: {{env: HUB_DATABASE_PASSWORD}}}}\n")
    restore(other, tmp_path / "hub.tar")
    database = open_database(other)
    with database.writing() as session:
        note(session, "hub", "second", "lot C1", now=NOON)
        assert [(line.action, line.time) for line in audit_log(session)] == [("second", NOON), ("offer", NOON)]
    database.close()
    assert not (other.settings.data / "hub.sqlite").exists()
    empty = HubFile(other.path, other.settings.model_copy(update={"data": tmp_path / "third"}))
    with pytest.raises(InputError, match="has rows already; give an empty one"):
        restore(empty, tmp_path / "hub.tar")
    assert not (tmp_path / "third").exists()


def test_rows_are_of_one_moment_while_others_write(any_hub: HubFile) -> None:
    database, stop, written = open_database(any_hub), threading.Event(), threading.Event()

    def write() -> None:
        while not stop.is_set():
            with database.writing() as session:  # always two rows of one moment
                for half in ("first", "second"):
                    note(session, "hub", half, "lot")
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert written.wait(60)
        lines = list(table_lines(database))
        halves = [sum(f'"{half}"' in line for line in lines) for half in ("first", "second")]
    finally:
        stop.set()
        thread.join()
        database.close()
    assert halves[0] == halves[1] >= 1


def test_what_is_there_is_never_overwritten(filled: HubFile, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "hub.tar")
    with pytest.raises(InputError, match="holds files already; a restore overwrites nothing"):
        restore(filled, tmp_path / "hub.tar")
    assert HubFolders(filled.settings.data).key.is_file()


def test_what_is_no_backup_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    hub = _elsewhere(tmp_path)
    (tmp_path / "text").write_text("no backup")
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(tmp_path / "text", "text")
    for name in ("text", "other.tar"):
        with pytest.raises(InputError, match=f"{name}: is no whole backup of a hub"):
            restore(hub, tmp_path / name)
    with pytest.raises(InputError, match=r"gone.tar: No such file"):
        restore(hub, tmp_path / "gone.tar")
    assert sorted(path.name for path in hub.path.parent.iterdir()) == ["hub.yaml"]


def test_a_hub_that_has_kept_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no hub has kept anything here yet"):
        back_up(write_hub(tmp_path), tmp_path / "hub.tar")
    assert not (tmp_path / "hub.tar").exists()


def _elsewhere(tmp_path: Path, text: str = "") -> HubFile:
    (tmp_path / "elsewhere").mkdir()
    return write_hub(tmp_path / "elsewhere", text)


def _same_rows(database: Database) -> None:
    with database.reading() as session:
        node = nodes.find_node(session, "lot")
        assert (node.fingerprint, node.state, node.group) == (NODE, "accepted", "canary")
        camera = cameras.find_camera(session, NODE, "C1")
        assert camera.card is None
        (frame,) = frames.frames_of(session, NODE, "C1")
        assert (frame.sha256, frame.taken, frame.why) == ("1" * 64, NOON, ["new light"])
        (line,) = audit_log(session)
        assert (line.details, line.time) == ({"bundle": "0f"}, NOON)
