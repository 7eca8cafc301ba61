"""What never comes or goes is no vehicle, unless the teacher is sure of it or the frames cannot tell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Image
from lotwise.teacher.consensus import ConsensusSettings, Verdict, consensus
from tests.teacher.consensus.scenes import CAR, CLOUD, DUSK, RED, SILVER, SLOTS, SUN, WHITE, box_at, scene

CAGE, PLACES = SLOTS[0], SLOTS[1:]
LIGHTS = [SUN, CLOUD, SUN, DUSK, CLOUD, SUN, CLOUD, SUN]
MORNING = datetime(2026, 5, 4, 9)
CARS = [(1, WHITE), (2, RED), (5, SILVER), (6, WHITE), (7, RED), (8, SILVER)]


def draw_cage(picture: Image) -> Image:
    (x, y), (w, h) = CAGE, CAR
    for step in range(0, w, 8):
        cv2.line(picture, (x + step, y + 4), (x + step, y + h - 4), (60, 70, 70), 2)
    cv2.rectangle(picture, (x, y + 4), (x + w - 1, y + h - 4), (50, 60, 60), 2)
    return picture


def lot(number: int, cars: dict, light: np.ndarray) -> Image:
    return draw_cage(scene(cars, light, number))


def yard(frames: int, days: int, cage: Sequence[float], turnover: bool = True) -> tuple[list, list, list]:
    """A cage with these scores, frame after frame, and cars that come and go, or all stay."""
    found, images, taken = [], [], []
    for number in range(frames):
        cars = {
            place: CARS[(i + (number // 2 if turnover else 0)) % len(CARS)]
            for i, place in enumerate(PLACES)
            if not (turnover and (number + i) % 4 == 3)
        }
        boxes, scores = [box_at(corner) for corner in cars], [0.8] * len(cars)
        if cage[number % len(cage)]:
            boxes, scores = [*boxes, box_at(CAGE)], [*scores, cage[number % len(cage)]]
        found.append(Detections.of(boxes, scores))
        images.append(lot(number, cars, LIGHTS[number % len(LIGHTS)]))
        taken.append(MORNING + timedelta(days=number * days // frames, minutes=number))
    return found, images, taken


def judged(found: list, images: list, taken: list) -> list[Verdict]:
    return consensus(found, images, None, taken)


def at_cage(verdicts: Sequence[Verdict]) -> list[tuple[str, float]]:
    """Reason and score of the box on the cage in each frame that has one."""
    said = []
    for verdict in verdicts:
        on = iou(np.array([box_at(CAGE)], np.float32), verdict.detections.boxes)[0] >= 0.5
        said += [(verdict.findings[i].reason, float(verdict.detections.scores[i])) for i in np.flatnonzero(on)]
    return said


@pytest.mark.parametrize("cage", [[0.28], [0.15, 0.35], [0.28, 0.0, 0.2]], ids=["steady", "varying", "flickering"])
def test_what_stays_over_days_and_is_never_sure_is_background(cage) -> None:
    verdicts = judged(*yard(8, 3, cage))
    said = at_cage(verdicts)
    assert len(said) == sum(cage[number % len(cage)] > 0 for number in range(8))
    assert all(reason == "furniture" and score == 0 for reason, score in said)
    others = [score for verdict in verdicts for score in verdict.detections.scores if score]
    assert min(others) >= 0.8 - 1e-6  # the cars are what they were


def test_it_may_be_left_open_or_taught() -> None:
    found, images, taken = yard(8, 3, [0.28])
    doubt = at_cage(consensus(found, images, ConsensusSettings(furniture="doubt"), taken))
    assert all(reason == "furniture" and 0.03 <= score < 0.1 for reason, score in doubt)
    vehicle = at_cage(consensus(found, images, ConsensusSettings(furniture="vehicle"), taken))
    assert all(reason != "furniture" and score >= 0.28 - 1e-6 for reason, score in vehicle)


def test_a_car_that_stays_for_weeks_is_a_vehicle_where_the_teacher_is_sure_of_it_once() -> None:
    said = at_cage(judged(*yard(8, 3, [0.2, 0.3, 0.7, 0.2])))
    assert all(reason != "furniture" for reason, _ in said)
    assert min(score for _, score in said) > 0.3  # the sure sight raises the others


@pytest.mark.parametrize(
    ("frames", "turnover"), [(8, False), (8, True), (2, True)], ids=["nothing moved", "one day", "two frames"]
)
def test_where_frames_cannot_tell_nothing_is_raised(frames, turnover) -> None:
    said = at_cage(judged(*yard(frames, 1, [0.15, 0.35], turnover)))
    assert [reason for reason, _ in said] == ["untold"] * frames
    assert [score for _, score in said] == pytest.approx(([0.15, 0.35] * frames)[:frames])


def test_what_is_untold_may_be_raised_as_all_others() -> None:
    found, images, taken = yard(8, 1, [0.15, 0.35], turnover=False)
    said = at_cage(consensus(found, images, ConsensusSettings(untold="raised"), taken))
    assert {reason for reason, _ in said} <= {"raised", "tightened", "kept"}
    assert min(score for _, score in said) > 0.2


def test_cars_of_which_the_teacher_is_never_sure_come_and_go_and_are_no_furniture() -> None:
    found, images, taken = yard(8, 3, [0.0])
    faint = [replace(one, scores=np.full(len(one), 0.25, np.float32)) for one in found]
    verdicts = consensus(faint, images, None, taken)
    reasons = {finding.reason for verdict in verdicts for finding in verdict.findings}
    assert not reasons & {"furniture", "untold"}
