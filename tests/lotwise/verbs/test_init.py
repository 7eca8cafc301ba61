"""A site file from a list of sources, on the command line: written, added to, never overwritten, without passwords."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import pytest

from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.reading import read_site
from tests.cameras.sources.http_server import LOGIN, HttpCamera, jpeg
from tests.lotwise.running import refused, run

SECRET = "p%40ss%3Aw%2Frd%2520"  # LOGIN's password as it stands in an address


@pytest.fixture
def lot(tmp_path: Path, site, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with frames of two cameras, into which one goes first."""
    for camera in site.cameras:
        (tmp_path / "stored" / camera).mkdir(parents=True)
        for frame in site.of_camera(camera):
            shutil.copy(frame.path, tmp_path / "stored" / camera / frame.name.replace("/", "_"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that init sets for its own look are gone afterwards."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_a_new_site_passes_the_check_and_is_learned_from_at_once(lot: Path, capsys) -> None:
    assert run("init", "lot/site.yaml", "north=stored/C1", "stored/C2") == 0
    said = capsys.readouterr().out
    assert "lot/site.yaml: 2 cameras, 2 new" in said
    assert "160x120, 6 frames, " in said
    for camera in ("north", "c2"):
        assert cv2.imread(f"lot/pictures/{camera}.jpg").shape == (120, 160, 3)
    found = read_site(lot / "lot" / "site.yaml")
    assert found.name == "lot"
    assert [frame.camera for frame in site_dataset(lot / "lot" / "site.yaml").frames] == ["north"] * 6 + ["c2"] * 6
    assert run("run", "lot/site.yaml", "--check") == 0
    said = capsys.readouterr().out
    assert "is not there yet, so all slots of north, c2 stay unknown; run lotwise adapt with --out" in said


def test_one_more_source_is_added_and_all_else_stays(lot: Path, capsys) -> None:
    run("init", "site.yaml", "stored/C1")
    text = Path("site.yaml").read_text().replace("# slots: slots/c1.json", "slots: mine.json  # drawn by hand\n    #")
    Path("site.yaml").write_text(text)
    picture = Path("pictures/c1.jpg").stat().st_mtime_ns
    capsys.readouterr()
    assert run("init", "site.yaml", "stored/C1", "roof=stored/C2") == 0
    said = capsys.readouterr()
    assert "site.yaml: 2 cameras, 1 new" in said.out
    assert "note: stored/C1: is there already, as c1" in said.err
    after = Path("site.yaml").read_text()
    assert all(line in after.splitlines() for line in text.splitlines())
    assert "slots: mine.json  # drawn by hand" in after
    assert list(read_site(Path("site.yaml")).cameras) == ["c1", "roof"]
    assert Path("pictures/c1.jpg").stat().st_mtime_ns == picture
    assert run("init", "site.yaml", "stored/C1") == 0
    assert Path("site.yaml").read_text() == after


@pytest.mark.parametrize(
    "text",
    [
        "name: lot\ncameras:\n  c1: {source: stored/C1}\n",
        "name: lot\ncameras:\n  c1: {source: stored/C1}",
        "# mine\nname: lot\ncameras:\n      c1:\n          source: stored/C1  # here\n      # the end\n\n\n# rest\n"
        "schedule: {period_s: 2}\n",
        "cameras:\n  c1:\n    source: stored/C1\n\nname: lot\n",
    ],
)
def test_cameras_are_added_to_files_written_by_hand(lot: Path, text: str) -> None:
    Path("site.yaml").write_text(text)
    assert run("init", "site.yaml", "stored/C2") == 0
    found = read_site(Path("site.yaml"))
    assert list(found.cameras) == ["c1", "c2"]
    assert (found.name, found.cameras["c1"].source.path) == ("lot", lot / "stored/C1")
    assert all(line in Path("site.yaml").read_text().splitlines() for line in text.splitlines())


def test_force_writes_the_file_anew(lot: Path) -> None:
    run("init", "site.yaml", "stored/C1")
    assert run("init", "site.yaml", "stored/C2", "--force", "--name", "Another lot") == 0
    found = read_site(Path("site.yaml"))
    assert (list(found.cameras), found.name) == (["c2"], "Another lot")


def test_passwords_are_named_and_never_written(lot: Path, capsys) -> None:
    with HttpCamera(lambda handler: handler.reply(jpeg(100)), login="digest") as camera:
        address = camera.url.replace("http://", f"http://{LOGIN[0]}:{SECRET}@").replace("/picture", "/snapshot.jpg")
        assert run("init", "site.yaml", f"north gate={address}") == 0
        said = capsys.readouterr()
        wrong = camera.url.replace("http://", "http://operator:hunter2@").replace("/picture", "/snapshot")
        assert run("init", "site.yaml", f"yard={wrong}", "--limit", 10) == 0
        told = capsys.readouterr()
    assert "set before lotwise runs: LOTWISE_NORTH_GATE_PASSWORD" in said.out
    assert "160x120, a picture for each request" in said.out
    assert "the camera refuses this username and password" in told.out
    assert "note: yard: gave no picture; it is written all the same" in told.err
    everything = Path("site.yaml").read_text() + said.out + said.err + told.out + told.err
    for secret in (SECRET, LOGIN[1], "hunter2"):
        assert secret not in everything
    source = read_site(Path("site.yaml")).cameras["north gate"].source
    assert (source.username, source.password.env) == (LOGIN[0], "LOTWISE_NORTH_GATE_PASSWORD")
    # Its first picture is the first frame to learn from.
    (frame,) = site_dataset(Path("site.yaml"), ("north gate",)).frames
    assert frame.taken is not None
    assert frame.path.name.startswith("north gate_20")


def test_a_camera_that_is_away_is_written_with_the_reason(lot: Path, capsys) -> None:
    assert run("init", "site.yaml", "stored/C1", "rtsp://127.0.0.1:9/1", "--limit", 30) == 0
    said = capsys.readouterr()
    assert "connection refused" in said.out
    assert ": connection refused\n" in Path("site.yaml").read_text()
    assert run("run", "site.yaml", "--check") == 0


def test_what_cannot_be_written_is_one_line(lot: Path, capsys) -> None:
    Path("broken.yaml").write_text("name: [\n")
    Path("flow.yaml").write_text("{name: lot, cameras: {c1: {source: stored/C1}}}\n")
    run("init", "site.yaml", "stored/C1")
    text = Path("site.yaml").read_text()
    for arguments, why in (
        (("new.yaml",), "no source is given"),
        (("new.yaml", "nowhere"), "nowhere: no such folder or video"),
        (("new.yaml", "stored/C1/" + os.listdir("stored/C1")[0]), "neither a folder nor a video"),
        (("new.yaml", "ftp://h/a"), "no such scheme"),
        (("new.yaml", "http://h/a?pwd=hunter2"), "a password is written into the URL"),
        (("site.yaml", "c1=stored/C2"), "there is a camera of that id already"),
        (("new.yaml", ".hidden=stored/C1"), ".hidden"),
        (("broken.yaml", "stored/C1"), "broken.yaml"),
        (("flow.yaml", "stored/C2"), "flow.yaml: its cameras are not written one a line"),
    ):
        said = refused(capsys, "init", *arguments)
        assert why in said, arguments
        assert "hunter2" not in said
    assert not Path("new.yaml").exists()
    assert Path("site.yaml").read_text() == text
    assert not list(lot.glob(".*.new"))
