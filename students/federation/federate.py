"""The whole job: a labelled run in, each camera's federated student through its promotion gate out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.federation.camera import FederatedCamera, labelled_cameras
from lotwise.students.federation.given import checked
from lotwise.students.federation.graph.alike import describe_view
from lotwise.students.federation.method import Arrays, module_arrays
from lotwise.students.federation.methods import method_class
from lotwise.students.federation.server_side import Progressed, read_progress
from lotwise.students.federation.settings import FederationSettings
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.export import export_bundles
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint
from lotwise.teacher.ignored import labels_without_ignored, taught_identity
from lotwise.teacher.index import open_labels

if TYPE_CHECKING:
    from lotwise.students.federation.flower.server_app import Federation

DESCRIBED = 8
"""Frames from which a camera tells how its view is."""


@dataclass(frozen=True)
class FederatedRun:
    """What came of a federation of a run's cameras.

    Attributes:
        progress: of the server.
        before: what was live before, by camera; only cameras that had something live.
        identity: of the federation.
    """

    progress: Progressed
    before: Mapping[str, str]
    identity: str


def federate_run(
    run: Run,
    settings: FederationSettings,
    workers: int | None = None,
    progress: Progress = no_progress,
    note: Note = no_note,
    read: LoadFrame | None = None,
    shadow: bool | None = None,
) -> FederatedRun:
    """Federate the cameras of a labelled run on this machine and export their students; a killed one goes on.

    Args:
        run: whose frames are labelled; gets ``federation/`` and in each camera's folder ``federated/``.
        settings: what is asked for.
        workers: cameras that work at the same time; one a core by default.
        progress: told after each exchange, and as the export goes on.
        note: told, one line each, what a person should know.
        read: gives the pixels of a frame.
        shadow: as of the export.

    Raises:
        InputError: fewer than two cameras, settings that do not go together, or no camera gave a valid reply.
    """
    from lotwise.students.federation.flower.server_app import Federation
    from lotwise.students.federation.flower.simulation import simulate

    read = read or FrameCache()
    with run.lock():
        checked(settings)
        cameras = labelled_cameras(run.plan(), run.knowledge)
        if len(cameras) < 2:
            raise InputError(f"{run.folder}: {len(cameras)} labelled camera; two at least learn from each other")
        if unknown := sorted(set(settings.students) - set(cameras)):
            raise InputError(f"--student-of {unknown[0]}: no such camera; there are {', '.join(cameras)}")
        identity = settings.identity(cameras, _parts(run, settings))
        before = {one: live for one in cameras if (live := run.registry(one).state().live) is not None}
        federation = Federation(
            settings,
            cameras,
            run.folder / "federation" / f"{settings.method}-{identity}",
            identity,
            lambda: _start(run, settings),
            _descriptions(run, cameras, read) if settings.topology == "alike" else {},
            needed=len(cameras),
        )
        count = workers or min(os.cpu_count() or 1, len(cameras))
        reached = _reached(run, federation)
        if reached is None:
            ended = simulate(federation, run.folder.resolve(), count, progress, note)
            if not ended.students:
                raise InputError(f"{run.folder}: no camera has got a student; run again to go on")
            reached = ended.progress
        footage = open_footage(run.plan())
        labels = labels_without_ignored(open_labels(run.knowledge, run.plan().labelling), footage)
        export_bundles(run, footage, labels, progress, read, shadow)
    return FederatedRun(reached, before, identity)


def _reached(run: Run, federation: Federation) -> Progressed | None:
    """What an earlier run of the same federation came to; None where something is left to be done."""
    reached = read_progress(federation.folder, federation.identity)
    records = [run.record(camera) for camera in federation.cameras]
    written = all(one and one.federation and one.federation.identity == federation.identity for one in records)
    exchanges = federation.settings.rounds * cast(int, method_class(federation.settings.method).exchanges)
    done = reached is not None and written and reached.exchanges >= exchanges
    return reached if done else None


def _start(run: Run, settings: FederationSettings) -> Arrays:
    """The untouched nano; cameras that begin with others take part in methods that exchange no weights only."""
    plan = run.plan()
    return {} if settings.students else module_arrays(make_student(plan.student, plan.oracle.classes))


def _parts(run: Run, settings: FederationSettings) -> list[str]:
    """Whatever else a federation depends on: nanos, frames, what is taught of them, how."""
    plan = run.plan()
    footage = open_footage(plan)
    labels = labels_without_ignored(open_labels(run.knowledge, plan.labelling), footage)
    nanos = [plan.student, *settings.students.values()]
    parts = [fingerprint(make_student(nano, plan.oracle.classes)) for nano in nanos]
    parts += [plan.distill.model_dump_json(), str(plan.holdout)]
    parts += [str(day) for day in plan.test_days or ()]
    frames = [frame.name for camera in footage.cameras for frame in footage.of_camera(camera)]
    return parts + [f"{name} {taught_identity(labels, name)}" for name in frames if name in labels.keys]


def _descriptions(run: Run, cameras: tuple[str, ...], read: LoadFrame) -> dict[str, NDArray[np.float16]]:
    """What each camera tells of its view: the untouched nano's mean latents of some of its own training frames."""
    found = {}
    for name in cameras:
        camera = FederatedCamera(run, name, read=read)
        pictures = [camera.samples.plain(index)[0] for index in range(min(DESCRIBED, len(camera.samples)))]
        found[name] = describe_view(camera.nano(), pictures)
    return found
