"""The job of a rollout: a camera's student is made anew with another recipe, of the frames that it has learned from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.datasets.split import Split
from lotwise.datasets.whole_file import write_whole
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.database import Database
from lotwise.hub.database.rollout_table import RolloutRow
from lotwise.hub.database.rollouts import newest_rollout, rollout_camera
from lotwise.hub.database.tables import CameraRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.camera_work import in_camera, offer_live, site_file
from lotwise.hub.learning.follow import follow_node
from lotwise.hub.learning.places import Place, place_of
from lotwise.hub.learning.plan import recipe_plan
from lotwise.hub.learning.result import JobResult
from lotwise.hub.reading import HubFile, read_hub
from lotwise.hub.rollouts.recipe import written_recipe
from lotwise.students.pipeline.adapt import all_stages, begin, checked_footage
from lotwise.students.pipeline.beginning import Beginning
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.cpu_budget import CpuBudget
from lotwise.teacher.index import Labels

ENDED = JobResult(word="nothing to do", why="the rollout has ended, or goes on without this camera")

COMPARED = "live.txt"
"""File of a run: identity of the bundle that was live at the node when its gate decided; empty for none."""


def work(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """What the task of a rollout's job calls; all is as of :func:`lotwise.hub.learning.work.work`."""
    file = read_hub(Path(arguments["hub"]))
    return roll_out(file, arguments["node"], arguments["camera"], progress, note).model_dump()


def roll_out(
    file: HubFile, node: str, camera: str, progress: Progress = no_progress, note: Note = no_note
) -> JobResult:
    """Make a camera's student with the recipe of the rollout that runs, or go on with that after a kill.

    Args:
        file: of the hub.
        node, camera: whose student.
        progress, note: told how far it is, and what a user should know.

    Raises:
        InputError: it cannot be done as things stand.
    """
    return in_camera(
        file, node, camera, lambda database, row, budget: _roll_out(file, database, row, budget, progress, note)
    )


def _roll_out(
    file: HubFile, database: Database, row: CameraRow, budget: CpuBudget, progress: Progress, note: Note
) -> JobResult:
    rollout = _rollout(database, row)
    if rollout is None:
        return ENDED
    folders = HubFolders(file.settings.data)
    registry = bundle_registry(folders, row.node, row.camera)
    place = Place(folders, row.node, row.camera, rollout.recipe_id)
    run = place.run
    decided = (record := run.record(row.camera)) is not None and record.gate is not None
    if not decided and (said := follow_node(registry, row)):
        note(said)
    if not decided:
        old = place_of(folders, row.node, row.camera, registry.state().live)
        material = learned_from(old.run, row.camera)
        frames_of(material, folders.work(row.node, row.camera) / place.frames)
        recipe = written_recipe(rollout.recipe, folders.work(row.node, row.camera), rollout.recipe_id)
        plan = recipe_plan(recipe, site_file(place, row))
        footage = checked_footage(plan)

        def beginnings(labels: Labels) -> dict[str, Beginning]:
            split = divided(footage.of_camera(row.camera), labels, material)
            return {} if split is None else {row.camera: Beginning(Path(plan.student), split)}

        with run.lock():
            begin(run, plan, note)
            write_whole(run.folder / COMPARED, row.live.encode())
            all_stages(run, footage, budget.watched(progress), note, FrameCache(), False, beginnings=beginnings)
        record = run.record(row.camera)
    gate = None if record is None else record.gate
    if record is None or gate is None:
        raise InputError(f"{run.folder}: the rollout has left no student; delete this folder, and start it again")
    made = record.bundle if gate.winner == "student" else record.baseline
    if gate.outcome != "promoted" or made is None:
        return JobResult(word="kept", why=gate.why)
    if _rollout(database, row) is None:
        return ENDED
    if row.live in (made, *(one.bundle for one in Retrainings(run, row.camera).records())):
        again = "" if row.live == made else ", retrained since"
        return JobResult(word="offered", why=f"the node runs it already{again}", bundle=row.live)
    if (other := _compared_with(run)) not in (None, row.live):
        why = f"its student {made} was compared with {other or 'none'}, and the node runs {row.live or 'none'} now"
        return JobResult(
            word="kept", why=f"{why}; to have it made anew, delete {run.folder} and {place.frames} beside it"
        )
    if registry.state().live != made:
        registry.promote(made, probation=False)
    return offer_live(file, database, row, f"rollout {rollout.name}: {gate.why}")


def _compared_with(run: Run) -> str | None:
    """What was live at the node when a run's gate decided; None where that was not noted."""
    try:
        return (run.folder / COMPARED).read_text()
    except FileNotFoundError:
        return None


def _rollout(database: Database, row: CameraRow) -> RolloutRow | None:
    """The rollout that wants this camera's student."""
    with database.reading() as session:
        rollout = newest_rollout(session)
        if rollout is None or rollout.state != "running":
            return None
        one = rollout_camera(session, rollout.id, row.node, row.camera)
        return rollout if one is not None and one.state == "training" else None


class Material:
    """Frames that a camera's live student stands on.

    Args:
        files: of frames that can be read, by the name of the file.
        train, test: names of the files that were learned from, and of those that were held out.
        apart: whether no frame is among both.
    """

    def __init__(self, files: Mapping[str, Path], train: Sequence[str], test: Sequence[str]) -> None:
        self.files, self.train, self.test = files, frozenset(train), frozenset(test)
        self.apart = bool(train) and bool(test) and not self.train & self.test


def learned_from(run: Run, camera: str) -> Material:
    """Frames that a run and its retrainings have learned from or held out, as far as they are still there.

    Raises:
        InputError: the run has no student of the camera.
    """
    record, chain = run.record(camera), Retrainings(run, camera)
    if record is None:
        raise InputError(f"{run.folder}: no student of camera {camera} here yet, which a rollout could make anew")
    files = {PurePath(frame.path).name: frame.path for frame in open_footage(run.plan()).of_camera(camera)}
    train = [PurePath(name).name for name in record.train]
    test = [PurePath(name).name for name in record.test]
    for one in chain.records():
        if one.finished:
            train += one.learned
            test += one.held_out
            files |= {name: chain.frames / name for name in (*one.learned, *one.held_out)}
    known = {name: path for name, path in files.items() if path.is_file()}
    return Material(known, train, test)


def frames_of(material: Material, folder: Path) -> None:
    """Frames for a run as files of one folder; those of an earlier try stay as they are.

    Raises:
        OSError: they cannot be written.
    """
    if folder.is_dir():
        return
    partial = folder.with_name(f".{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, path in material.files.items():
        try:
            os.link(path, partial / name)
        except OSError:  # another disk, or one without links
            shutil.copyfile(path, partial / name)
    partial.rename(folder)


def divided(frames: Sequence[Frame], labels: Labels, material: Material) -> Split | None:
    """Frames learned from and held out as before, so that neither bundle knows what both are measured on.

    None where nothing was held out before: then the recipe divides them.
    """
    known = [frame for frame in frames if frame.name in labels.keys]
    train, test = (
        tuple(frame for frame in known if frame.path.name in side) for side in (material.train, material.test)
    )
    if not material.apart or not train or not test:
        return None
    days = [{frame.taken.date() for frame in side if frame.taken} for side in (train, test)]
    return Split(train, test, not days[0] & days[1], "divided as for the bundle that is live")
