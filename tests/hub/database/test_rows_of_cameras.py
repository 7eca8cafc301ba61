"""Frames, reports, offers and the audit log of cameras."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.database import audit, cameras, frames, offers, reports
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.nodes import enrol
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.reading import HubFile

NODE = "ab" * 32
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def database(any_hub: HubFile) -> Iterator[Database]:
    opened = open_database(any_hub)
    with opened.writing() as session:
        enrol(session, NODE, "lot", "key")
        cameras.known_camera(session, NODE, "C1")
    yield opened
    opened.close()


def test_a_frame_that_is_sent_twice_is_there_once(database: Database) -> None:
    with database.writing() as session:
        assert frames.add_frame(session, NODE, "C1", "1" * 64, NOON, ["new light"], 1000)
        assert not frames.add_frame(session, NODE, "C1", "1" * 64, NOON, ["new light"], 1000)
        assert frames.known_frames(session, NODE, ["1" * 64, "2" * 64]) == {"1" * 64}
        assert frames.bytes_of(session, NODE) == frames.bytes_of(session) == 1000


def test_times_keep_their_zone(database: Database) -> None:
    local = NOON.astimezone()
    with database.writing() as session:
        frames.add_frame(session, NODE, "C1", "1" * 64, local, [], 1)
    with database.reading() as session:
        (row,) = frames.frames_of(session, NODE, "C1")
        assert row.taken == NOON and row.taken.tzinfo is UTC


def test_frames_are_given_in_order_of_time_until_they_are_used(database: Database) -> None:
    with database.writing() as session:
        for number in (3, 1, 2):
            frames.add_frame(session, NODE, "C1", str(number) * 64, NOON + timedelta(hours=number), [], 1)
        frames.use_frames(session, NODE, "C1", ["2" * 64])
        assert [row.sha256[0] for row in frames.frames_of(session, NODE, "C1", "new")] == ["1", "3"]
        assert frames.count_frames(session, NODE, "C1", "used") == 1
        assert frames.frame_counts(session, NODE) == {("C1", "new"): 2, ("C1", "used"): 1}


def test_the_history_has_a_row_in_ten_minutes_and_the_camera_the_last_word(database: Database) -> None:
    with database.writing() as session:
        for minute in range(25):
            said = reports.Said("C1", live="0" * 16, verdict="good" if minute < 24 else "watch", free=minute)
            last = reports.last_rows(session, NODE).get("C1")
            reports.note_report(session, NODE, said, NOON + timedelta(minutes=minute), last)
        assert [row.free for row in reports.reports_of(session, NODE, "C1")] == [0, 10, 20]
        found = cameras.find_camera(session, NODE, "C1")
        assert (found.verdict, found.live) == ("watch", "0" * 16)
        assert reports.forget_reports(session, NOON + timedelta(minutes=15)) == 2


def test_a_newer_offer_takes_the_place_of_one_that_still_stands(database: Database) -> None:
    with database.writing() as session:
        first, second = _offer("1" * 16), _offer("2" * 16)
        offers.make_offer(session, first)
        assert offers.make_offer(session, _offer("1" * 16)) is first
        offers.make_offer(session, second)
        assert [one.identity for one in offers.standing_offers(session, NODE)] == ["2" * 16]
        assert first.state == "withdrawn"
        assert offers.change_offer(second, "live", NOON)
        assert not offers.change_offer(second, "live", NOON)
        assert list(offers.standing_offers(session, NODE)) == []


def test_a_node_cannot_name_cameras_without_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "MAX_CAMERAS", 1)
    with database.writing() as session:
        assert cameras.known_camera(session, NODE, "C1").camera == "C1"
        with pytest.raises(InputError, match="at most 1 cameras"):
            cameras.known_camera(session, NODE, "C2")
        with pytest.raises(InputError, match="no camera 'C2' of this node; there are: C1"):
            cameras.find_camera(session, NODE, "C2")


def test_the_audit_log_gives_the_newest_first(database: Database) -> None:
    with database.writing() as session:
        audit.note(session, "operator root", "accept", "lot", {"group": "all"}, NOON)
        audit.note(session, "hub", "offer", "lot C1", now=NOON + timedelta(days=1))
        assert [line.action for line in audit.audit_log(session)] == ["offer", "accept"]
        assert audit.forget_audit(session, NOON + timedelta(hours=1)) == 1


def _offer(identity: str) -> OfferRow:
    return OfferRow(
        node=NODE,
        camera="C1",
        identity=identity,
        role="student",
        how="shadow",
        why="",
        files=[],
        signature="",
        state="offered",
        offered=NOON,
        changed=NOON,
    )
