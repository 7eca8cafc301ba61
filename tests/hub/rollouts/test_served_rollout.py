"""A served hub that is killed in the middle of a rollout's training goes on with it when it is back."""

from datetime import timedelta
from pathlib import Path

import pytest

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.offers import change_offer, offers_of
from lotwise.hub.database.rollouts import newest_rollout, rollout_cameras
from lotwise.hub.folders import HubFolders
from lotwise.hub.jobs.queue import last_job
from lotwise.hub.learning.places import Place
from lotwise.hub.reading import HubFile
from lotwise.hub.rollouts.control import start_rollout
from lotwise.hub.rollouts.recipe import read_recipe
from lotwise.students.distillation.checkpoint import CHECKPOINT
from tests.conftest import Weights
from tests.hub.hub_files import write_hub
from tests.hub.learning.cameras import NODE
from tests.hub.learning.test_served_jobs import filled
from tests.hub.served_hub import served, until

EPOCHS = 50


def newest_job(database: Database) -> JobRow | None:
    with database.reading() as session:
        return last_job(session, NODE, "C1")


def is_done(database: Database, kind: str) -> bool:
    job = newest_job(database)
    return job is not None and (job.kind, job.state) == (kind, "done")


def runs_its_first_student(database: Database) -> None:
    """The node's word on what it was offered."""
    with database.writing() as session:
        (offer,) = offers_of(session, NODE, "C1")
        change_offer(offer, "live", offer.offered + timedelta(minutes=1))
        find_camera(session, NODE, "C1").live = offer.identity


def begin(database: Database, file: HubFile, weights: Weights) -> Path:
    """Begin a rollout with the one camera; where its student is trained."""
    folder = file.path.parent
    (folder / "longer.yaml").write_text((folder / "tiny.yaml").read_text().replace("epochs: 40", f"epochs: {EPOCHS}"))
    path = folder / "new.yaml"
    models = f"teacher: {weights.teacher}, student: {weights.student}"
    path.write_text(f"{{{models}, settings: longer.yaml, scales: [64], holdout: 0.5}}\n")
    recipe = read_recipe(path)
    with database.writing() as session:
        made = start_rollout(session, "new", recipe, [{"node": NODE, "camera": "C1"}], 0.3, "root").recipe_id
    return Place(HubFolders(file.settings.data), NODE, "C1", made).run.camera("C1") / "train"


@pytest.mark.slow
def test_a_rollout_goes_on_where_it_was(tmp_path: Path, weights: Weights) -> None:
    file, database = filled(write_hub(tmp_path), weights, ("C1",))
    with served(file.path) as hub:
        until(lambda: is_done(database, "adapt"), file.path)
        runs_its_first_student(database)
        training = begin(database, file, weights)
        until(lambda: (training / CHECKPOINT).is_file(), file.path)
        hub.kill()
        hub.wait()
    before = (training / "log.jsonl").read_text().splitlines()
    assert before and len(before) < EPOCHS, "killed too late"
    with served(file.path) as hub:
        until(lambda: is_done(database, "rollout"), file.path)
        hub.terminate()
        assert hub.wait(60) == 0
    job = newest_job(database)
    assert job is not None and job.tries == 2 and job.result is not None
    after = (training / "log.jsonl").read_text().splitlines()
    assert after[0] == before[0] and len(after) == EPOCHS
    with database.reading() as session:
        rollout = newest_rollout(session)
        assert rollout is not None
        (one,) = rollout_cameras(session, rollout.id)
        # Whatever the gate thinks of it: rollout, camera and offers say the same.
        passed = job.result["word"] == "offered"
        assert (rollout.state, one.state) == (("running", "offered") if passed else ("stopped", "refused"))
        assert [offer.identity for offer in offers_of(session, NODE, "C1")][1:] == ([one.bundle] if passed else [])
    database.close()
