"""The pool that does the hub's jobs: what they call, what they may take, and what waits next once one has ended."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from lotwise.hub.database.cameras import camera_of, cameras_of
from lotwise.hub.database.database import Database
from lotwise.hub.folders import HubFolders
from lotwise.hub.jobs.pool import Job, JobPool
from lotwise.hub.jobs.queue import enqueue, release_all
from lotwise.hub.learning.enqueue import enqueue_due
from lotwise.hub.reading import HubFile
from lotwise.hub.rollouts.advance import advance
from lotwise.hub.settings import JobSettings
from lotwise.students.executors.local import LocalExecutor, usable_cpus
from lotwise.students.executors.ray_cluster import check_installed
from lotwise.students.executors.ray_shared import SharedRayExecutor
from lotwise.students.executors.task import Executor, Resources, Task, TaskResult

log = logging.getLogger(__name__)

WORK = "lotwise.hub.learning.work:work"
"""What a job calls, in a process of its own. It is named and not imported, since it loads PyTorch."""
ROLLOUT_WORK = "lotwise.hub.rollouts.work:work"
LOG = "job.log"
"""File in a camera's working folder: what the processes of its jobs have printed."""


def job_pool(file: HubFile, database: Database) -> JobPool:
    """The pool of a hub, not started yet.

    Raises:
        InputError: the hub file asks for Ray, which is not installed.
    """
    jobs, folders, learning = file.settings.jobs, HubFolders(file.settings.data), file.settings.learning
    resources = Resources(1, int(jobs.memory_gb * 1e9), jobs.hours * 3600)

    def task_of(job: Job) -> Task:
        asked = {"hub": str(file.path), "kind": job.kind, "node": job.node, "camera": job.camera}
        printed = str(folders.work(job.node, job.camera) / LOG)
        return Task(f"job {job.id}", ROLLOUT_WORK if job.kind == "rollout" else WORK, asked, resources, log=printed)

    def ended(session: Session, job: Job, result: TaskResult) -> None:
        if result.state == "done" and result.value.get("word") == "out of budget":
            enqueue(session, job.kind, job.node, job.camera, "goes on where its CPU time was used up")
        advance(session)
        camera = camera_of(session, job.node, job.camera)
        if camera is not None:
            enqueue_due(session, camera, learning)  # nothing where a job waits by now

    return JobPool(database, _executors(jobs), task_of, ended)


def take_up(database: Database, file: HubFile) -> None:
    """At a hub's start: let jobs of an earlier one that was killed be taken again at once, and find what is due.

    The caller holds the lock of the hub's data folder, so that no other hub lives that would work on them. A process of
    such a job that still ends keeps its camera's folder locked, and the next one waits for that.
    """
    with database.writing() as session:
        if count := release_all(session):
            log.info("%d job%s that ran when the hub ended go%s on", count, *(("", "es") if count == 1 else ("s", "")))
        advance(session)
        for camera in cameras_of(session):
            enqueue_due(session, camera, file.settings.learning)


def _executors(jobs: JobSettings) -> list[Executor]:
    """One for each job that is done at once."""
    workers = jobs.workers or max(1, usable_cpus() - 1)
    if jobs.executor == "local":
        return [LocalExecutor(1)] * workers
    check_installed()
    return [SharedRayExecutor(jobs.address, workers)] * workers
