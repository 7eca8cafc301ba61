"""``lotwise hub rollout``: begun, shown, stopped and undone from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lotwise.hub.database.database import Database, open_database
from lotwise.hub.jobs.queue import open_job
from tests.hub.hub_files import write_hub
from tests.hub.rollouts.fleet import add_fleet, fingerprint, job_ends
from tests.lotwise.running import refused, run


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Of a hub file in the working folder that knows six nodes, with a recipe file beside it."""
    monkeypatch.chdir(tmp_path)
    opened = open_database(write_hub(tmp_path))
    with opened.writing() as session:
        add_fleet(session)
    (tmp_path / "larger.yaml").write_text("teacher: larger.pt\nsettings: learn.yaml\n")
    (tmp_path / "learn.yaml").write_text("{epochs: 3}\n")
    yield opened
    opened.close()


def shown() -> dict[str, object]:
    assert run("hub", "rollout", "--json", "shown.json") == 0
    found: dict[str, object] = json.loads(Path("shown.json").read_text())
    return found


def test_from_the_canary_to_undone(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("hub", "rollout") == 0
    assert "no rollout yet" in capsys.readouterr().out
    words = ["--canary", "node a", "C1", "--then", "canary", "--then", "all", "--stop-share", "0.5"]
    assert run("hub", "rollout", "start", "larger.yaml", *words) == 0
    assert "stage 1 of 3 with 1 camera;" in capsys.readouterr().out
    with database.reading() as session:
        job = open_job(session, fingerprint("a"), "C1")
        assert job is not None and (job.kind, job.why) == ("rollout", "stage 1 of rollout larger")
    now = shown()
    assert "stage 1 of 3, running" in capsys.readouterr().out
    assert (now["rollout"], now["state"], now["teacher"], now["stop_share"]) == ("larger", "running", "larger.pt", 0.5)
    assert [(one["node"], one["camera"], one["state"]) for one in now["cameras"]] == [("node a", "C1", "training")]  # type: ignore[attr-defined]
    assert "rollout larger still runs" in refused(capsys, "hub", "rollout", "start", "larger.yaml", "--then", "all")
    with database.writing() as session:
        job_ends(session)
    assert run("hub", "rollout", "stop") == 0
    assert run("hub", "rollout", "undo") == 0
    said = capsys.readouterr().out
    assert "rollout larger is undone" in said
    assert "aaaaaaaaaaaa C1 keeps 1111111111111111" in " ".join(said.split()), "the hub has no bundle from before"
    assert shown()["state"] == "undone"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["start", "larger.yaml"], "give --canary NODE CAMERA, or --then GROUP"),
        (["start", "none.yaml", "--then", "all"], "none.yaml: cannot be read"),
        (["start", "larger.yaml", "--then", "al"], "no accepted node is in group 'al'; there are: all, canary"),
        (["start", "larger.yaml", "--canary", "node a", "C9"], "no camera 'C9' of this node; there are: C1"),
        (["stop"], "no rollout runs"),
        (["undo"], "no rollout can be undone"),
    ],
    ids=["no stage", "no file", "no group", "no camera", "nothing to stop", "nothing to undo"],
)
def test_bad_input_is_one_line(
    database: Database, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    assert why in refused(capsys, "hub", "rollout", *words)
