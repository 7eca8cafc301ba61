"""The neighbour's bundle as a detector here: it finds what it would find as a bundle of this node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import MANIFEST, parse_manifest, sha256, write_manifest
from lotwise.cameras.detection.calibration import Calibration
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.slots.seen_boxes import FrameBoxes, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES, write_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.node.offloading.client import NeighbourClient
from lotwise.node.offloading.lane import Lane
from lotwise.node.offloading.neighbour import NeighbourNetwork, NoAnswer, neighbour_detector
from lotwise.node.serving.detectors import ServedDetectors
from lotwise.node.serving.messages import Card
from lotwise.node.serving.serving import Serving
from tests.cameras.bundles import write_constant_bundle
from tests.node.cameras import NOON
from tests.node.http.asking import served
from tests.node.nodes import FakeNode

TOKEN = "a neighbour's token 12"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of a part of the frame, with calibrated scores, second boxes and boxes to learn slots from."""
    folder = write_constant_bundle(
        tmp_path / "bundle", calibration=Calibration(slope=1.3, offset=-0.4), crop=(0.25, 0.0, 1.0, 0.75),
        reported_overlap=0.5, slot_confidence=0.2,
    )  # fmt: skip
    boxes = FrameBoxes.of(load_detector(folder)([np.zeros((64, 64, 3), np.uint8)])[0], (64, 64), NOON, "teacher")
    write_seen_boxes(folder / SEEN_BOXES, SeenBoxes((64, 64), (boxes,)))
    manifest = parse_manifest(folder)
    files = {**manifest.files, SEEN_BOXES: sha256(folder / SEEN_BOXES)}
    write_manifest(folder, manifest.model_copy(update={"files": files}))
    return folder


@pytest.fixture
def lane(bundle: Path) -> Iterator[Lane]:
    serving = Serving(ServedDetectors({"C1": bundle}, load_detector, 1), (TOKEN,), 1)
    with served(FakeNode(), serving=serving) as url:
        lane = Lane("C1", NeighbourClient(url, TOKEN))
        yield lane
        lane.close()


def card_of(bundle: Path) -> Card:
    served_bundle = ServedDetectors({"C1": bundle}, load_detector, 1).served("C1")
    return Card.model_validate_json(served_bundle.card())


@pytest.mark.parametrize("confidence", [None, 0.3, 0.85])
def test_it_finds_the_same_as_here(bundle: Path, lane: Lane, confidence: float | None) -> None:
    here = load_detector(bundle)
    there = neighbour_detector(card_of(bundle), ("C1",), 0.05, lane, 90)
    assert isinstance(there.network, NeighbourNetwork)
    there.network.wait_s = 30.0
    frame = np.full((300, 400, 3), 90, np.uint8)
    mine, theirs = here([frame], confidence)[0], there([frame], confidence)[0]
    assert np.allclose(mine.boxes, theirs.boxes) and np.allclose(mine.scores, theirs.scores)
    assert np.array_equal(mine.labels, theirs.labels)
    for name in ("identity", "confidence", "slot_confidence", "crop", "slot_model"):
        assert getattr(here, name) == getattr(there, name)
    assert [slot.id for slot in here.slots] == [slot.id for slot in there.slots]
    assert len(there.seen_boxes.frames) == len(here.seen_boxes.frames) == 1


def test_what_is_not_answered_in_time_is_dropped_and_never_read_as_of_a_later_frame(bundle: Path, lane: Lane) -> None:
    there = neighbour_detector(card_of(bundle), ("C1",), 0.05, lane, 90)
    assert isinstance(there.network, NeighbourNetwork)
    there.network.wait_s = 0.0
    with pytest.raises(NoAnswer):
        there([np.zeros((64, 64, 3), np.uint8)])
    there.network.wait_s = 30.0
    answers = 0
    while not answers:  # until the late one has ended, the next is not even sent
        try:
            answers = len(there([np.zeros((64, 64, 3), np.uint8)])[0])
        except NoAnswer as busy:
            assert str(busy) == "under way"
    assert len([one for one in lane.outcomes() if one.failure is None]) == 2


def test_a_bundle_of_another_camera_is_refused(bundle: Path, lane: Lane) -> None:
    with pytest.raises(InputError, match="made for camera C1, not for C7 or entrance; name the right bundle"):
        neighbour_detector(card_of(bundle), ("C7", "entrance"), 0.05, lane, 90)


def test_boxes_that_the_manifest_does_not_vouch_for_are_refused(bundle: Path, lane: Lane) -> None:
    card = card_of(bundle)
    assert card.seen_boxes is not None
    for harmed in (None, card.seen_boxes + b"x"):
        with pytest.raises(InputError, match="are not whole"):
            neighbour_detector(card.model_copy(update={"seen_boxes": harmed}), ("C1",), 0.05, lane, 90)
    assert (bundle / MANIFEST).is_file()
