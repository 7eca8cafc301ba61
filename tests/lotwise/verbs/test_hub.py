"""``lotwise hub``: serves a file, and operators decide of nodes meanwhile."""

import json
import threading
from pathlib import Path

import pytest

from lotwise.hub.database.database import open_database
from lotwise.hub.database.nodes import enrol
from lotwise.hub.folders import HubFolders
from lotwise.hub.reading import HubFile
from lotwise.hub.serve import serve_hub
from tests.hub.hub_files import write_hub
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.signed_client import NOON, jpeg_of
from tests.lotwise.running import refused, run

WAIT_S = 60.0


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubFile:
    """A hub file in the working folder, whose database knows one node that waits."""
    monkeypatch.chdir(tmp_path)
    made = write_hub(tmp_path, "listen: {port: 0}\n")
    database = open_database(made)
    with database.writing() as session:
        enrol(session, NODE, "north", "key")
    database.close()
    return made


def test_nodes_are_shown_accepted_rejected_and_removed(file: HubFile, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("hub", "nodes", "--json", "nodes.json") == 0
    said = capsys.readouterr().out
    assert "north" in said and f"lotwise hub accept {NODE[:12]}" in said
    assert json.loads(Path("nodes.json").read_text())[0]["state"] == "pending"
    assert run("hub", "accept", "nor", "--group", "canary") == 2, "not its whole name"
    assert run("hub", "accept", NODE[:4], "--group", "canary", "--hub", str(file.path)) == 0
    assert f"node north ({NODE[:12]}) is accepted, group canary" in capsys.readouterr().out
    assert run("hub", "reject", "north") == 0
    frames = HubFolders(file.settings.data).frames(NODE, "C1")
    frames.mkdir(parents=True)
    assert run("hub", "remove", "north", "--yes") == 0
    assert not frames.exists()
    assert run("hub", "log", "--json", "log.json") == 0
    actions = [line["action"] for line in json.loads(Path("log.json").read_text())]
    assert actions == ["remove", "rejected", "accepted"]
    assert run("hub", "nodes", "--json", "nodes.json") == 0
    assert json.loads(Path("nodes.json").read_text()) == []


def test_cameras_are_shown(file: HubFile) -> None:
    database = open_database(file)
    add_camera(database)
    add_frames(database, HubFolders(file.settings.data), [(jpeg_of(), NOON)])
    database.close()
    assert run("hub", "cameras", "north", "--json", "cameras.json") == 0
    (camera,) = json.loads(Path("cameras.json").read_text())
    assert (camera["camera"], camera["frames"]) == ("C1", {"new": 1, "used": 0})


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("accept", "south"), "no node 'south'; there are: north (abababab)"),
        (("accept", "north", "--group", "a b"), "--group 'a b': give letters"),
        (("retrain", "north", "C9"), "no camera 'C9' of this node; there are: none yet"),
        (("none.yaml",), "none.yaml: cannot be read (No such file or directory); give a hub file"),
        (("nodes", "--hub", "none.yaml"), "none.yaml: cannot be read"),
        (("nods",), "No such command 'nods'"),
    ],
    ids=["node", "group", "camera", "file", "other file", "command"],
)
def test_bad_input_is_one_line(
    file: HubFile, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    assert why in refused(capsys, "hub", *words)


def test_a_hub_is_served_until_it_is_stopped_and_by_one_process_alone(
    file: HubFile, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    caplog.set_level("INFO", logger="lotwise")
    served = threading.Thread(target=serve_hub, args=(file.path, stop))
    served.start()
    waiting = threading.Event()
    for _ in range(int(WAIT_S / 0.05)):
        if "listens on 127.0.0.1:" in caplog.text:
            break
        waiting.wait(0.05)
    try:
        assert "another lotwise works in this data folder" in refused(capsys, "hub", str(file.path))
        assert run("hub", "accept", "north") == 0, "operators decide while it runs"
    finally:
        stop.set()
        served.join(WAIT_S)
    assert not served.is_alive()
    assert "hub test hub has ended" in caplog.text
