"""Hours and weekdays of a site's own time zone, also when its clocks change; and what the picture of a week shows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from lotwise.node.history.heat_map import heat_map
from lotwise.node.history.pieces import Piece, Pieces
from lotwise.node.history.recorded import recorded
from lotwise.node.history.timeline import Timeline, timeline
from lotwise.node.history.utilisation import Use, Utilisation, utilisation
from lotwise.node.journal.database import micros
from tests.node.history.journals import at, change, write

ROME = ZoneInfo("Europe/Rome")


def use_of(state: str, start: datetime, end: datetime, zone: ZoneInfo = ROME, margin_h: float = 0.0) -> Utilisation:
    piece = Piece(state, micros(start), micros(end), micros(start), 0.9)  # type: ignore[arg-type]
    margin = timedelta(hours=margin_h)
    return utilisation(
        Timeline({("C1", "A7"): Pieces.of([piece])}, frozenset()),
        start - margin,
        end + margin,
        zone,
        lambda camera, slot: "A",
    )


def test_the_night_in_which_an_hour_comes_twice_has_two_of_it() -> None:
    start = datetime(2026, 10, 25, 0, 0, tzinfo=ROME)
    use = use_of("occupied", start.astimezone(UTC), datetime(2026, 10, 26, 0, 0, tzinfo=ROME).astimezone(UTC))
    hours = [one.occupied_s / 3600 for one in use.hours]
    assert hours == pytest.approx([1, 1, 2] + [1] * 21)
    assert use.weekdays[6].occupied_s == 25 * 3600  # Sunday
    assert use.lot.occupied_s == 25 * 3600


def test_the_night_in_which_an_hour_is_left_out_has_none_of_it() -> None:
    start, end = (datetime(2026, 3, day, 0, 0, tzinfo=ROME).astimezone(UTC) for day in (29, 30))
    hours = [one.free_s / 3600 for one in use_of("free", start, end).hours]
    assert hours == pytest.approx([1, 1, 0] + [1] * 21)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "UTC"])
def test_zones_of_odd_offsets(zone: str) -> None:
    there = ZoneInfo(zone)
    start = datetime(2026, 7, 8, 7, 50, tzinfo=there).astimezone(UTC)
    use = use_of("occupied", start, start + timedelta(minutes=25), there, margin_h=30)
    assert use.hours[7].occupied_s == pytest.approx(600)
    assert use.hours[8].occupied_s == pytest.approx(900)
    assert use.weekdays[2].occupied_s == pytest.approx(1500)  # Wednesday
    assert use.week[2][7].occupied_s == pytest.approx(600)


def test_shares_are_of_the_time_that_is_known() -> None:
    use = Use(free_s=30, occupied_s=10, unknown_s=60)
    assert (use.occupied_share, use.known_share) == (0.25, 0.4)
    assert (Use(0, 0, 60).occupied_share, Use(0, 0, 60).known_share) == (None, 0.0)
    assert Use(0, 0, 0).known_share is None


def test_a_range_cuts_what_began_before_it_and_ends_after_it(tmp_path: Path) -> None:
    write(
        tmp_path / "h",
        change(0, "1", "free", "occupied"),
        change(5, "1", "occupied", "free"),
        change(6, "2", "unknown", "free"),
    )
    found = timeline(recorded(tmp_path / "h", at(1), at(3)), at(9))
    use = utilisation(found, at(1), at(3), UTC, lambda camera, slot: "")
    assert use.slots["C1", "1"] == Use(0, 2 * 3600, 0)
    assert use.slots["C1", "2"] == Use(0, 0, 0)  # nothing is known of it before its first event


def test_a_picture_hatches_what_is_not_known() -> None:
    unknown, empty, half, little = Use(0, 0, 3600), Use(3600, 0, 0), Use(1800, 1800, 0), Use(100, 100, 3400)
    week = [[unknown] * 24 for _ in range(7)]
    week[0][8], week[0][9], week[0][10] = empty, half, little
    svg = ElementTree.fromstring(heat_map(week, "A <lot> & more"))
    space = "{http://www.w3.org/2000/svg}"
    assert svg.findtext(f"{space}title") == "A <lot> & more"
    fields = [rect for rect in svg.iter(f"{space}rect") if rect.find(f"{space}title") is not None]
    assert len(fields) == 7 * 24
    titles = [field.findtext(f"{space}title") for field in fields]
    assert titles[8:11] == [
        "Monday 8:00 to 9:00: 0% occupied", "Monday 9:00 to 10:00: 50% occupied", "Monday 10:00 to 11:00: not known"
    ]  # fmt: skip
    fills = [field.get("fill") for field in fields]
    assert fills[10] == fills[30] == "url(#unseen)"
    assert len({fills[8], fills[9], fills[10]}) == 3
