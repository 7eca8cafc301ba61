"""``lotwise hub jobs``, ``cancel`` and ``retrain``, on a hub that does not run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.frames import use_frames
from lotwise.hub.folders import HubFolders
from lotwise.hub.jobs.queue import beat, claim, enqueue, finish
from tests.hub.hub_files import write_hub
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.signed_client import NOON, jpeg_of
from tests.lotwise.running import refused, run


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Of a hub file in the working folder, with three cameras of the node north."""
    monkeypatch.chdir(tmp_path)
    opened = open_database(write_hub(tmp_path, "learning: {new_frames: 3}\n"))
    for camera in ("C1", "C2", "C3"):
        add_camera(opened, camera)
    yield opened
    opened.close()


def told(command: str, *more: str) -> list[dict[str, object]]:
    assert run("hub", command, *more, "--json", "told.json") == 0
    found: list[dict[str, object]] = json.loads(Path("told.json").read_text())
    return found


def three_jobs(database: Database) -> None:
    """One that runs, one that has failed, and one that was done."""
    with database.writing() as session:
        for camera in ("C1", "C2", "C3"):
            enqueue(session, "adapt", NODE, camera, "8 frames and no student yet")
        running, failed, done = (claim(session, "one") for _ in range(3))
        assert running is not None and failed is not None and done is not None
        beat(session, running.id, "one", "train C1 3 of 9")
        used = {"used": {"cpu_s": 12.5}}
        finish(session, failed.id, "one", "failed", used, "not one frame can be read")
        slots = {"word": "asks for slots", "why": "it was turned: the view is moved"}
        finish(session, done.id, "one", "done", slots | used)


def test_jobs_are_shown_with_how_far_they_are_or_why_they_failed(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    three_jobs(database)
    done, failed, running = told("jobs")
    said = capsys.readouterr().out
    assert "train C1 3 of 9" in said and "not one frame can be read" in said and "asks for slots" in said
    assert (running["node"], running["camera"], running["state"], running["tries"]) == ("north", "C1", "running", 1)
    assert (failed["state"], failed["error"], failed["cpu_s"]) == ("failed", "not one frame can be read", 12.5)
    assert (done["outcome"], done["said"]) == ("asks for slots", "it was turned: the view is moved")
    assert [one["camera"] for one in told("jobs", "--failed")] == ["C2"]


def test_cameras_say_what_became_of_their_newest_job(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    three_jobs(database)
    add_camera(database, "C4")
    assert run("hub", "cameras") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "adapt: asks for slots" in said and "adapt running: train C1 3 of 9" in said
    jobs = [one["job"] for one in told("cameras")]
    assert [job and job["state"] for job in jobs] == ["running", "failed", "done", None]  # type: ignore[index]


def test_a_job_is_cancelled_whether_it_waits_or_runs(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with database.writing() as session:
        enqueue(session, "retrain", NODE, "C1")
        claim(session, "one")
        enqueue(session, "retrain", NODE, "C2")
    assert run("hub", "cancel", "north", "C2") == 0
    assert "of north C2 is cancelled" in capsys.readouterr().out
    assert run("hub", "cancel", "north", "C1") == 0
    assert "ends within seconds" in capsys.readouterr().out
    assert "camera C2: no job of it waits or runs" in refused(capsys, "hub", "cancel", "north", "C2")
    assert [line["action"] for line in told("log")] == ["cancel", "cancel"]


def test_a_retraining_waits_once_there_are_frames(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    folders = HubFolders(Path("hub-data"))
    old = add_frames(database, folders, [(jpeg_of(), NOON)])
    with database.writing() as session:
        use_frames(session, NODE, "C1", old)
    add_frames(database, folders, [(jpeg_of(seed), NOON) for seed in (1, 2)])
    assert run("hub", "retrain", "north", "C1") == 0
    assert "retrained once there are 3 new frames and its node has decided" in capsys.readouterr().out
    with database.reading() as session:
        assert find_camera(session, NODE, "C1").asked.startswith("asked for by operator")
    add_frames(database, folders, [(jpeg_of(3), NOON)])
    # A person's wish counts even where the same was tried in vain.
    for _ in range(2):
        assert run("hub", "retrain", "north", "C1") == 0
        assert "(retrain) waits" in capsys.readouterr().out
        with database.writing() as session:
            job = claim(session, "one")
            assert job is not None
            finish(session, job.id, "one", "failed", error="none.pt: not here")
    with database.writing() as session:
        enqueue(session, "retrain", NODE, "C1")
    assert run("hub", "retrain", "north", "C1") == 0
    assert "(retrain) is there already" in capsys.readouterr().out
