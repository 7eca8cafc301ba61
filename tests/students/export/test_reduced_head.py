"""The reduced form leaves out what a camera does not need, and says just what the student says of the rest."""

import numpy as np
import pytest
import torch

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.slots import SlotModel
from lotwise.cameras.slots.model import ExpectedBox
from lotwise.datasets.frame import Detections
from lotwise.students.export.reduced_head import MARGIN_ROWS, MIN_CANDIDATES, Bounds, ReducedStudent, bounds_of
from lotwise.students.model.deployed import deployed_form
from lotwise.students.model.student import make_student
from tests.models import COCO_LIKE, save_like_ultralytics, tiny_yolo

SIZE = (96, 320)  # 40 rows of 12 cells of 8 px, then 20 rows of 6 and 10 of 3
ANCHORS = 40 * 12 + 20 * 6 + 10 * 3
FITTED = Letterbox((192, 640), SIZE)


@pytest.fixture(scope="module")
def student():
    return tiny_yolo(2)


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.rand(1, 3, SIZE[1], SIZE[0], generator=torch.Generator().manual_seed(0))


def reduced(student, bounds: Bounds) -> ReducedStudent:
    return ReducedStudent(deployed_form(student).student, SIZE, bounds).eval()


@torch.inference_mode()
def farthest(student, bounds: Bounds, pixels: torch.Tensor, anchors: list[int]) -> float:
    """From what the student says at any of these anchors to the nearest of what its reduced form says."""
    whole_boxes, whole = (output[0] for output in deployed_form(student)(pixels))
    boxes, scores = (output[0] for output in reduced(student, bounds)(pixels))
    apart = (
        torch.cdist(whole_boxes[anchors], boxes, compute_mode="donot_use_mm_for_euclid_dist")
        + 1000 * (whole[anchors, None] - scores[None]).abs()
    )
    return float(apart.amin(1).max())


ALL = list(range(ANCHORS))


def test_unbounded_it_says_what_the_student_says(student, pixels) -> None:
    assert farthest(student, Bounds(0, 40, 40, ANCHORS), pixels, ALL) < 0.05


@pytest.mark.parametrize("base", ["yolo11n.yaml", "yolo26n.yaml"])
def test_other_families_are_made_lean_too(tmp_path, pixels, base: str) -> None:
    student = make_student(save_like_ultralytics(tiny_yolo(names=COCO_LIKE, base=base), tmp_path / "nano.pt"))
    assert farthest(student, Bounds(0, 40, 40, ANCHORS), pixels, ALL) < 0.5


def test_its_candidates_are_those_of_the_highest_scores(student, pixels) -> None:
    with torch.inference_mode():
        whole = deployed_form(student)(pixels)[1][0]
        boxes, scores = reduced(student, Bounds(0, 40, 40, 100))(pixels)
    assert (boxes.shape, scores.shape) == ((1, 100, 4), (1, 100))
    assert (scores[0] - whole.sort(descending=True).values[:100]).abs().max() < 1e-5


def test_within_its_rows_less_the_margin_it_says_what_the_student_says(student, pixels) -> None:
    columns, rest = 12, [*range(40 * 12, ANCHORS)]
    bounds = Bounds(10, 30, 40, ANCHORS)
    # Two 3x3 convolutions look at two cells beyond the cut.
    assert farthest(student, bounds, pixels, [*range(12 * columns, 28 * columns), *rest]) < 0.05
    assert farthest(student, bounds, pixels, ALL) > 1


def seen(*rows: int, columns: int = 12) -> Detections:
    """All anchors of a frame, of which those in the first column of these rows of the finest grid fire."""
    scores = np.full(ANCHORS, 0.01)
    scores[[row * columns for row in rows]] = 0.5
    return Detections.of(np.zeros((ANCHORS, 4)), scores)


def place(middle: float, size: float) -> SlotModel:
    """One place in the middle of the frame, at this share of its height; its car's size as a share of the width."""
    return SlotModel(places=(ExpectedBox(slot="1", box=(0.4, middle - 0.01, 0.6, middle + 0.01), size=size),), frames=9)


@pytest.mark.parametrize(
    ("frames", "places", "rows"),
    [
        ([seen(12, 15)] * 4, None, (12 - MARGIN_ROWS, 16 + MARGIN_ROWS)),
        ([seen(12)] * 3 + [seen(20)], None, (12 - MARGIN_ROWS, 21 + MARGIN_ROWS)),
        ([seen(2, 38)] * 4, None, (0, 40)),  # the margin ends where the view does
        ([seen(12, 15)] * 3, None, (0, 40)),  # too few frames to leave anything out
        ([seen(12, 15)] * 3, place(0.3, 0.2), (0, 16 + 2 * MARGIN_ROWS)),  # few, but it is known where cars park
        ([seen()] * 9, None, (0, 40)),  # no small car was ever seen
        (
            [seen(12, 15)] * 4,
            place(0.625, 0.2),
            (12 - MARGIN_ROWS, 26 + MARGIN_ROWS),
        ),  # a small one parks lower
        (
            [seen(12, 15)] * 4,
            place(0.625, 0.8),
            (12 - MARGIN_ROWS, 16 + MARGIN_ROWS),
        ),  # a large one needs it not
    ],
)
def test_rows_are_left_out_only_where_frames_and_places_show_no_small_car(student, frames, places, rows) -> None:
    found = bounds_of(student.model[-1], FITTED, frames, places)
    assert (found.top, found.bottom, found.rows) == (*rows, 40)


def test_crowded_views_have_more_candidates(student) -> None:
    crowd = Detections.of(np.zeros((ANCHORS, 4)), np.linspace(0.04, 1, ANCHORS))
    firing = int((crowd.scores >= 0.05).sum())
    assert bounds_of(student.model[-1], FITTED, [seen(3), crowd]).candidates == 2 * firing > MIN_CANDIDATES
    assert bounds_of(student.model[-1], FITTED, [seen(3)]).candidates == MIN_CANDIDATES
