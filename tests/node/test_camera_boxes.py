"""Boxes that a camera shows and those that slots are read from: second boxes of a vehicle, and both thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import MODEL, Manifest, sha256, write_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.frame_result import FrameReader
from lotwise.cameras.ignore.region import new_region
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.cameras.slots.state import SlotNow
from lotwise.node.ignoring import Ignoring
from tests.cameras.bundles import write_constant_bundle
from tests.cameras.models import ours
from tests.node.cameras import AT_ONCE, Camera, at, plain

SIDE = 64  # of frame and input, in pixels
FIRST, SECOND = [8.0, 16.0, 32.0, 40.0], [20.0, 28.0, 32.0, 40.0]
"""The second lies in the first, and is of another car that the first one's hides in part."""
THRESHOLDS = {"confidence": 0.55, "slot_confidence": 0.25}


def bundle_of(
    folder: Path, boxes: Sequence[list[float]], scores: list[float], cars: Sequence[list[float]], **fields: object
) -> Path:
    """A bundle that says the same of every frame, and has learned where cars show on its slots 1, 2, …, in pixels."""
    folder.mkdir()
    ours(folder / MODEL, list(boxes), scores)
    places, slots = [], []
    for number, (left, top, right, bottom) in enumerate(np.divide(cars, SIDE).tolist(), 1):
        places.append(ExpectedBox(slot=str(number), box=(left, top, right, bottom), size=right - left))
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        slots.append(SlotShape(id=str(number), polygon=corners))
    manifest = Manifest(
        camera="C1", role="student", input=(SIDE, SIDE), files={MODEL: sha256(folder / MODEL)},
        slots=tuple(slots), slot_model=SlotModel(places=tuple(places), frames=9),
    )  # fmt: skip
    write_manifest(folder, manifest.model_copy(update=fields))
    return folder


def test_of_a_vehicle_one_box_is_shown_and_slots_are_read_from_all(tmp_path: Path) -> None:
    bundle = bundle_of(
        tmp_path / "b", [FIRST, SECOND], [0.9, 0.8], [FIRST, SECOND], reported_overlap=0.5, reported_nested=0.9
    )
    camera = Camera(bundle)
    assert camera.see() == {"1": "occupied", "2": "occupied"}
    assert camera.loop.now.detections.boxes.tolist() == [FIRST]
    (seen,) = camera.loop.seen_frames
    assert {name: one.state for name, one in seen.read(camera.loop.slots).items()} == camera.slots


def test_of_an_ignored_thing_one_box_is_counted(tmp_path: Path) -> None:
    second = [8.0, 16.0, 32.0, 32.0]
    bundle = bundle_of(tmp_path / "b", [FIRST, second], [0.9, 0.8], [FIRST], reported_overlap=0.5)
    ignoring = Ignoring(tmp_path / "regions.json")
    ignoring.add(new_region(tuple(np.divide(FIRST, SIDE).tolist())))
    camera = Camera(bundle, ignoring=ignoring)
    camera.see()
    assert (len(camera.loop.now.detections), camera.loop.now.ignored.boxes.tolist()) == (0, [FIRST])


@pytest.mark.parametrize(
    ("fields", "states"),
    [
        (THRESHOLDS, {"1": "occupied", "2": "free"}),
        ({"confidence": 0.25, "slot_confidence": 0.55}, {"1": "free", "2": "free"}),
        ({"confidence": 0.25, "crop": (0.0, 0.0, 0.4, 1.0)}, {"1": "free", "2": "unknown"}),  # it sees half of slot 2
    ],
)
def test_slots_that_are_being_drawn_are_read_as_the_node_and_detect_read_them(tmp_path: Path, fields, states) -> None:
    bundle = write_constant_bundle(tmp_path / "b", (0.4, 0.3), **fields)
    camera = Camera(bundle)
    assert camera.see() == states
    (seen,) = camera.loop.seen_frames
    readings = seen.read(camera.loop.slots)
    assert {name: one.state for name, one in readings.items()} == states
    assert readings == FrameReader(load_detector(bundle))(plain(), "f").readings


NEARER, FAR = [6.0, 14.0, 26.0, 48.0], [8.0, 16.0, 24.0, 32.0]


@pytest.mark.parametrize("setting", ["keep", "unknown"])
@pytest.mark.parametrize(
    ("fields", "score", "hidden"),
    [
        (THRESHOLDS, 0.4, set()),  # read as occupied, and so seen
        (THRESHOLDS, 0.2, {"1"}),
        ({"confidence": 0.25, "slot_confidence": 0.55}, 0.4, {"1"}),  # read as free by what is too unsure for a slot
    ],
)
def test_a_car_that_makes_its_slot_occupied_is_not_hidden(tmp_path: Path, setting, fields, score, hidden) -> None:
    bundle = bundle_of(tmp_path / "b", [NEARER, FAR], [0.9, score], [FAR], **fields)
    before = {"1": SlotNow("free", at(-5), 0.9)}
    camera = Camera(bundle, before=before, seen=at(-1), hysteresis=AT_ONCE.model_copy(update={"hidden": setting}))
    after = "occupied" if not hidden else "free" if setting == "keep" else "unknown"
    assert camera.see() == {"1": after}
    assert camera.loop.now.hidden == hidden
    (seen,) = camera.loop.seen_frames
    assert seen.read(camera.loop.slots)["1"].state == ("unknown" if hidden else "occupied")
