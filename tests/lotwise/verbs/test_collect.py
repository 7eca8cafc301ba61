"""Collecting frames from the command line: what is told, what is written, what is refused."""

import json
import shutil
from pathlib import Path

import pytest

from tests.lotwise.running import refused, run


@pytest.fixture
def lot(tmp_path: Path, site) -> Path:
    (tmp_path / "gate").mkdir()
    for frame in site.of_camera(site.cameras[0]):
        shutil.copy(frame.path, tmp_path / "gate" / frame.name.replace("/", "_"))
    path = tmp_path / "site.yaml"
    path.write_text("name: lot\ncameras:\n  gate: {source: gate}\n  roof: {source: 'rtsp://127.0.0.1:9/1'}\n")
    return path


def test_frames_are_kept_and_counted(lot: Path, capsys) -> None:
    folder = lot.parent / "frames"
    assert run("collect", lot, "--cameras", "gate", "--json", lot.parent / "done.json") == 0
    said = capsys.readouterr()
    done = json.loads((lot.parent / "done.json").read_text())["gate"]
    assert done["folder"] == str(folder / "gate")
    assert done["looked"] == 6
    assert done["frames"] == len(list((folder / "gate").glob("gate_*.jpg"))) > 0
    assert f"frames are in {folder}" in said.out
    assert "note" not in said.err


def test_a_running_camera_ends_with_the_time_and_is_told_how_to_be_learned_from(lot: Path, capsys) -> None:
    assert run("collect", lot, "--cameras", "roof", "--for", "2s", "--out", lot.parent / "kept") == 0
    said = capsys.readouterr()
    assert "roof: down (connection refused)" in said.out
    assert f"note: roof: lotwise adapt does not learn from these frames; give learn_from: {lot.parent}/kept/roof" in (
        said.err
    )


def test_what_cannot_be_done_is_one_line(lot: Path, capsys) -> None:
    for options, why in (
        (("--for", "ever"), "--for ever: expected a span"),
        (("--until", "1999-01-01 10:00"), "that is past"),
        (("--cameras", "gat"), "no camera gat (did you mean gate?)"),
        (("--camera-mb", "0"), "--camera-mb"),
    ):
        assert why in refused(capsys, "collect", lot, *options)
    assert not (lot.parent / "frames").exists()
