"""A folder that a camera uploads to."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import pytest

from lotwise.cameras.site.sources import FolderSettings
from lotwise.cameras.sources.uploads import UploadSource
from lotwise.datasets.errors import InputError
from tests.cameras.sources.cameras import grey, too_large_png


class Lot:
    """A folder, its source, and a clock that the test turns."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = float(int(time.time()))
        self.zone: ZoneInfo | None = None
        self.source = self.opened()

    def opened(self) -> UploadSource:
        settings = FolderSettings(kind="folder", path=self.root, follow=True, stale_s=10)
        return UploadSource(
            settings, "C1", lambda: None, 60, clock=lambda: self.now, wall=lambda: self.now, zone=self.zone
        )

    def upload(self, name: str, value: int, age_s: float = 0.0, missing: int = 0) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = cv2.imencode(".png", grey(value))[1].tobytes()
        path.write_bytes(data[: len(data) - missing])
        os.utime(path, (self.now - age_s,) * 2)

    def seen(self, after_s: float = 1.0) -> int | None:
        """Grey of the picture that is given so much later."""
        self.now += after_s
        captured = self.source.newest()
        return None if captured is None else int(captured.image.mean())


@pytest.fixture
def lot(tmp_path: Path) -> Lot:
    return Lot(tmp_path)


def test_only_the_newest_of_several_is_given_and_each_once(lot: Lot) -> None:
    assert lot.seen() is None
    for value in (10, 20, 30):
        lot.upload(f"{value}.png", value, age_s=1 - value / 100)
    assert lot.seen() == 30
    assert lot.seen() is None
    lot.upload("2015-11-12/0709.png", 40)  # cameras upload into folders of days
    lot.now += 1
    captured = lot.source.newest()
    assert captured and int(captured.image.mean()) == 40
    assert captured.taken == datetime(2015, 11, 12, 7, 9).astimezone(UTC)
    assert (captured.number, lot.source.health().dropped) == (4, 2)


def test_same_name_again_is_a_new_picture(lot: Lot) -> None:
    lot.upload("now.png", 10)
    assert lot.seen() == 10
    lot.upload("now.png", 20)
    assert lot.seen(30) == 20


def test_half_written_picture_waits_until_it_is_whole(lot: Lot) -> None:
    lot.upload("a.png", 10, missing=20)
    assert lot.seen() is None
    assert lot.source.health().why == ""
    lot.upload("a.png", 10)
    assert lot.seen() == 10


def test_broken_picture_is_left_out_and_told(lot: Lot) -> None:
    lot.upload("a.png", 10, missing=20)
    assert lot.seen(15) is None
    assert "a.png: truncated" in lot.source.health().why
    lot.upload("b.png", 20)
    assert lot.seen() == 20


def test_a_name_that_is_no_text_is_told_in_what_every_reader_can_encode(lot: Lot) -> None:
    lot.upload(os.fsdecode(b"S\xfcd_1.png"), 10, missing=20)
    assert lot.seen(15) is None
    assert "S?d_1.png: truncated" in lot.source.health().why
    assert lot.source.health().why.encode()


@pytest.mark.parametrize(("zone", "local"), [("America/New_York", "064100"), ("Asia/Tokyo", "204100")])
def test_a_time_in_a_name_is_one_of_the_site_in_whatever_zone_the_machine_is(lot: Lot, zone: str, local: str) -> None:
    lot.now, lot.zone = datetime(2026, 11, 3, 12, tzinfo=UTC).timestamp(), ZoneInfo(zone)
    lot.source = lot.opened()
    lot.upload(f"C1_20261103{local}.png", 10)
    lot.now += 1
    captured = lot.source.newest()
    assert captured and captured.taken == datetime(2026, 11, 3, 11, 41, tzinfo=UTC)
    assert lot.source.health().why == ""


def test_the_hour_that_comes_twice_is_the_one_in_which_the_picture_came(lot: Lot) -> None:
    """Clocks in Rome go from 3:00 back to 2:00 at 1:00 UTC."""
    lot.now, lot.zone = datetime(2026, 10, 25, 0, 40, tzinfo=UTC).timestamp(), ZoneInfo("Europe/Rome")
    lot.source = lot.opened()
    taken = []
    for _ in range(2):
        lot.upload("C1_20261025023900.png", 10 + len(taken))
        lot.now += 1
        captured = lot.source.newest()
        assert captured
        taken.append(captured.taken)
        lot.now += 3599
    assert taken == [datetime(2026, 10, 25, hour, 39, tzinfo=UTC) for hour in (0, 1)]


def test_old_pictures_are_not_given_as_news_and_fresh_ones_are(lot: Lot) -> None:
    lot.upload("old.png", 10, age_s=3600)
    lot.source = lot.opened()
    assert lot.seen() is None
    lot.upload("fresh.png", 20, age_s=30)
    lot.source = lot.opened()
    assert lot.seen() == 20


def test_stale_without_uploads_and_live_again(lot: Lot) -> None:
    lot.upload("a.png", 10)
    assert lot.seen() == 10
    lot.seen(60)
    assert lot.source.health().state == "live"  # the next one was due only now
    lot.seen(10)
    health = lot.source.health()
    assert (health.state, health.why) == ("stale", "no new image was uploaded")
    lot.upload("b.png", 20)
    assert lot.seen() == 20
    assert lot.source.health().state == "live"


def test_folder_that_goes_away_and_comes_back(lot: Lot) -> None:
    shutil.rmtree(lot.root)
    assert lot.seen() is None
    assert lot.source.health().state == "down"
    assert str(lot.root) in lot.source.health().why
    lot.upload("a.png", 10)
    assert lot.seen() == 10
    assert lot.source.health().state == "live"


def test_missing_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder; give the folder that camera C1 uploads to"):
        Lot(tmp_path / "nowhere")


DAY_S = 86400.0


def test_a_file_dated_ahead_is_given_once_told_and_silences_nothing(lot: Lot) -> None:
    lot.upload("a.png", 10)
    assert lot.seen() == 10
    lot.upload("b.png", 20, age_s=-DAY_S)
    assert lot.seen() == 20
    assert "dated ahead of this machine's clock" in lot.source.health().why
    assert lot.source.health().state == "live"
    lot.upload("c.png", 30)  # the clock was set meanwhile
    assert lot.seen() == 30
    lot.upload("d.png", 40, age_s=-DAY_S)
    lot.seen()
    assert lot.seen(2 * DAY_S) is None  # nor is it given again once its time has come


def test_a_file_dated_ahead_is_taken_when_it_arrived(lot: Lot) -> None:
    lot.upload("b.png", 20, age_s=-DAY_S)
    lot.now += 1
    captured = lot.source.newest()
    assert captured and abs(captured.taken.timestamp() - lot.now) <= 2


@pytest.mark.parametrize("name", ["cam_{:%Y-%m-%d_%H%M}.png", "{:%Y-%m-%d}/{:%H%M}.png"])
def test_a_time_ahead_in_a_name_is_not_believed(lot: Lot, name: str) -> None:
    tomorrow = datetime.fromtimestamp(lot.now + DAY_S)
    lot.upload(name.format(tomorrow, tomorrow), 20)
    lot.now += 1
    captured = lot.source.newest()
    assert captured and abs(captured.taken.timestamp() - lot.now) <= 2
    assert "lies ahead" in lot.source.health().why


def test_hundreds_of_files_dated_ahead_hide_no_new_one(lot: Lot) -> None:
    for number in range(300):
        lot.upload(f"{number}.png", 10, age_s=-DAY_S - number)
    lot.seen()
    lot.upload("new.png", 50)
    assert lot.seen() == 50


def test_one_huge_picture_is_told_and_the_next_is_given(lot: Lot) -> None:
    """A header that claims 30000 x 30000 pixels, which would take gigabytes to decode."""
    data = bytearray(cv2.imencode(".png", grey(10))[1].tobytes())
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    (lot.root / "huge.png").write_bytes(data)
    os.utime(lot.root / "huge.png", (lot.now - 20,) * 2)
    assert lot.seen() is None
    assert "claims 30000 x 30000 pixels" in lot.source.health().why
    lot.upload("b.png", 30)
    assert lot.seen() == 30


def test_a_whole_picture_of_too_many_pixels_is_told_and_the_next_is_given(lot: Lot) -> None:
    (lot.root / "large.png").write_bytes(too_large_png())
    os.utime(lot.root / "large.png", (lot.now - 20,) * 2)
    assert lot.seen() is None
    assert "claims 7000 x 7000 pixels, more than the 40 million" in lot.source.health().why
    lot.upload("b.png", 30)
    assert lot.seen() == 30
