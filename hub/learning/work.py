"""One job of one camera, as it is done in a process of its own: its first student, or a retraining.

A job that was killed goes on where it was: frames, knowledge, training and gate are on disk. It runs no longer than its
budget of CPU time; what is left goes on with the next try.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.frames import frames_of, use_frames
from lotwise.hub.database.job_table import JobKind
from lotwise.hub.database.offers import offer_of
from lotwise.hub.database.tables import CameraRow, FrameRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.camera_work import OUT_OF_BUDGET, in_camera, offer_live, site_file
from lotwise.hub.learning.changes import with_changes
from lotwise.hub.learning.due import due_job
from lotwise.hub.learning.follow import follow_node
from lotwise.hub.learning.material import first_frames, new_frames
from lotwise.hub.learning.places import Place, place_of
from lotwise.hub.learning.plan import recipe_plan
from lotwise.hub.learning.result import JobResult, JobWord
from lotwise.hub.reading import HubFile, read_hub
from lotwise.hub.store.open import open_store
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.cpu_budget import CpuBudget
from lotwise.students.retraining.records import Word
from lotwise.students.retraining.retrain import Asked, retrain_camera

NOT_DUE = JobResult(word="nothing to do", why="the camera is not due for it any more")
WORDS: Mapping[Word, JobWord] = {
    "promoted": "kept",
    "shadow": "kept",
    "kept": "kept",
    "nothing new": "nothing to do",
    "waits": "nothing to do",
    "asks for slots": "asks for slots",
}
"""What a retraining is to the hub that has nothing to offer after it; what was promoted and not offered is known to the
node, which runs it or has refused it."""


def work(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """What the task of a job calls.

    Args:
        arguments: ``hub``, path of the hub file; ``kind`` of the job; ``node`` and ``camera`` whose it is.
        progress, note: told how far it is, and what a user should know.

    Returns:
        A :class:`JobResult` as JSON.

    Raises:
        InputError: it cannot be done as things stand.
    """
    file = read_hub(Path(arguments["hub"]))
    result = do_job(file, arguments["kind"], arguments["node"], arguments["camera"], progress, note)
    return result.model_dump()


def do_job(
    file: HubFile,
    kind: JobKind,
    node: str,
    camera: str,
    progress: Progress = no_progress,
    note: Note = no_note,
) -> JobResult:
    """Do a job, or go on with one that was killed.

    Args:
        file: of the hub.
        kind: ``adapt`` or ``retrain``.
        node, camera: whose job it is.
        progress, note: told how far it is, and what a user should know.

    Raises:
        InputError: it cannot be done as things stand.
    """
    one = _adapt if kind == "adapt" else _retrain
    return in_camera(file, node, camera, lambda database, row, budget: one(file, database, row, budget, progress, note))


def _adapt(
    file: HubFile, database: Database, row: CameraRow, budget: CpuBudget, progress: Progress, note: Note
) -> JobResult:
    folders = HubFolders(file.settings.data)
    place = Place(folders, row.node, row.camera)
    run = place.run
    if not run.begun and not _due(file, database, row, "adapt"):
        return NOT_DUE
    site = site_file(place, row)
    used = first_frames(open_store(file), folders, row.node, row.camera, _new(database, row))
    plan = run.plan() if run.begun else recipe_plan(file.settings.recipe, site)
    adapt(run, plan, budget.watched(progress), note, shadow=False)
    with database.writing() as session:
        use_frames(session, row.node, row.camera, used)
    record = run.record(row.camera)
    why = "" if record is None or record.gate is None else record.gate.why
    return offer_live(file, database, row, f"first student of {len(used)} frames: {why}")


def _retrain(
    file: HubFile, database: Database, row: CameraRow, budget: CpuBudget, progress: Progress, note: Note
) -> JobResult:
    folders, learning = HubFolders(file.settings.data), file.settings.learning
    registry = bundle_registry(folders, row.node, row.camera)
    # A try that was killed after its gate, before the node was offered anything.
    made_last = place_of(folders, row.node, row.camera, registry.state().live).run
    if (unsettled := _settle(file, database, row, made_last)) is not None:
        return with_changes(folders, row, made_last, unsettled, note)
    if said := follow_node(registry, row):
        note(said)
    # With the recipe that the live student comes from.
    place = place_of(folders, row.node, row.camera, registry.state().live)
    site_file(place, row)
    run = place.run
    with run.lock():
        records = Retrainings(run, row.camera).records()
        goes_on = bool(records) and not records[-1].finished
        if not goes_on and not _due(file, database, row, "retrain"):
            return NOT_DUE
        asked = Asked(
            folder=new_frames(open_store(file), folders, row.node, row.camera, _new(database, row)),
            least=learning.new_frames,
            keep_bytes=int(learning.keep_mb * 1e6),
            shadow=False,
        )
        outcome = retrain_camera(run, open_footage(run.plan()), row.camera, asked, budget, progress, note)
        if outcome.word == "out of budget":
            return OUT_OF_BUDGET
        settled = _settle(file, database, row, run)
        if settled is None and outcome.word not in WORDS:
            raise InputError(outcome.why)
        result = settled or JobResult(word=WORDS[outcome.word], why=outcome.why)
        made = outcome.record is not None and outcome.record.finished
        return with_changes(folders, row, run, result, note) if made else result


def _due(file: HubFile, database: Database, row: CameraRow, kind: JobKind) -> bool:
    """Whether a job that has waited is still to be done."""
    with database.reading() as session:
        due = due_job(session, find_camera(session, row.node, row.camera), file.settings.learning)
    return due is not None and due.kind == kind


def _new(database: Database, row: CameraRow) -> list[FrameRow]:
    """Frames of the camera that nothing was learned from yet."""
    with database.reading() as session:
        return list(frames_of(session, row.node, row.camera, "new"))


def _settle(file: HubFile, database: Database, row: CameraRow, run: Run) -> JobResult | None:
    """Do what is left to do after the last retraining that came through its gate; None where there is no new offer.

    Its frames' pictures stay, for people to look at, until they are old or the node's quota is full.
    """
    folders, records = HubFolders(file.settings.data), Retrainings(run, row.camera).records()
    if not records or not records[-1].finished:
        return None
    last, registry = records[-1], bundle_registry(folders, row.node, row.camera)
    used = [source.removesuffix(".jpg") for source in last.sources]
    if set(used) & {frame.sha256 for frame in _new(database, row)}:
        with database.writing() as session:
            use_frames(session, row.node, row.camera, used)
            find_camera(session, row.node, row.camera).asked = ""
    with database.reading() as session:
        known = last.bundle is None or offer_of(session, row.node, row.camera, last.bundle) is not None
    if known or last.outcome != "promoted" or registry.state().live != last.bundle:
        return None
    result = offer_live(file, database, row, f"retrained with {len(last.new)} new frames: {last.why}")
    return result if result.word == "offered" else None
