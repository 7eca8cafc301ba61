"""A camera's student is made anew with a rollout's recipe, goes through the gate, and is retrained with it later."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import torch

from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.synthetic import render_site
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.nodes import decide, find_node
from lotwise.hub.database.offers import change_offer, offers_of, standing_offers
from lotwise.hub.database.rollout_table import RolloutRow
from lotwise.hub.database.rollouts import newest_rollout, rollout_cameras
from lotwise.hub.folders import HubFolders
from lotwise.hub.job_pool import job_pool
from lotwise.hub.jobs.queue import claim, finish
from lotwise.hub.learning.places import Place, place_of
from lotwise.hub.learning.result import JobResult
from lotwise.hub.learning.work import do_job
from lotwise.hub.reading import HubFile
from lotwise.hub.rollouts.advance import advance
from lotwise.hub.rollouts.control import start_rollout
from lotwise.hub.rollouts.recipe import read_recipe
from lotwise.hub.rollouts.work import roll_out
from lotwise.students.retraining.chain import Retrainings
from lotwise.teacher.checkpoint import load_model, save_model
from tests.conftest import Weights
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.learning.conftest import OpenHub, opened

__all__ = ["opened"]  # a fixture
PATIENCE_S = 500.0
TINY = (
    "{size: 96, epochs: %d, min_steps: 1, batch: 2, few_frames: {pictures: 1}, export: {int8: false, trust: false}}\n"
)


def pictures(frames: list[Frame]) -> list[tuple[bytes, datetime]]:
    return [(frame.path.read_bytes(), frame.taken.astimezone()) for frame in frames if frame.taken]


def recipe(teacher: Path, student: Path, epochs: int, folder: Path) -> str:
    """What students are made with."""
    (folder / f"tiny-{epochs}.yaml").write_text(TINY % epochs)
    return f"{{teacher: {teacher}, student: {student}, settings: tiny-{epochs}.yaml, scales: [96], holdout: 0.5}}\n"


@pytest.fixture
def silent(weights: Weights, tmp_path: Path) -> Path:
    """Weights that see nothing anywhere, and do not learn to within a few steps: any other student agrees better."""
    model = load_model(weights.student)
    for level in model.model[-1].cv3:
        torch.nn.init.constant_(level[-1].bias, -12.0)
    save_model(model, tmp_path / "silent.safetensors")
    return tmp_path / "silent.safetensors"


@pytest.fixture
def frames(tmp_path: Path) -> list[Frame]:
    site: Dataset = render_site(tmp_path / "site", cameras=1, days=4, frames_per_day=3, width=160, height=120, seed=3)
    return list(site.of_camera("C1"))


def with_student(opened: OpenHub, recipe: str, frames: list[Frame]) -> tuple[HubFile, Database]:
    """A camera whose node runs its first student, made with this recipe."""
    text = f"recipe: {recipe}learning: {{first_frames: 6, new_frames: 6}}\n"
    file, database = opened(text)
    add_camera(database)
    add_frames(database, HubFolders(file.settings.data), pictures(frames[:6]))
    first = do_job(file, "adapt", NODE, "C1")
    assert first.word == "offered", first.why
    node_runs(database, first.bundle)
    return file, database


def node_runs(database: Database, bundle: str, verdict: str = "") -> None:
    with database.writing() as session:
        row = find_camera(session, NODE, "C1")
        row.live, row.verdict = bundle, verdict
        for offer in offers_of(session, NODE, "C1"):
            if offer.identity == bundle:
                change_offer(offer, "live", offer.offered + timedelta(minutes=1))


def begin(database: Database, path: Path) -> str:
    """Begin a rollout with the one camera; the identity of its recipe."""
    with database.writing() as session:
        decide(session, find_node(session, "north"), "accepted")
        return start_rollout(session, path.stem, read_recipe(path), [{"group": "all"}], 0.3, "root").recipe_id


def newest(database: Database) -> RolloutRow:
    with database.reading() as session:
        rollout = newest_rollout(session)
        assert rollout is not None
        return rollout


def ends(database: Database, result: JobResult) -> tuple[str, list[str]]:
    """What the pool does once the rollout's job has ended: how rollout and cameras are then."""
    with database.writing() as session:
        job = claim(session, "worker")
        assert job is not None and job.kind == "rollout"
        finish(session, job.id, "worker", "done", result.model_dump())
        advance(session)
        rollout = newest_rollout(session)
        assert rollout is not None
        return rollout.state, [one.state for one in rollout_cameras(session, rollout.id)]


@pytest.mark.slow
def test_a_student_of_the_new_recipe_is_offered_and_retrained_with_it(
    opened: OpenHub, weights: Weights, silent: Path, frames: list[Frame], tmp_path: Path
) -> None:
    poor = recipe(weights.teacher, silent, 1, tmp_path)
    file, database = with_student(opened, poor, frames)
    folders = HubFolders(file.settings.data)
    new = tmp_path / "new.yaml"
    new.write_text(recipe(weights.teacher, weights.student, 2, tmp_path))
    first = bundle_registry(folders, NODE, "C1").state().live
    made = begin(database, new)
    before = {path.name for path in Place(folders, NODE, "C1").run.store.rglob("*.safetensors")}
    result = roll_out(file, NODE, "C1")
    assert result.word == "offered" and result.why.startswith("rollout new: "), result.why
    place = Place(folders, NODE, "C1", made)
    assert place_of(folders, NODE, "C1", result.bundle) == place
    registry = bundle_registry(folders, NODE, "C1")
    assert registry.state().live == result.bundle and place.run.registry("C1").folder == registry.folder
    # The teacher is the one from before, so it has looked at nothing twice.
    assert {path.name for path in place.run.store.rglob("*.safetensors")} == before
    assert not list(place.run.folder.rglob("knowledge/*/*/*.safetensors"))
    with database.reading() as session:
        assert [(one.how, one.state) for one in offers_of(session, NODE, "C1")] == [
            ("live", "live"),
            ("shadow", "offered"),
        ]
    assert roll_out(file, NODE, "C1").bundle == result.bundle, "a job that was killed after that offers the same"
    assert ends(database, result) == ("running", ["offered"])
    node_runs(database, result.bundle, "retrain")
    with database.writing() as session:
        advance(session)
    assert newest(database).state == "done"

    # The same recipe once more, where the node runs it, something else, and what it was compared with.
    begin(database, new)
    again = roll_out(file, NODE, "C1")
    assert (again.word, again.bundle, again.why) == ("offered", result.bundle, "the node runs it already")
    assert ends(database, again) == ("done", ["live"])
    node_runs(database, "f" * 16)
    begin(database, new)
    again = roll_out(file, NODE, "C1")
    assert again.word == "kept" and f"{result.bundle} was compared with {first}" in again.why, again.why
    assert ends(database, again) == ("stopped", ["refused"])
    node_runs(database, first)
    begin(database, new)
    again = roll_out(file, NODE, "C1")
    assert (again.word, again.bundle) == ("offered", result.bundle), again.why
    assert ends(database, again) == ("running", ["offered"])
    node_runs(database, result.bundle, "retrain")
    with database.writing() as session:
        advance(session)
    assert newest(database).state == "done"

    # What is retrained goes on from there, with the recipe that the live student comes from.
    add_frames(database, folders, pictures(frames[6:]))
    again = do_job(file, "retrain", NODE, "C1")
    assert again.word in ("offered", "kept"), again.why
    (record,) = Retrainings(place.run, "C1").records()
    assert record.finished and record.was_live == result.bundle
    assert not Retrainings(Place(folders, NODE, "C1").run, "C1").records()
    assert place.run.plan().distill.epochs == 2
    assert record.bundle is not None
    node_runs(database, record.bundle)
    with database.writing() as session:
        for one in standing_offers(session, NODE):
            change_offer(one, "live", one.offered)
    begin(database, new)
    again = roll_out(file, NODE, "C1")
    assert (again.bundle, again.why) == (record.bundle, "the node runs it already, retrained since")


@pytest.mark.slow
def test_what_the_gate_refuses_stops_the_rollout_and_is_offered_to_nobody(
    opened: OpenHub, weights: Weights, silent: Path, frames: list[Frame], tmp_path: Path
) -> None:
    good = recipe(weights.teacher, weights.student, 2, tmp_path)
    file, database = with_student(opened, good, frames)
    registry = bundle_registry(HubFolders(file.settings.data), NODE, "C1")
    live = registry.state().live
    new = tmp_path / "new.yaml"
    new.write_text(recipe(weights.teacher, silent, 1, tmp_path))
    begin(database, new)
    pool = job_pool(file, database)
    pool.start()
    try:
        end = time.monotonic() + PATIENCE_S
        while (rollout := newest(database)).state == "running":
            assert time.monotonic() < end, "it never ended"
            time.sleep(0.1)
    finally:
        pool.stop()
    assert (rollout.state, rollout.why) == ("stopped", "1 of the 1 cameras of stage 1 are against it")
    assert registry.state().live == live
    with database.reading() as session:
        (one,) = rollout_cameras(session, rollout.id)
        assert one.state == "refused" and one.why.startswith("by the hub's gate: the live bundle agrees better")
        assert len(offers_of(session, NODE, "C1")) == 1
    assert roll_out(file, NODE, "C1").word == "nothing to do", "the rollout has ended"
