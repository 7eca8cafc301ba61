"""What the jobs of all kinds have in common: one at a time of a camera, within a budget, and an offer in the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lotwise.cameras.detection.bundle import MANIFEST, read_manifest
from lotwise.datasets.errors import InputError
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.tables import CameraRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.material import write_card
from lotwise.hub.learning.offering import offer_bundle
from lotwise.hub.learning.places import Place
from lotwise.hub.learning.result import JobResult
from lotwise.hub.reading import HubFile
from lotwise.hub.store.bundles import keep_bundle
from lotwise.hub.store.open import open_store
from lotwise.node.hub.messages import CameraCard
from lotwise.node.hub.signing import own_keys
from lotwise.students.pipeline.folder_lock import locked_folder
from lotwise.students.retraining.cpu_budget import CpuBudget, OutOfBudget

ENDING_S = 120.0
"""Seconds within which an earlier process of the same camera ends whose hub was killed."""
OUT_OF_BUDGET = JobResult(word="out of budget", why="the CPU budget is used up; the next try goes on from here")

Does = Callable[[Database, CameraRow, CpuBudget], JobResult]


def in_camera(file: HubFile, node: str, camera: str, does: Does) -> JobResult:
    """Do something of a camera while no other process does.

    Args:
        file: of the hub.
        node, camera: of whom.
        does: gets the database, the camera as its node told last, and the CPU time that may be used.

    Raises:
        InputError: it cannot be done as things stand.
    """
    budget = CpuBudget(file.settings.learning.job_cpu_minutes * 60)
    database = open_database(file)
    try:
        row = camera_row(database, node, camera)
        folder = HubFolders(file.settings.data).work(node, camera)
        with locked_folder(folder, ENDING_S, "folder of a camera", "see who has begun that process"):
            return does(database, row, budget)
    except OutOfBudget:
        return OUT_OF_BUDGET
    except OSError as error:
        raise InputError(" ".join(str(error).split())) from error
    finally:
        database.close()


def camera_row(database: Database, node: str, camera: str) -> CameraRow:
    """A camera as its node told last.

    Raises:
        InputError: the node has no such camera.
    """
    with database.reading() as session:
        return find_camera(session, node, camera)


def site_file(place: Place, row: CameraRow) -> Path:
    """The site file of a run, with slots, masks and regions as they are now.

    Raises:
        InputError: the node has not told them yet.
    """
    if row.card is None:
        raise InputError(f"the node has not told slots and masks of camera {row.camera} yet; wait for its next report")
    card = CameraCard.model_validate(row.card)
    return write_card(place.folders.work(row.node, row.camera), row.camera, card, place.site, place.frames)


def offer_live(file: HubFile, database: Database, row: CameraRow, why: str) -> JobResult:
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
