"""``lotwise history``: tables, files and erasing, on a node's journal."""

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lotwise.cameras.slots.seen_boxes import FrameBoxes, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import read_seen_boxes, write_seen_boxes
from lotwise.node.lock import StateLock
from lotwise.node.state import Event
from tests.cameras.slots.lots import SIZE, slots_of, view, watch
from tests.lotwise.running import refused, run
from tests.node.history.journals import at, change, write

ROOT = Path(__file__).parents[3]
RANGE = ("--from", "2026-03-04T12:00", "--to", "2026-03-05T12:00")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write(
        tmp_path / "state" / "history.sqlite",
        change(0, "A1", "unknown", "free"),
        change(0, "=B1", "unknown", "free", "C2"),
        change(6, "A1", "free", "occupied"),
        change(9, "A1", "occupied", "free"),
        change(12, "=B1", "free", "unknown", "C2"),
        change(20, "A1", "free", "occupied"),
    )
    heartbeat = tmp_path / "state" / "heartbeat"
    heartbeat.touch()
    os.utime(heartbeat, (at(24).timestamp(),) * 2)
    (tmp_path / "site.yaml").write_text(
        "name: lot\nschedule: {timezone: UTC}\ncameras: {C1: {source: x}, C2: {source: y}}\n"
        "bays: {rules: [{row: A, kind: short, max_stay: 2h}]}\n"
    )
    return tmp_path / "site.yaml"


def test_a_table_needs_nothing_that_looks_at_pictures(site: Path) -> None:
    program = f"""
import sys
from lotwise import command_line
try:
    command_line.main(["history", {str(site)!r}, "--from", "2026-03-04T12:00"])
finally:
    assert not {{"cv2", "av", "lotwise.cameras.trust", "lotwise.cameras.slots.learning"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert "2 stays" in done.stdout


def test_the_tables_and_the_files(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / name for name in ("t.csv", "all.json", "t.jsonl", "week.svg")]
    options = [word for pair in zip(("--csv", "--json", "--json-lines", "--plot"), files, strict=True) for word in pair]
    assert run("history", site, *RANGE, "--by", "stay", *options) == 0
    said = capsys.readouterr().out
    assert "2026-03-04 12:00 to 2026-03-05 12:00 (UTC): 19.4% occupied, 75.0% of the time known; 2 stays" in said
    with files[0].open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["slot"], first["from"], first["to"]) == (
        "A1",
        "2026-03-04T18:00:00+00:00",
        "2026-03-04T21:00:00+00:00",
    )
    assert (first["kind"], first["max_stay_s"], first["over_s"], first["sure"]) == ("short", "7200.0", "3600.0", "True")
    assert (second["to"], second["end"], second["occupied_s"]) == ("", "open", "14400.0")
    content = json.loads(files[1].read_text())
    assert content["lot"] == {
        "free_s": 29 * 3600, "occupied_s": 7 * 3600, "unknown_s": 12 * 3600,
        "occupied_share": 0.1944, "known_share": 0.75,
    }  # fmt: skip
    assert {key: len(content[key]) for key in ("cameras", "rows", "slots", "hours", "weekdays", "stays")} == {
        "cameras": 2, "rows": 2, "slots": 2, "hours": 24, "weekdays": 7, "stays": 2
    }  # fmt: skip
    assert [json.loads(line)["slot"] for line in files[2].read_text().splitlines()] == ["A1", "A1"]
    assert ElementTree.fromstring(files[3].read_text()).tag.endswith("svg")


@pytest.mark.parametrize("by", ["camera", "row", "slot", "hour", "weekday", "stay"])
def test_every_table_adds_up(site: Path, tmp_path: Path, by: str) -> None:
    assert run("history", site, *RANGE, "--by", by, "--csv", tmp_path / "t.csv") == 0
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["occupied_s"]) for row in rows) == pytest.approx(7 * 3600)
    assert all(not value.startswith("=") for row in rows for value in row.values())  # no formula for a spreadsheet


def test_how_cameras_agreed_on_shared_places(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("history", site, *RANGE, "--by", "agreement") == 0
    assert "nothing was compared" in capsys.readouterr().out
    compared = [(1, "C1", 60, 3), (2, "C1", 40, 2), (2, "C2", 40, 2), (30, "C1", 60, 60)]
    write(
        site.parent / "state" / "history.sqlite",
        *(
            Event(at(hours), "agreement", camera, "", "", "", {"compared": count, "differed": differed})
            for hours, camera, count, differed in compared
        ),
    )
    assert run("history", site, *RANGE, "--by", "agreement", "--json", tmp_path / "all.json") == 0
    assert "5.0%" in capsys.readouterr().out
    assert json.loads((tmp_path / "all.json").read_text())["agreements"] == [
        {"camera": "C1", "compared": 100, "differed": 5, "differed_share": 0.05},
        {"camera": "C2", "compared": 40, "differed": 2, "differed_share": 0.05},
    ]
    assert run("history", site, *RANGE, "--by", "agreement", "--camera", "C2", "--csv", tmp_path / "t.csv") == 0
    assert (tmp_path / "t.csv").read_text().splitlines()[1:] == ["C2,40,2,0.05"]


def test_only_a_camera_or_a_row(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--camera", "C1"], ["--row", "A"]):
        assert run("history", site, *RANGE, *options, "--json", tmp_path / "j.json") == 0
        assert [row["camera"] for row in json.loads((tmp_path / "j.json").read_text())["slots"]] == ["C1"]
    assert run("history", site, *RANGE, "--row", "none") == 0
    assert "nothing is known; 0 stays" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--from", "yesterday"], "--from yesterday: expected a date such as 2026-11-01"),
        (["--from", "2026-03-05", "--to", "2026-03-04"], "--from 2026-03-05: is not before --to 2026-03-04"),
        (["--camera", "C9"], "no camera C9; there are C1, C2"),
        (["--by", "moon"], "'moon' is not one of"),
        (["--erase-before", "soon"], "--erase-before soon: expected a date"),
    ],
)
def test_what_is_refused(site: Path, capsys: pytest.CaptureFixture[str], options: list[str], why: str) -> None:
    assert why in refused(capsys, "history", site, *options)


def test_a_site_without_history_and_a_damaged_one(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state" / "history.sqlite").write_bytes(b"no database" * 1000)
    assert "not a history that can be read" in refused(capsys, "history", site)
    (tmp_path / "other.yaml").write_text("name: o\nstate: elsewhere\ncameras: {C1: {source: x}}\n")
    assert "there is no history; run the node first" in refused(capsys, "history", tmp_path / "other.yaml")
    assert "there is no history to erase" in refused(capsys, "history", tmp_path / "other.yaml", "--erase-before", "1d")


def test_what_is_erased_is_gone_from_the_file(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state"
    old = at(6).isoformat().encode()  # in the details of the event

    def bytes_of_state() -> bytes:
        return b"".join(file.read_bytes() for file in state.iterdir())

    assert old in bytes_of_state()
    lock = StateLock(state)
    assert "a node runs here already" in refused(capsys, "history", site, "--erase-before", "2026-03-04T20:00")
    lock.close()
    assert old in bytes_of_state()
    assert run("history", site, "--erase-before", "2026-03-04T20:00") == 0
    assert capsys.readouterr().out.startswith("3 events before 2026-03-04T20:00:00+00:00 erased: ")
    assert old not in bytes_of_state()
    assert run("history", site, *RANGE, "--by", "stay", "--json", tmp_path / "j.json") == 0
    stays = json.loads((tmp_path / "j.json").read_text())["stays"]
    assert [stay["from"] for stay in stays] == ["2026-03-05T08:00:00+00:00"]


def test_days_ago_and_the_time_zone(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text(site.read_text().replace("timezone: UTC", "timezone: Asia/Kathmandu"))
    assert run("history", site, "--from", "2026-03-04", "--to", "2026-03-05", "--json", tmp_path / "j.json") == 0
    content = json.loads((tmp_path / "j.json").read_text())
    assert (content["from"], content["timezone"]) == ("2026-03-04T00:00:00+05:45", "Asia/Kathmandu")
    assert run("history", site, "--from", "2w", "--json", tmp_path / "j.json") == 0
    begin = datetime.fromisoformat(json.loads((tmp_path / "j.json").read_text())["from"])
    assert 13 < (datetime.now(UTC) - begin).days < 15


def test_how_well_slots_are_known_and_that_it_is_erased(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slots = slots_of(view(5))
    path = tmp_path / "state" / "seen_boxes" / "C1.npz"
    path.parent.mkdir()
    frames = [FrameBoxes.of(seen.detections, SIZE, at(hours)) for hours, seen in enumerate(watch(view(5), 12))]
    write_seen_boxes(path, SeenBoxes.of(tuple(frames), SIZE))
    entries = [{"id": slot.id, "polygon": slot.polygon.tolist()} for slot in slots]
    (tmp_path / "slots.json").write_text(json.dumps(entries))
    site.write_text("name: lot\ncameras: {C1: {source: x, slots: slots.json}, C2: {source: y, slots: none.json}}\n")
    (tmp_path / "none.json").write_text("[]")

    assert run("history", site, "--known", "--json", tmp_path / "known.json") == 0
    said = capsys.readouterr().out
    assert "known from their own cars" in said and "C2: no slots" in said
    told = json.loads((tmp_path / "known.json").read_text())
    assert set(told["C1"]) == {slot.id for slot in slots}
    assert {one["frames"] for one in told["C1"].values()} == {12}
    assert max(one["seen"] for one in told["C1"].values()) > 3
    assert "no camera C9; there are C1, C2" in refused(capsys, "history", site, "--known", "--camera", "C9")

    assert run("history", site, "--erase-before", at(5).isoformat()) == 0
    assert "events and the boxes of 5 frames before" in capsys.readouterr().out
    left = read_seen_boxes(path)
    assert left is not None and [frame.taken for frame in left.frames] == [at(hours) for hours in range(5, 12)]
    path.write_bytes(b"no boxes")
    assert "C1.npz: not a file of seen boxes; delete it" in refused(capsys, "history", site, "--known")
