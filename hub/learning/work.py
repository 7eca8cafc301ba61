"""One job of one camera, as it is done in a process of its own.

A job that was killed goes on where it was: frames, knowledge, training and gate are on disk. It runs no longer than its
budget of CPU time; what is left goes on with the next try.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.cameras.detection.bundle import MANIFEST, read_manifest
from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.frames import frames_of, release_frames, use_frames
from lotwise.hub.database.job_table import JobKind
from lotwise.hub.database.offers import offer_of
from lotwise.hub.database.tables import CameraRow, FrameRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.due import due_job
from lotwise.hub.learning.follow import follow_node
from lotwise.hub.learning.material import first_frames, new_frames, write_card
from lotwise.hub.learning.offering import offer_bundle
from lotwise.hub.learning.plan import recipe_plan
from lotwise.hub.learning.result import JobResult, JobWord
from lotwise.hub.reading import HubFile, read_hub
from lotwise.hub.store.bundles import keep_bundle
from lotwise.hub.store.keys import frame_key
from lotwise.hub.store.open import open_store
from lotwise.node.hub.messages import CameraCard
from lotwise.node.hub.signing import own_keys
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.folder_lock import locked_folder
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.cpu_budget import CpuBudget, OutOfBudget
from lotwise.students.retraining.records import Word
from lotwise.students.retraining.retrain import Asked, retrain_camera

ENDING_S = 120.0
"""Seconds within which an earlier process of the same camera ends whose hub was killed."""
NOT_DUE = JobResult(word="nothing to do", why="the camera is not due for it any more")
OUT_OF_BUDGET = JobResult(word="out of budget", why="the CPU budget is used up; the next try goes on from here")
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
        kind: what is to be done.
        node, camera: whose job it is.
        progress, note: told how far it is, and what a user should know.

    Raises:
        InputError: it cannot be done as things stand.
    """
    budget = CpuBudget(file.settings.learning.job_cpu_minutes * 60)
    folder = HubFolders(file.settings.data).work(node, camera)
    database = open_database(file)
    try:
        with database.reading() as session:
            find_camera(session, node, camera)
        with locked_folder(folder, ENDING_S, "folder of a camera", "see who has begun that process"):
            does = _adapt if kind == "adapt" else _retrain
            return does(file, database, node, camera, budget, progress, note)
    except OutOfBudget:
        return OUT_OF_BUDGET
    except OSError as error:
        raise InputError(" ".join(str(error).split())) from error
    finally:
        database.close()


def _adapt(
    file: HubFile, database: Database, node: str, camera: str, budget: CpuBudget, progress: Progress, note: Note
) -> JobResult:
    folders = HubFolders(file.settings.data)
    run = Run(folders.run(node, camera))
    if not run.begun and not _due(file, database, node, camera, "adapt"):
        return NOT_DUE
    row, frames = _camera(database, node, camera)
    site = _site(folders, row)
    used = first_frames(open_store(file), folders, node, camera, frames)
    plan = run.plan() if run.begun else recipe_plan(file.settings.recipe, site)
    adapt(run, plan, budget.watched(progress), note, shadow=False)
    with database.writing() as session:
        use_frames(session, node, camera, used)
    record = run.record(camera)
    why = "" if record is None or record.gate is None else record.gate.why
    return _offer_live(file, database, row, f"first student of {len(used)} frames: {why}")


def _retrain(
    file: HubFile, database: Database, node: str, camera: str, budget: CpuBudget, progress: Progress, note: Note
) -> JobResult:
    folders, learning = HubFolders(file.settings.data), file.settings.learning
    row, _ = _camera(database, node, camera)
    _site(folders, row)
    run = Run(folders.run(node, camera))
    with run.lock():
        # A try that was killed after its gate, before the node was offered anything.
        if (unsettled := _settle(file, database, row, run)) is not None:
            return unsettled
        records = Retrainings(run, camera).records()
        goes_on = bool(records) and not records[-1].finished
        if not goes_on and not _due(file, database, node, camera, "retrain"):
            return NOT_DUE
        if said := follow_node(bundle_registry(folders, node, camera), row):
            note(said)
        asked = Asked(
            folder=new_frames(open_store(file), folders, node, camera, _camera(database, node, camera)[1]),
            least=learning.new_frames,
            keep_bytes=int(learning.keep_mb * 1e6),
            shadow=False,
        )
        outcome = retrain_camera(run, open_footage(run.plan()), camera, asked, budget, progress, note)
        if outcome.word == "out of budget":
            return OUT_OF_BUDGET
        if (settled := _settle(file, database, row, run)) is not None:
            return settled
    if outcome.word not in WORDS:
        raise InputError(outcome.why)
    return JobResult(word=WORDS[outcome.word], why=outcome.why)


def _due(file: HubFile, database: Database, node: str, camera: str, kind: JobKind) -> bool:
    """Whether a job that has waited is still to be done."""
    with database.reading() as session:
        due = due_job(session, find_camera(session, node, camera), file.settings.learning)
    return due is not None and due.kind == kind


def _settle(file: HubFile, database: Database, row: CameraRow, run: Run) -> JobResult | None:
    """Do what is left to do after the last retraining that came through its gate; None where there is no new offer.

    Its frames are copied into the run as far as they are needed there, so that their own files go.
    """
    folders, records = HubFolders(file.settings.data), Retrainings(run, row.camera).records()
    if not records or not records[-1].finished:
        return None
    last, registry = records[-1], bundle_registry(folders, row.node, row.camera)
    used = [source.removesuffix(".jpg") for source in last.sources]
    with database.reading() as session:
        unsettled = set(used) & {frame.sha256 for frame in frames_of(session, row.node, row.camera, "new")}
    if unsettled:
        store = open_store(file)
        for digest in used:
            store.remove(frame_key(row.node, row.camera, digest))
        with database.writing() as session:
            use_frames(session, row.node, row.camera, used)
            release_frames(session, row.node, row.camera, used)
            find_camera(session, row.node, row.camera).asked = ""
    with database.reading() as session:
        known = last.bundle is None or offer_of(session, row.node, row.camera, last.bundle) is not None
    if known or last.outcome != "promoted" or registry.state().live != last.bundle:
        return None
    result = _offer_live(file, database, row, f"retrained with {len(last.new)} new frames: {last.why}")
    return result if result.word == "offered" else None


def _camera(database: Database, node: str, camera: str) -> tuple[CameraRow, list[FrameRow]]:
    with database.reading() as session:
        return find_camera(session, node, camera), list(frames_of(session, node, camera, "new"))


def _site(folders: HubFolders, row: CameraRow) -> Path:
    if row.card is None:
        raise InputError(f"the node has not told slots and masks of camera {row.camera} yet; wait for its next report")
    return write_card(folders.work(row.node, row.camera), row.camera, CameraCard.model_validate(row.card))


def _offer_live(file: HubFile, database: Database, row: CameraRow, why: str) -> JobResult:
    """Offer what the hub's gate has made live."""
    folders = HubFolders(file.settings.data)
    registry = bundle_registry(folders, row.node, row.camera)
    live = registry.state().live
    if live is None:
        return JobResult(word="kept", why=f"nothing passed the gate: {why}")
    folder = registry.path(live)
    names = (*read_manifest(folder).files, MANIFEST)
    keep_bundle(open_store(file), folders, row.node, row.camera, folder, names)
    with database.writing() as session:
        # What the node says may be newer than what this job began with.
        now = find_camera(session, row.node, row.camera)
        made = offer_bundle(session, own_keys(folders.key), now, folder, why)
    if made is None:
        return JobResult(word="kept", why=f"the node runs or has refused {live}; {why}")
    return JobResult(word="offered", why=why, bundle=live)
