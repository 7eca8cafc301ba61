"""Frames that a hub was sent become a student that it offers; later frames retrain it."""

from datetime import timedelta
from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.synthetic import render_site
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.frames import bytes_of, count_frames, use_frames
from lotwise.hub.database.offers import change_offer, offers_of
from lotwise.hub.folders import HubFolders
from lotwise.hub.job_pool import WORK
from lotwise.hub.learning.result import JobResult
from lotwise.hub.learning.work import do_job
from lotwise.hub.reading import HubFile
from lotwise.students.executors.local import LocalExecutor
from lotwise.students.executors.task import Task
from lotwise.students.pipeline.folder_lock import locked_folder
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.records import RetrainingRecord
from tests.conftest import Weights
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.learning.conftest import OpenHub
from tests.hub.signed_client import NOON, jpeg_of

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
    asked = {"hub": str(file.path), "kind": "adapt", "node": NODE, "camera": "C1"}
    (done,) = LocalExecutor(1).run([Task("C1", WORK, asked)])
    assert done.state == "done", done.why
    result = JobResult.model_validate(done.value)
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
    page = (folders.work(NODE, "C1") / again.page).read_text(encoding="utf-8")
    assert str(record.bundle) in page and "the hub&#39;s gate" in page
    with database.reading() as session:
        assert count_frames(session, NODE, "C1", "new") == 0
        found = offers_of(session, NODE, "C1")
        assert [one.how for one in found] == (["live", "shadow"] if again.word == "offered" else ["live"])
        kept = sum(len(jpeg) for jpeg, _ in pictures(frames[:12]))
        assert bytes_of(session, NODE) == kept, "pictures of what was learned from stay to be looked at"
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
    assert (folders.work(NODE, "C1") / settled.page).is_file()
    node_says(database, "refused", "retrain")
    add_frames(database, folders, pictures(frames[12:]))
    third = do_job(file, "retrain", NODE, "C1")
    assert third.word in ("offered", "kept"), third.why
    assert Retrainings(Run(folders.run(NODE, "C1")), "C1").records()[-1].was_live == first
    assert str(second.bundle) in registry.state().refused


def test_a_job_that_cannot_be_done_says_why_in_one_line(opened: OpenHub) -> None:
    file, database = opened("recipe: {student: none.pt}\nlearning: {first_frames: 2}\n")
    with pytest.raises(InputError, match="no camera 'C1' of this node"):
        do_job(file, "retrain", NODE, "C1")
    add_camera(database)
    add_frames(database, HubFolders(file.settings.data), [(jpeg_of(seed), NOON) for seed in range(2)])
    with pytest.raises(InputError) as caught:
        do_job(file, "adapt", NODE, "C1")
    assert "none.pt" in str(caught.value) and "\n" not in str(caught.value)


def test_a_job_that_is_due_no_more_finds_nothing_to_do(opened: OpenHub) -> None:
    file, database = opened("learning: {first_frames: 2}\n")
    add_camera(database)
    assert do_job(file, "adapt", NODE, "C1").word == "nothing to do"
    assert do_job(file, "retrain", NODE, "C1").word == "nothing to do"


def test_the_next_process_of_a_camera_waits_for_one_that_still_ends(
    opened: OpenHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, database = opened()
    add_camera(database)
    monkeypatch.setattr("lotwise.hub.learning.camera_work.ENDING_S", 0.1)
    with (
        locked_folder(HubFolders(file.settings.data).work(NODE, "C1")),
        pytest.raises(InputError, match="another lotwise works in this folder of a camera"),
    ):
        do_job(file, "adapt", NODE, "C1")
    assert do_job(file, "adapt", NODE, "C1").word == "nothing to do"


def test_what_a_person_asks_for_anew_is_not_taken_for_done(opened: OpenHub) -> None:
    """A retraining that has ended long ago has answered an older wish."""
    file, database = opened("learning: {new_frames: 3}\n")
    add_camera(database)
    folders = HubFolders(file.settings.data)
    old, *_ = add_frames(database, folders, [(jpeg_of(seed), NOON) for seed in range(4)])
    run = Run(folders.run(NODE, "C1"))
    Retrainings(run, "C1").save(
        RetrainingRecord(
            camera="C1", number=1, begun=NOON, new=(), sources=(f"{old}.jpg",), finished=True, outcome="kept"
        )
    )
    with database.writing() as session:
        use_frames(session, NODE, "C1", [old])
        find_camera(session, NODE, "C1").asked = "asked for by root"
    with pytest.raises(InputError, match="no run here"):  # it was due, and came as far as to look for the student
        do_job(file, "retrain", NODE, "C1")
