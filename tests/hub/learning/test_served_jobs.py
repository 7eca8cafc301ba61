"""A served hub makes students of two cameras at once; whatever is killed in the middle of a training goes on."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from lotwise.datasets.synthetic import render_site
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.offers import offers_of
from lotwise.hub.folders import HubFolders
from lotwise.hub.job_pool import LOG
from lotwise.hub.jobs.queue import jobs_of
from lotwise.hub.reading import HubFile
from lotwise.students.distillation.checkpoint import CHECKPOINT
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model
from tests.conftest import Weights
from tests.hub.hub_files import write_hub
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.served_hub import log_of, served, until, worker_of

EPOCHS = 40
"""So many short ones that a process can be killed between two of them."""


def filled(file: HubFile, weights: Weights, cameras: tuple[str, ...]) -> tuple[HubFile, Database]:
    """A hub that has been sent frames of a rendered site, and has made nothing of them yet."""
    folder = file.path.parent
    learning = f"size: 64, epochs: {EPOCHS}, min_steps: 1, batch: 1, few_frames: {{pictures: 1}}"
    (folder / "tiny.yaml").write_text(f"{{{learning}, export: {{int8: false, trust: false}}}}\n")
    text = (
        f"recipe: {{teacher: {weights.teacher}, student: {weights.student}, settings: tiny.yaml, scales: [64], "
        "holdout: 0.5}\nlisten: {port: 0}\nlearning: {first_frames: 4}\njobs: {workers: 2}\n"
    )
    made = write_hub(folder, file.path.read_text().partition("\n")[2] + text)
    database = open_database(made)
    site = render_site(folder / "site", cameras=len(cameras), days=4, frames_per_day=1, width=128, height=96, seed=5)
    for camera in cameras:
        add_camera(database, camera)
        pictures: list[tuple[bytes, datetime]] = [
            (frame.path.read_bytes(), frame.taken.astimezone()) for frame in site.of_camera(camera) if frame.taken
        ]
        add_frames(database, HubFolders(made.settings.data), pictures, camera)
    return made, database


def jobs(database: Database) -> dict[str, JobRow]:
    """The one job of each camera."""
    with database.reading() as session:
        rows = jobs_of(session)
    assert len({row.camera for row in rows}) == len(rows), "nothing is done twice"
    return {row.camera: row for row in rows}


def all_done(database: Database) -> bool:
    return {row.state for row in jobs(database).values()} == {"done"}


def training(file: HubFile, camera: str = "C1") -> Path:
    """Where the log and the checkpoint of a camera's training are."""
    return Run(HubFolders(file.settings.data).run(NODE, camera)).camera(camera) / "train"


def epochs(file: HubFile, camera: str = "C1") -> list[str]:
    return (training(file, camera) / "log.jsonl").read_text().splitlines()


def in_the_middle(file: HubFile, camera: str = "C1") -> bool:
    """Whether a training has a checkpoint, and is far from its end."""
    return (training(file, camera) / CHECKPOINT).is_file()


def weights_of(run: Run, camera: str) -> str:
    return fingerprint(load_model(run.camera(camera) / "train" / "student.safetensors"))


@pytest.mark.slow
def test_two_cameras_at_once_give_what_adapt_gives_although_a_process_is_killed(
    tmp_path: Path, weights: Weights
) -> None:
    file, database = filled(write_hub(tmp_path), weights, ("C1", "C2"))
    with served(file.path) as hub:
        until(lambda: worker_of(hub, "C1") and worker_of(hub, "C2"), file.path)
        assert {row.state for row in jobs(database).values()} == {"running"}
        until(lambda: in_the_middle(file), file.path)
        victim = worker_of(hub, "C1")
        assert victim is not None
        victim.kill()
        assert len(epochs(file)) < EPOCHS, "killed too late"
        until(lambda: all_done(database), file.path)
        hub.terminate()
        assert hub.wait(60) == 0
    for camera, row in jobs(database).items():
        assert row.result is not None and (row.result["word"], row.tries) == ("offered", 1), row.result
        assert row.result["used"]["cpu_s"] > 0
        assert [json.loads(line)["epoch"] for line in epochs(file, camera)] == list(range(1, EPOCHS + 1))
        done = Run(HubFolders(file.settings.data).run(NODE, camera))
        alone = Run(tmp_path / "alone" / camera)
        adapt(alone, done.plan(), shadow=False)
        assert weights_of(done, camera) == weights_of(alone, camera)
        with database.reading() as session:
            assert [offer.identity for offer in offers_of(session, NODE, camera)] == [row.result["bundle"]]
    database.close()
    said = log_of(file.path).read_text()
    assert "it is begun again and goes on from what is on disk (2 of 3)" in said
    assert "Traceback" not in said
    assert "Traceback" not in (HubFolders(file.settings.data).work(NODE, "C1") / LOG).read_text()


@pytest.mark.slow
def test_a_hub_that_is_killed_in_the_middle_of_a_training_goes_on_at_once_when_it_is_back(
    any_hub: HubFile, weights: Weights
) -> None:
    file, database = filled(any_hub, weights, ("C1",))
    with served(file.path) as hub:
        until(lambda: in_the_middle(file), file.path)
        worker = worker_of(hub, "C1")
        assert worker is not None
        hub.kill()
        hub.wait()
        assert jobs(database)["C1"].state == "running"
    until(lambda: not worker.is_running(), file.path)
    before = epochs(file)
    assert before and len(before) < EPOCHS, "killed too late"
    with served(file.path) as hub:
        until(lambda: all_done(database), file.path)
        hub.terminate()
        assert hub.wait(60) == 0
    row = jobs(database)["C1"]
    assert row.result is not None and (row.result["word"], row.tries) == ("offered", 2)
    # The first epoch was not learned again: how long it took is as it was noted before the kill.
    assert epochs(file)[0] == before[0] and len(epochs(file)) == EPOCHS
    assert "1 job that ran when the hub ended goes on" in log_of(file.path).read_text()
    database.close()


@pytest.mark.slow
def test_a_job_is_done_on_ray_too(tmp_path: Path, weights: Weights) -> None:
    pytest.importorskip("ray", reason="jobs run on Ray with pip install 'lotwise[ray]'")
    file, database = filled(write_hub(tmp_path), weights, ("C1",))
    text = file.path.read_text().replace("workers: 2", "workers: 1, executor: ray, memory_gb: 1.5")
    file.path.write_text(text)
    with served(file.path) as hub:
        until(lambda: all_done(database), file.path)
        hub.terminate()
        assert hub.wait(120) == 0
    row = jobs(database)["C1"]
    assert row.result is not None and row.result["word"] == "offered"
    done, alone = Run(HubFolders(file.settings.data).run(NODE, "C1")), Run(tmp_path / "alone")
    adapt(alone, done.plan(), shadow=False)
    assert weights_of(done, "C1") == weights_of(alone, "C1")
    database.close()
