"""What was kept long enough is forgotten."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.hub.database.audit import audit_log, note
from lotwise.hub.database.cameras import known_camera
from lotwise.hub.database.frames import add_frame, use_frames
from lotwise.hub.database.nodes import enrol
from lotwise.hub.database.reports import Said, note_report, reports_of
from lotwise.hub.hub import open_hub
from lotwise.hub.retention import forget_old
from lotwise.hub.store.folder import FolderStore
from lotwise.hub.store.store import StoreFailed
from tests.hub.hub_files import write_hub

NODE = "ab" * 16
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_history_and_audit_log_are_kept_for_so_many_days(tmp_path: Path) -> None:
    hub = open_hub(write_hub(tmp_path, "limits: {retention_days: 10}\n"))
    with hub.database.writing() as session:
        enrol(session, NODE, "north", "key")
        for days in (1, 9, 11):
            moment = NOW - timedelta(days=days)
            note(session, "hub", f"{days} days", "", now=moment)
            note_report(session, NODE, Said("C1", free=days), moment, None)
    forget_old(hub, NOW)
    with hub.database.reading() as session:
        assert [row.free for row in reports_of(session, NODE, "C1")] == [9, 1]
        assert sorted(line.action for line in audit_log(session)) == ["1 days", "9 days"]
    hub.close()


def test_pictures_that_were_learned_from_go_too_and_a_store_that_is_away_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hub = open_hub(write_hub(tmp_path, "limits: {retention_days: 10}\n"))
    path = hub.folders.frame(NODE, "C1", "1" * 64)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"picture")
    with hub.database.writing() as session:
        enrol(session, NODE, "north", "key")
        known_camera(session, NODE, "C1")
        add_frame(session, NODE, "C1", "1" * 64, NOW, [], 7, NOW - timedelta(days=11))
        use_frames(session, NODE, "C1", ["1" * 64])
    forget_old(hub, NOW)
    assert not path.exists()

    def away(self: object, prefix: str) -> None:
        raise StoreFailed("s3://city: cannot connect")

    monkeypatch.setattr(FolderStore, "files", away)
    forget_old(hub, NOW)
    assert "cannot be removed now: s3://city: cannot connect; it is tried again" in caplog.text
    hub.close()
