"""What a node remembers: over restarts, kills, full disks and damaged files, and what it lets go."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.publish import HistorySettings
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.errors import InputError
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.state import Event
from tests.conftest import ROOT
from tests.node.mqtt.brokers import NOON, events, until

AT_ONCE = 1e-9
"""Days after which an event is old, in tests of pruning."""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Journal]]:
    """Opens the journal, closing the one before it."""
    made: list[Journal] = []

    def open_journal(path: Path | None = None, **settings: float) -> Journal:
        if made:
            made[-1].close()
        made.append(Journal(path or tmp_path / "a" / "b" / "journal.db", HistorySettings.model_validate(settings)))
        return made[-1]

    yield open_journal
    made[-1].close()


def numbers(found: list[Event] | tuple[Event, ...]) -> list[int]:
    return [event.number for event in found]


def test_events_and_slots_are_there_after_a_restart(opened: Callable[..., Journal]) -> None:
    journal = opened()
    event = Event(NOON, "slot", "C1", "7", "free", "occupied", {"score": 0.5, "why": ["ü", None]})
    slots = {"7": SlotNow("occupied", NOON, 0.5), "8": SlotNow("unknown", NOON, why="hidden")}
    assert journal.record([event, event], {"C1": slots, "C2": {}}) == (
        replace(event, number=1),
        replace(event, number=2),
    )
    journal = opened()
    assert journal.events(EventQuery()) == [replace(event, number=1), replace(event, number=2)]
    assert journal.slots("C1") == slots
    assert journal.slots("C2") == {}
    assert journal.record([event])[0].number == journal.last == 3


def test_a_slot_that_a_camera_has_no_longer_is_forgotten(opened: Callable[..., Journal]) -> None:
    journal = opened()
    free = SlotNow("free", NOON, 0.9)
    journal.record([], {"C1": {"7": free, "8": free}, "C2": {"7": free}})
    journal.record([], {"C1": {"8": replace(free, state="occupied")}})
    assert journal.slots("C1") == {"8": replace(free, state="occupied")}
    assert journal.slots("C2") == {"7": free}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"after": 2}, [3, 4]),
        ({"limit": 2}, [1, 2]),
        ({"limit": 0}, []),
        ({"limit": -1}, []),
        ({"camera": "C1"}, [1, 3]),
        ({"camera": "C1", "name": "1"}, [3]),
        ({"name": "1"}, [3, 4]),
        ({"start": NOON + timedelta(minutes=1)}, [2, 3, 4]),
        ({"start": NOON + timedelta(minutes=1), "end": NOON + timedelta(minutes=3)}, [2, 3]),
    ],
)
def test_history_is_searched(opened: Callable[..., Journal], asked: dict[str, object], expected: list[int]) -> None:
    journal = opened()
    places = [("C1", "0"), ("C2", "0"), ("C1", "1"), ("C2", "1")]
    journal.record(
        [Event(NOON + timedelta(minutes=i), "slot", *place, "free", "occupied") for i, place in enumerate(places)]
    )
    assert numbers(journal.events(EventQuery(**asked))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (Event(NOON, "node", "", "", "", "", {"x": object()}), TypeError),
        (Event(NOON, "node", "", "", "", "", {"x": float("nan")}), ValueError),
        (Event(NOON.replace(tzinfo=None), "node", "", "", "", ""), TypeError),
    ],
    ids=["no JSON", "not a number", "no time zone"],
)
def test_an_event_that_cannot_be_told_is_refused_and_harms_no_other(
    opened: Callable[..., Journal], event: Event, error: type[Exception]
) -> None:
    journal = opened()
    with pytest.raises(error):
        journal.record([*events(1), event])
    assert numbers(journal.record(events(1))) == [1]


def test_a_slot_that_cannot_be_stored_harms_no_other(opened: Callable[..., Journal]) -> None:
    journal = opened()
    with pytest.raises(TypeError):
        journal.record(events(1), {"C1": {"7": SlotNow("free", NOON.replace(tzinfo=None))}})
    assert numbers(journal.record(events(1), {"C1": {"7": SlotNow("free", NOON, np.float32(0.5))}})) == [1]
    assert journal.slots("C1") == {"7": SlotNow("free", NOON, 0.5)}


def test_a_name_that_is_no_unicode_is_recorded(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.record([replace(events(1)[0], name="\udcff")])
    assert journal.events(EventQuery())[0].name == "?"


def test_a_slot_whose_id_is_no_unicode_is_recorded_and_harms_no_other(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.record(events(1), {"C1": {"a\ud800": SlotNow("free", NOON)}})
    assert numbers(journal.record(events(1), {"C2": {"7": SlotNow("free", NOON)}})) == [2]
    assert set(journal.slots("C1")) == {"a?"}


CHILD = """
import sys
from datetime import timedelta
from pathlib import Path
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event
from lotwise.cameras.slots.state import SlotNow
from tests.node.mqtt.brokers import NOON

journal = Journal(Path(sys.argv[1]))
for i in range(1, 100_000):
    event = Event(NOON, "slot", "C1", "7", "free", "occupied", {"i": i})
    journal.record([event], {"C1": {"7": SlotNow("free", NOON + timedelta(seconds=i))}})
    print(i, flush=True)
"""


def test_a_kill_loses_nothing_that_was_recorded(opened: Callable[..., Journal], tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= 50:
                break
        child.kill()
        told = int([line, *child.stdout.read().split()][-1])
    journal = opened(path)
    assert told <= journal.last <= told + 1
    assert [event.details["i"] for event in journal.events(EventQuery())] == list(range(1, journal.last + 1))
    # Events and slots are of the same moment.
    assert journal.slots("C1")["7"].since == NOON + timedelta(seconds=journal.last)


def test_a_subscriber_gets_what_came_since_it_was_there_and_nothing_twice(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.record(events(3))
    assert journal.undelivered("mqtt") == []
    journal.record(events(4))
    assert numbers(journal.undelivered("mqtt", limit=2)) == [4, 5]
    assert numbers(journal.undelivered("mqtt", after=5)) == [6, 7]
    journal.delivered("mqtt", 5)
    journal.delivered("mqtt", 4)
    assert numbers(opened().undelivered("mqtt")) == [6, 7]


def test_old_events_go_but_not_before_they_were_delivered(opened: Callable[..., Journal]) -> None:
    journal = opened(keep_days=AT_ONCE)
    journal.attach("mqtt")
    journal.attach("other")
    journal.record(events(1000))
    journal.record(events(100))
    assert len(journal.events(EventQuery(limit=5000))) == 1100
    journal.delivered("mqtt", 1100)
    journal.delivered("other", 300)
    journal.record(events(100))
    assert numbers(journal.events(EventQuery(limit=5000))) == list(range(301, 1201))
    assert journal.health().behind == {"mqtt": 100, "other": 900}
    assert journal.health().lost_to == {"mqtt": 0, "other": 0}


def test_a_subscriber_that_is_no_longer_configured_keeps_nothing(opened: Callable[..., Journal]) -> None:
    journal = opened(keep_days=AT_ONCE)
    journal.attach("mqtt")
    journal.record(events(90))
    journal = opened(keep_days=AT_ONCE)
    journal.record(events(110))
    assert journal.events(EventQuery()) == []
    # Back again, it is told that it missed them.
    assert journal.attach("mqtt") == 200
    assert journal.health().lost_to["mqtt"] == 200


def test_what_the_buffer_cannot_hold_is_counted_and_leaves_a_gap(
    opened: Callable[..., Journal], caplog: pytest.LogCaptureFixture
) -> None:
    journal = opened(keep_days=AT_ONCE, buffer_events=50)
    journal.attach("mqtt")
    journal.record(events(200))
    assert numbers(journal.undelivered("mqtt")) == list(range(151, 201))
    assert journal.health().lost_to == {"mqtt": 150}
    assert "150 events were dropped before mqtt got them" in caplog.text
    journal = opened(keep_days=AT_ONCE, buffer_events=50)
    assert journal.attach("mqtt") == 150 and journal.health().lost_to == {"mqtt": 150}


def test_the_file_does_not_outgrow_its_limit_and_shrinks(opened: Callable[..., Journal]) -> None:
    journal = opened(max_mb=1)
    journal.attach("mqtt")
    large = [replace(event, details={"text": "x" * 900}) for event in events(100)]
    for _ in range(60):
        journal.record(large)
    assert journal.path.stat().st_size > 4e6, "kept for the subscriber"
    journal.delivered("mqtt", 6000)
    for _ in range(40):
        journal.record(events(100))
    journal = opened(max_mb=1)
    assert journal.path.stat().st_size < 1.5e6
    assert journal.last == 10_000 and numbers(journal.events(EventQuery(after=9_999))) == [10_000]


def test_several_threads_record_while_others_read(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.attach("mqtt")
    given: list[int] = []
    got: list[int] = []

    def record() -> None:
        for _ in range(30):
            given.extend(numbers(journal.record(events(5))))

    def read() -> None:
        while len(got) < 450:
            for number in numbers(journal.undelivered("mqtt", limit=50)):
                got.append(number)
                journal.delivered("mqtt", number)

    threads = [threading.Thread(target=record) for _ in range(3)] + [threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    assert sorted(given) == got == list(range(1, 451))


def test_a_reader_in_the_midst_of_a_query_holds_up_nobody(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.record(events(100))
    with sqlite3.connect(journal.path) as reader:
        rows = reader.execute("SELECT * FROM events")
        rows.fetchone()
        assert numbers(journal.record(events(1))) == [101]
        assert journal.health().writable
    reader.close()


def sqlite(path: Path, script: str) -> None:
    db = sqlite3.connect(path)
    db.executescript(script)
    db.close()


def torn(path: Path) -> None:
    journal = Journal(path)
    for _ in range(20):
        journal.record(events(100))
    journal.close()
    path.write_bytes(path.read_bytes()[:20_000])


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda path: path.write_bytes(bytes(range(256)) * 40), "not a history that can be read"),
        (torn, "not a history that can be read"),
        (lambda path: sqlite(path, "CREATE TABLE t (x)"), "another program's database"),
        (lambda path: (Journal(path).close(), sqlite(path, "PRAGMA user_version = 99")), "of version 99"),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
    ids=["garbage", "cut off", "another program's", "newer", "folder"],
)
def test_a_file_that_is_no_history_is_refused_in_one_line(
    tmp_path: Path, spoil: Callable[[Path], object], line: str
) -> None:
    path = tmp_path / "journal.db"
    spoil(path)
    with pytest.raises(InputError, match=line) as refusal:
        Journal(path)
    assert str(path) in str(refusal.value) and "\n" not in str(refusal.value)


def test_an_empty_file_becomes_a_history(opened: Callable[..., Journal], tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert numbers(opened(tmp_path / "empty.db").record(events(1))) == [1]


def test_damage_that_shows_while_reading_is_told(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.record(events(5000))
    journal = opened()
    with journal.path.open("r+b") as file:
        file.seek(50_000)
        file.write(b"\xff" * 200_000)
    with pytest.raises(InputError, match="not a history that can be read"):
        journal.events(EventQuery(limit=5000))


def filled(journal: Journal) -> int:
    """Record until the disk is full; gives how many events it took."""
    while True:
        large = [replace(event, details={"text": "x" * 500}) for event in events(20)]
        if journal.record(large)[0].number == 0:
            return journal.last


def test_events_wait_for_a_full_disk_and_are_written_in_order(
    small_disk: Callable[[str], Path], opened: Callable[..., Journal]
) -> None:
    journal = opened(small_disk("600k") / "journal.db")
    journal.attach("mqtt")
    last = filled(journal)
    assert last > 0
    assert journal.record([replace(events(1)[0], name="late")], {"C1": {"7": SlotNow("free", NOON)}})[0].number == 0
    health = journal.health()
    assert not health.writable and "disk is full" in health.why and health.in_memory == 21 and health.lost == 0
    assert numbers(journal.undelivered("mqtt", limit=10_000)) == list(range(1, last + 1))
    journal.delivered("mqtt", last)
    assert journal.undelivered("mqtt") == []

    small_disk("8m")
    until(lambda: journal.undelivered("mqtt"), "written without a further event")
    assert numbers(journal.undelivered("mqtt")) == list(range(last + 1, last + 22))
    assert journal.events(EventQuery(name="late"))[0].number == last + 21
    assert journal.health().writable and journal.health().in_memory == 0
    assert journal.slots("C1") == {"7": SlotNow("free", NOON)}


def test_what_memory_cannot_hold_is_counted_and_leaves_a_gap(
    small_disk: Callable[[str], Path], opened: Callable[..., Journal]
) -> None:
    journal = opened(small_disk("600k") / "journal.db", memory_events=10)
    last = filled(journal)
    journal.record(events(25))
    assert journal.health().lost == 35 and journal.health().in_memory == 10
    small_disk("8m")
    journal.close()
    journal = opened(journal.path)
    assert numbers(journal.events(EventQuery(after=last, limit=100))) == list(range(last + 36, last + 46))


def test_topics_are_remembered_by_reader(opened: Callable[..., Journal]) -> None:
    journal = opened()
    journal.keep_topics("mqtt", {"a", "b"})
    journal.keep_topics("other", {"c"})
    journal.keep_topics("mqtt", {"b"})
    assert opened().topics("mqtt") == {"b"}
