"""Cards and frames become the files that a run reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.hub.database.frames import frames_of
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.material import first_frames, new_frames, write_card
from lotwise.hub.store.folder import FolderStore
from lotwise.node.hub.messages import CameraCard
from lotwise.students.pipeline.footage import open_run_frames
from lotwise.students.pipeline.plan import Plan
from lotwise.students.retraining.intake import find_new
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.learning.conftest import OpenHub
from tests.hub.signed_client import jpeg_of

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SQUARE = ((0.1, 0.1), (0.3, 0.1), (0.3, 0.3), (0.1, 0.3))
CARD = CameraCard(slots=(SlotShape(id="7", polygon=SQUARE),), masks=(SQUARE,), ignored=((0.5, 0.5, 0.6, 0.6),))


def test_a_run_sees_slots_masks_and_ignore_regions_of_the_card(opened: OpenHub) -> None:
    file, database = opened()
    folders = HubFolders(file.settings.data)
    add_camera(database, card=CARD)
    add_frames(database, folders, [(jpeg_of(seed), NOON + timedelta(hours=seed)) for seed in range(3)])
    site = write_card(folders.work(NODE, "C1"), "C1", CARD)
    with database.reading() as session:
        rows = frames_of(session, NODE, "C1")
    assert first_frames(FolderStore(folders.data), folders, NODE, "C1", rows) == [row.sha256 for row in rows]
    dataset = site_dataset(site)
    assert [slot.id for slot in dataset.slots["C1"]] == ["7"]
    assert [frame.taken for frame in dataset.frames] == [row.taken.astimezone().replace(tzinfo=None) for row in rows]
    assert len(dataset.frames[0].masks) == 1
    ignored = open_run_frames(Plan(dataset="site", root=site, teacher="t", student="s")).footage.ignored["C1"]
    assert ignored.tolist() == [pytest.approx([0.5, 0.5, 0.6, 0.6])]


def test_frames_that_come_later_do_not_change_the_first_ones(opened: OpenHub) -> None:
    file, database = opened()
    folders = HubFolders(file.settings.data)
    add_camera(database)
    first = add_frames(database, folders, [(jpeg_of(1), NOON)])
    with database.reading() as session:
        first_frames(FolderStore(folders.data), folders, NODE, "C1", frames_of(session, NODE, "C1"))
    add_frames(database, folders, [(jpeg_of(2), NOON)])
    with database.reading() as session:
        rows = frames_of(session, NODE, "C1")
    assert first_frames(FolderStore(folders.data), folders, NODE, "C1", rows) == first


def test_new_frames_are_given_once_under_names_that_stay(opened: OpenHub) -> None:
    file, database = opened()
    folders = HubFolders(file.settings.data)
    add_camera(database)
    add_frames(database, folders, [(jpeg_of(seed), NOON + timedelta(hours=seed)) for seed in range(3)])
    with database.reading() as session:
        rows = list(frames_of(session, NODE, "C1"))
    folder: Path = new_frames(FolderStore(folders.data), folders, NODE, "C1", rows)
    found = find_new(folder, "C1", None, {f"{rows[0].sha256}.jpg"})
    assert [one.source for one in found] == [f"{row.sha256}.jpg" for row in rows[1:]]
    new_frames(FolderStore(folders.data), folders, NODE, "C1", rows[2:])
    assert [one.source for one in find_new(folder, "C1", None, ())] == [f"{rows[2].sha256}.jpg"]


def test_a_camera_with_a_strange_name_is_a_site_all_the_same(tmp_path: Path) -> None:
    name = 'gate: "north" #1'
    site = read_site(write_card(tmp_path / "work", name, CameraCard()))
    assert list(site.cameras) == [name]
