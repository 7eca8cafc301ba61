"""What earlier versions have left on the disk is taken over whole, and no version reads what a later one has left.

``states/`` holds what nodes and hubs of earlier versions left, made by :mod:`tests.upgrade.make_state` run by those
versions, with what they said of it themselves:

- ``before-hubs``: a node of commit 9c3443b, before there were hubs.
- ``before-users``: node and hub of commit 23ba500, whose tables are 0004.
- ``with-users``: node and hub of commit 34e9c6b, whose tables are 0005.

The keys in them are nobody's.
"""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lotwise.hub.database.database import open_database
from lotwise.hub.reading import read_hub
from lotwise.node.hub.signing import own_keys
from tests.hub.hub_files import write_hub
from tests.hub.pages.visitor import Visitor
from tests.hub.signed_client import SignedClient
from tests.lotwise.running import refused, run
from tests.node.sites import start
from tests.upgrade.make_state import HUB_SAYS, LEDGER_SAYS, NODE_SAYS, PASSWORD, hub_runs

STATES = {path.name.partition(".")[0]: path for path in Path(__file__).with_name("states").glob("*.tar.xz")}
WITH_HUBS = sorted(set(STATES) - {"before-hubs"})


@dataclass(frozen=True)
class Left:
    """What an earlier version has left.

    Attributes:
        node, hub: folders of site file and hub file.
        said: what that version said itself, by folder and command.
    """

    node: Path
    hub: Path
    said: Mapping[str, Mapping[str, Any]]


@pytest.fixture
def left(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Left:
    with tarfile.open(STATES[request.param]) as archive:
        archive.extractall(tmp_path, filter="tar")
    monkeypatch.chdir(tmp_path)
    return Left(tmp_path / "node", tmp_path / "hub", json.loads((tmp_path / "said.json").read_text()))


def says(folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The JSON of a command of this version."""
    monkeypatch.chdir(folder)
    assert run(*command, "--json", "told.json") == 0
    return json.loads((folder / "told.json").read_text())


def covers(told: Any, before: Any) -> bool:
    """Whether an answer says all that an earlier one did; fields may have been added."""
    if isinstance(before, dict):
        return isinstance(told, dict) and all(name in told and covers(told[name], one) for name, one in before.items())
    if isinstance(before, list):
        return isinstance(told, list) and len(told) == len(before) and all(map(covers, told, before))
    return bool(told == before)


def rows(database: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows by table, but for the one that says which version the tables are."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        named = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        tables = {name for (name,) in named} - {"alembic_version"}
        return {table: [dict(row) for row in db.execute(f"SELECT * FROM {table}")] for table in sorted(tables)}


@pytest.mark.parametrize("left", sorted(STATES), indirect=True)
def test_a_node_says_what_the_earlier_version_said(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, before in left.said["node"].items():
        told = says(left.node, (NODE_SAYS | LEDGER_SAYS)[name], monkeypatch)
        assert covers(told, before), name


@pytest.mark.parametrize("left", sorted(STATES), indirect=True)
def test_a_node_goes_on_where_the_earlier_version_ended(left: Left) -> None:
    state, bundles = left.node / "state", left.node / "run" / "cameras" / "C1" / "bundles"
    events = rows(state / "history.sqlite")["events"]
    kept = [path for path in (*bundles.rglob("*.*"), *state.glob("ignore_regions/*"), *state.glob("hub/*.pem"))]
    content = {path: path.read_bytes() for path in kept if path.is_file()}
    node = start(left.node / "site.yaml")
    _, log = node.communicate(timeout=120)
    assert node.returncode == 0, log
    after = rows(state / "history.sqlite")
    assert after["events"][: len(events)] == events
    assert [one["number"] for one in after["events"]] == list(range(1, len(after["events"]) + 1))
    assert len(after["events"]) > len(events)
    assert {one["slot"]: one["state"] for one in after["slots"]} == {"1": "occupied", "2": "free"}
    assert {path: path.read_bytes() for path in content} == content
    live = json.loads((bundles / "registry.json").read_text())["live"]
    assert "bundle C1" not in log or live in log
    assert "WARNING" not in log and "ERROR" not in log


@pytest.mark.parametrize("left", WITH_HUBS, indirect=True)
def test_a_hub_says_what_the_earlier_version_said(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, before in left.said["hub"].items():
        assert covers(says(left.hub, HUB_SAYS[name], monkeypatch), before), name


@pytest.mark.parametrize("left", WITH_HUBS, indirect=True)
def test_a_hub_serves_the_nodes_frames_and_users_of_the_earlier_version(left: Left) -> None:
    before = rows(left.hub / "hub-data" / "hub.sqlite")
    frames = sorted((left.hub / "hub-data" / "frames").rglob("*.jpg"))
    with hub_runs(left.hub) as port:
        node = SignedClient(port, "north", own_keys(left.node / "state" / "hub" / "node.pem"))
        assert node.report({}).status == 200  # accepted still, by the key that it had
        assert node.send("C1", frames[0].read_bytes()).status in (200, 201, 204)
        if "users" in before:
            assert Visitor(port).sign_in("ada", PASSWORD).status == 303
            token = {"Authorization": f"Bearer {(left.hub / 'token.txt').read_text()}"}
            (camera,) = json.loads(Visitor(port).get("/api/v1/cameras", token).content)["cameras"]
            assert (camera["node"], camera["camera"], camera["verdict"]) == ("north", "C1", "watch")
    after = rows(left.hub / "hub-data" / "hub.sqlite")
    # What a node or a user does at that moment.
    changing = {"nodes": {"seen", "software"}, "users": {"seen"}, "tokens": {"used"}}
    for table, earlier in before.items():
        now = after[table][: len(earlier)]
        unchanged = [name for name in (earlier[0] if earlier else ()) if name not in changing.get(table, ())]
        as_it_was = [[one[name] for name in unchanged] for one in earlier]
        assert [[one[name] for name in unchanged] for one in now] == as_it_was, table
    assert sorted((left.hub / "hub-data" / "frames").rglob("*.jpg")) == frames


@pytest.mark.parametrize("left", WITH_HUBS, indirect=True)
def test_a_backup_of_the_earlier_version_makes_a_hub_of_this_one(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    write_hub(left.hub, "data: restored\n")
    monkeypatch.chdir(left.hub)
    assert run("hub", "restore", "backup.tar") == 0
    for name, before in left.said["hub"].items():
        assert covers(says(left.hub, HUB_SAYS[name], monkeypatch), before), name
    assert len(list((left.hub / "restored" / "frames").rglob("*.jpg"))) == 3


def newer(database: Path, statement: str) -> None:
    """What a version would leave that is not written yet."""
    with closing(sqlite3.connect(database)) as db:
        db.execute(statement)
        db.commit()


@pytest.mark.parametrize("left", ["with-users"], indirect=True)
@pytest.mark.parametrize("verb", ["history", "run"])
def test_a_history_of_a_later_version_is_refused(left: Left, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    newer(left.node / "state" / "history.sqlite", "PRAGMA user_version = 99")
    said = refused(capsys, verb, left.node / "site.yaml")
    assert "history.sqlite: a history of version 99" in said and "update Lotwise" in said


@pytest.mark.parametrize("left", ["with-users"], indirect=True)
def test_a_ledger_of_a_later_version_is_refused(left: Left, capsys: pytest.CaptureFixture[str]) -> None:
    newer(left.node / "state" / "hub" / "sent.sqlite", "PRAGMA user_version = 99")
    said = refused(capsys, "sent", left.node / "site.yaml")
    assert "sent.sqlite: was written by a newer version of lotwise; update lotwise" in said


@pytest.mark.parametrize("left", ["with-users"], indirect=True)
@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("registry.json", '"live"', '"canary": [], "live"'),
        ("*/manifest.json", '"format": 1', '"format": 2'),
    ],
    ids=["registry", "manifest"],
)
def test_of_bundles_of_a_later_version_a_node_says_nothing(
    left: Left, file: str, before: str, after: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (left.node / "run" / "cameras" / "C1" / "bundles").glob(file):
        text = path.read_text().replace('{"', '{\n "', 1)
        assert before in text
        path.chmod(0o644)
        path.write_text(text.replace(before, after))
    assert run("run", left.node / "site.yaml") == 0
    told = capsys.readouterr()
    assert "update lotwise" in told.err
    assert "0 detected; 0 free, 0 occupied" in told.out


@pytest.mark.parametrize("left", ["with-users"], indirect=True)
@pytest.mark.parametrize("command", [("hub", "hub.yaml"), ("hub", "nodes")], ids=["serve", "nodes"])
def test_tables_of_a_later_version_are_refused_and_left_alone(
    left: Left, command: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(left.hub)
    open_database(read_hub(left.hub / "hub.yaml")).close()
    newer(left.hub / "hub-data" / "hub.sqlite", "UPDATE alembic_version SET version_num = '9999'")
    before = rows(left.hub / "hub-data" / "hub.sqlite")
    said = refused(capsys, *command)
    assert "hub.sqlite: was written by a newer version of lotwise (its tables are 9999); update lotwise" in said
    assert rows(left.hub / "hub-data" / "hub.sqlite") == before
