"""Frames that a hub was sent become a student that it offers; later frames retrain it."""

from datetime import timedelta
from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.synthetic import render_site
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.frames import bytes_of, count_frames
from lotwise.hub.database.offers import change_offer, offers_of
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.work import do_job
from lotwise.hub.learning.worker import Job, Worker
from lotwise.hub.reading import HubFile
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from tests.conftest import Weights
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.learning.conftest import OpenHub

TINY = "{size: 96, epochs: 2, min_steps: 1, batch: 2, export: {int8: false, trust: false}}\n"


def pictures(frames: list[Frame]) -> list[tuple[bytes, object]]:
    return [(frame.path.read_bytes(), frame.taken.astimezone()) for frame in frames if frame.taken]


def recipe(weights: Weights, folder: Path) -> str:
    (folder / "tiny.yaml").write_text(TINY)
    return (
        f"recipe: {{teacher: {weights.teacher}, student: {weights.student}, settings: tiny.yaml, scales: [96], "
        "holdout: 0.5}\nlearning: {first_frames: 6, new_frames: 6}\n"
    )


def node_says(database: Database, state: str, verdict: str = "") -> None:
    """The node runs, or has refused, what it was offered last."""
    with database.writing() as session:
        row, offer = find_camera(session, NODE, "C1"), offers_of(session, NODE, "C1")[-1]
        change_offer(offer, state, offer.offered + timedelta(minutes=1))  # type: ignore[arg-type]
        row.verdict = verdict
        if state == "live":
            row.live = offer.identity
        row.report = {"refused": {offer.identity: "it sees ghosts"} if state == "refused" else {}}


@pytest.mark.slow
def test_a_student_is_made_offered_refused_or_run_and_retrained(
    opened: OpenHub, weights: Weights, tmp_path: Path
) -> None:
    site: Dataset = render_site(tmp_path / "site", cameras=1, days=6, frames_per_day=3, width=160, height=120, seed=3)
    frames = list(site.of_camera("C1"))
    file, database = opened(recipe(weights, tmp_path))
    folders = HubFolders(file.settings.data)
    add_camera(database)
    add_frames(database, folders, pictures(frames[:6]))

    # In a process of its own, as the hub does it.
    result = Worker(file)._in_a_process(Job("adapt", NODE, "C1", ""))
    assert result.word == "offered", result.why
    registry: Registry = bundle_registry(folders, NODE, "C1")
    assert registry.state().live == result.bundle
    with database.reading() as session:
        (offer,) = offers_of(session, NODE, "C1")
        assert (offer.identity, offer.how, offer.state) == (result.bundle, "live", "offered")
        assert count_frames(session, NODE, "C1", "used") == 6
    assert do_job(file, "adapt", NODE, "C1").bundle == result.bundle, "the same job again offers the same bundle"

    node_says(database, "live", "retrain")
    add_frames(database, folders, pictures(frames[6:12]))
    again = do_job(file, "retrain", NODE, "C1")
    assert again.word in ("offered", "kept"), again.why
    record = Retrainings(Run(folders.run(NODE, "C1")), "C1").records()[-1]
    assert record.finished and (record.outcome == "promoted") == (again.word == "offered")
    with database.reading() as session:
        assert count_frames(session, NODE, "C1", "new") == 0
        found = offers_of(session, NODE, "C1")
        assert [one.how for one in found] == (["live", "shadow"] if again.word == "offered" else ["live"])
        first_bytes = sum(len(jpeg) for jpeg, _ in pictures(frames[:6]))
        assert bytes_of(session, NODE) == first_bytes, "frames that were taken in make room"
    _refused_or_offered_again(file, database, registry, folders, frames)


def _refused_or_offered_again(
    file: HubFile, database: Database, registry: Registry, folders: HubFolders, frames: list[Frame]
) -> None:
    """A job that was killed between gate and offer offers later; what the node refuses is rolled back at the hub."""
    first = str(Run(folders.run(NODE, "C1")).record("C1").live)  # type: ignore[union-attr]
    second = Retrainings(Run(folders.run(NODE, "C1")), "C1").records()[-1]
    if second.outcome != "promoted":
        return
    with database.writing() as session:
        session.delete(offers_of(session, NODE, "C1")[-1])
    settled = do_job(file, "retrain", NODE, "C1")
    assert (settled.word, settled.bundle) == ("offered", second.bundle)
    node_says(database, "refused", "retrain")
    add_frames(database, folders, pictures(frames[12:]))
    third = do_job(file, "retrain", NODE, "C1")
    assert third.word in ("offered", "kept"), third.why
    assert Retrainings(Run(folders.run(NODE, "C1")), "C1").records()[-1].was_live == first
    assert str(second.bundle) in registry.state().refused


def test_a_job_that_cannot_be_done_says_why_in_one_line(opened: OpenHub) -> None:
    file, database = opened("recipe: {teacher: none.pt}\n")
    result = do_job(file, "retrain", NODE, "C1")
    assert result.word == "failed" and "no camera 'C1' of this node" in result.why
    add_camera(database)
    result = do_job(file, "retrain", NODE, "C1")
    assert result.word == "failed" and "\n" not in result.why
