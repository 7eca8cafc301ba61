"""Slot files of other projects."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.slot_file import read_slot_file
from tests.cameras.bundles import SLOTS
from tests.lotwise.running import refused, run


def test_slots_of_another_project_are_converted(tmp_path: Path, capsys) -> None:
    source = tmp_path / "camera1.csv"
    source.write_text("SlotId,X,Y,W,H\n184,0,0,259,194\n185,1296,972,1296,972\n")
    assert run("slots", "convert", source, "--out", tmp_path / "slots.json") == 0
    assert capsys.readouterr().out == f"2 slots (CNR-EXT's CSV): {tmp_path / 'slots.json'}\n"
    found = read_slot_file(tmp_path / "slots.json")
    assert [slot.id for slot in found] == ["184", "185"]
    assert found[1].polygon.max(axis=0).tolist() == [1.0, 1.0]
    (tmp_path / "ours.json").write_text(json.dumps(SLOTS))
    assert run("slots", "convert", tmp_path / "ours.json", "--out", tmp_path / "again.json") == 0
    assert [slot.id for slot in read_slot_file(tmp_path / "again.json")] == ["1", "2"]


def test_a_picker_file_is_read_with_its_canvas_and_told_without(tmp_path: Path, capsys) -> None:
    picker, out = tmp_path / "bounding_boxes.json", tmp_path / "slots.json"
    picker.write_text(json.dumps([{"points": [[540, 300], [1080, 300], [1080, 600], [540, 600]]}]))
    cv2.imwrite(str(tmp_path / "frame.png"), np.zeros((500, 900, 3), np.uint8))
    assert "--canvas WIDTHxHEIGHT" in refused(capsys, "slots", "convert", picker, "--out", out)
    told = refused(capsys, "slots", "convert", picker, "--picture", tmp_path / "frame.png", "--out", out)
    assert "lies outside of the picture of 900x500" in told and "--canvas WIDTHxHEIGHT" in told
    assert not out.exists()
    assert run("slots", "convert", picker, "--canvas", "1080x600", "--out", out) == 0
    assert read_slot_file(out)[0].polygon.tolist() == [[0.5, 0.5], [1, 0.5], [1, 1], [0.5, 1]]


def test_ours_become_theirs_in_the_size_of_the_picture(tmp_path: Path, capsys) -> None:
    ours, out = tmp_path / "slots.json", tmp_path / "frame.json"
    ours.write_text(json.dumps(SLOTS))
    convert = ("slots", "convert", ours, "--to", "labelme", "--out", out)
    assert "give --picture FILE" in refused(capsys, *convert)
    cv2.imwrite(str(tmp_path / "frame.png"), np.zeros((500, 1000, 3), np.uint8))
    assert run(*convert, "--picture", tmp_path / "frame.png") == 0
    written = json.loads(out.read_text())
    assert (written["imagePath"], written["imageWidth"], written["imageHeight"]) == ("frame.png", 1000, 500)
    wanted = np.array(SLOTS[0]["polygon"]) * [1000, 500]
    np.testing.assert_allclose(written["shapes"][0]["points"], wanted, atol=0.01)
    assert run("slots", "convert", out, "--out", tmp_path / "again.json") == 0
    assert [slot.id for slot in read_slot_file(tmp_path / "again.json")] == ["1", "2"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--from", "tiff"], "--from tiff: no such format; known are lotwise, ultralytics, labelme"),
        (["--to", "tiff"], "--to tiff: no such format; known are"),
        (["--canvas", "1280"], "--canvas 1280: expected WIDTHxHEIGHT in pixels, such as 1280x720"),
        (["--slot", "0x5"], "--slot 0x5: expected WIDTHxHEIGHT in pixels"),
        (["--from", "labelme"], "slots.json: not a LabelMe file"),
        (["--from", "cvat"], "slots.json: not readable as XML"),
        (["--from", "opencv"], "slots.json: a "),
        (["--picture", "absent.png"], "absent.png: cannot be read"),
        (["--to", "cnr-ext"], "cannot be written as CNR-EXT's CSV: slot 1 is no upright rectangle"),
    ],
)
def test_what_cannot_be_converted_is_one_line(tmp_path: Path, capsys, options: list[str], why: str) -> None:
    file = tmp_path / "slots.json"
    file.write_text(json.dumps([{"id": "1", "polygon": [[0.1, 0.1], [0.2, 0.1], [0.3, 0.3]]}]))
    assert why in refused(capsys, "slots", "convert", file, "--out", tmp_path / "out", *options)
    assert not (tmp_path / "out").exists()


def test_a_conversion_keeps_what_waits_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "slots.json").write_text(json.dumps(PROPOSED))
    assert run("slots", "convert", tmp_path / "slots.json", "--out", tmp_path / "again.json") == 0
    assert json.loads((tmp_path / "again.json").read_text()) == PROPOSED


PROPOSED = [slot | {"status": "proposed"} for slot in SLOTS]


def test_proposals_become_slots_by_a_person_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "slots.json"
    file.write_text(json.dumps(PROPOSED))
    assert run("slots", "convert", file, "--out", tmp_path / "converted.json") == 0
    said = capsys.readouterr()
    assert said.out.startswith("0 slots") and "2 proposed slots count as not there" in said.err
    assert run("slots", "accept", file, "1") == 0
    assert capsys.readouterr().out == f"1 slots accepted, 1 proposals wait: {file}\n"
    assert run("slots", "accept", file, "--all") == 0
    assert [slot.id for slot in read_slot_file(file)] == ["1", "2"]
    assert run("slots", "accept", file, "--all") == 0
    assert capsys.readouterr().out.endswith(f"0 slots accepted, 0 proposals wait: {file}\n")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ([], "give either ids of slots to accept, or --all"),
        (["1", "--all"], "give either ids of slots to accept, or --all"),
        (["7"], "no slot 7; it has 1, 2"),
    ],
)
def test_what_cannot_be_accepted_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], why: str
) -> None:
    file = tmp_path / "slots.json"
    file.write_text(json.dumps(PROPOSED))
    assert run("slots", "accept", file, *more) == 2
    assert why in capsys.readouterr().err
    assert json.loads(file.read_text()) == PROPOSED
