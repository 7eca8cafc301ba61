"""A parked car is repaired from its other frames; one that has left, or another car, never is."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import load
from lotwise.datasets.synthetic import render_site
from lotwise.teacher.consensus import ConsensusSettings, Verdict, consensus
from tests.teacher.consensus.scenes import CLOUD, DUSK, RED, SILVER, SLOTS, SUN, WHITE, box_at, scene

HERE, NEXT = SLOTS[1], SLOTS[2]
MINE = (1, WHITE)


def best_at(verdict: Verdict, corner: tuple[int, int]) -> float:
    """Best score of a box on a car that stands there."""
    on = iou(np.array([box_at(corner)], np.float32), verdict.detections.boxes)[0] >= 0.5
    return float(verdict.detections.scores[on].max(initial=0))


def seen(*scores: float) -> list[Detections]:
    """The car at HERE with these scores; 0 where it is missed."""
    return [Detections.of([box_at(HERE)], [score]) if score else Detections.empty() for score in scores]


@pytest.mark.parametrize(
    ("lights", "missed"),
    [
        ([SUN] * 7, 3),  # the shadow of something wanders over the row
        ([SUN, SUN, SUN, CLOUD, CLOUD, SUN, SUN], 3),  # a cloud comes just then
        ([SUN, CLOUD, DUSK, DUSK, CLOUD, SUN, SUN], 2),  # dusk
    ],
)
@pytest.mark.parametrize("score", [0.0, 0.05])
def test_a_car_that_flickers_is_found_again(lights, missed, score) -> None:
    images = [scene({HERE: MINE, NEXT: (2, RED)}, light, number) for number, light in enumerate(lights)]
    scores = [0.8] * 7
    scores[missed] = score
    verdict = consensus(seen(*scores), images)[missed]
    assert best_at(verdict, HERE) > 0.5
    finding = verdict.findings[0]
    assert finding.reason == ("raised" if score else "recovered")
    assert finding.score == pytest.approx(score)
    assert missed not in finding.support and len(finding.support) >= 2


@pytest.mark.parametrize(
    ("instead", "light", "tree"),
    [
        ({}, SUN, None),
        ({}, CLOUD, None),
        ({}, DUSK, None),
        ({HERE: (5, WHITE)}, SUN, None),  # another white car
        ({HERE: (6, SILVER)}, SUN, None),
        ({HERE: (7, WHITE)}, CLOUD, None),
        ({(HERE[0] + 5, HERE[1] + 2): MINE}, SUN, None),  # the same model, parked a little aside
        ({}, SUN, HERE),  # behind a tree that never leaves
        ({}, CLOUD, HERE),
    ],
    ids=["left", "left, cloud", "left, dusk", "white", "silver", "white, cloud", "aside", "tree", "tree, cloud"],
)
@pytest.mark.parametrize("gone", [1, 3], ids=["one frame", "three frames"])
def test_a_car_that_left_is_never_kept(instead, light, tree, gone) -> None:
    before = [scene({HERE: MINE}, SUN, number, tree) for number in range(4)]
    after = [scene(instead, light, number, tree) for number in range(4, 4 + gone)]
    verdicts = consensus(seen(*[0.9] * 4, *[0.0] * gone), [*before, *after])
    assert all(best_at(verdict, HERE) == 0 for verdict in verdicts[4:])
    # ... and a faint box that is left of it, or is of the other car, keeps its own score.
    verdicts = consensus(seen(*[0.9] * 4, *[0.04] * gone), [*before, *after])
    assert all(best_at(verdict, HERE) == pytest.approx(0.04) for verdict in verdicts[4:])


def test_a_box_of_no_score_at_all_stays_as_it_is() -> None:
    images = [scene({HERE: MINE}, SUN, number) for number in range(3)] + [scene({}, SUN, 3)]
    verdict = consensus([*seen(0.9, 0.9, 0.9), Detections.of([box_at(HERE)], [0.0])], images)[3]
    assert verdict.detections.scores.tolist() == [0.0]
    assert np.isfinite(verdict.detections.boxes).all()


@pytest.mark.parametrize("leaves", [40, 50, 60, 70])
@pytest.mark.parametrize("gone", [1, 3])
def test_a_car_that_left_from_behind_a_dense_tree_is_not_called_back(leaves, gone) -> None:
    images = [scene({HERE: MINE} if n < 4 else {}, SUN, n, HERE, leaves) for n in range(4 + gone)]
    verdicts = consensus(seen(*[0.9] * 4, *[0.0] * gone), images)
    assert [len(verdict.detections) for verdict in verdicts] == [1] * 4 + [0] * gone
    # ... nor is a faint box raised that the teacher still draws around the tree.
    verdicts = consensus(seen(*[0.9] * 4, *[0.04] * gone), images)
    assert all(best_at(verdict, HERE) == pytest.approx(0.04) for verdict in verdicts[4:])


@pytest.mark.parametrize("missed", [0, 6], ids=["first", "last"])
@pytest.mark.parametrize("score", [0.0, 0.05])
def test_at_either_end_of_the_sequence_nothing_is_called_back_or_raised(missed, score) -> None:
    """Whether it had come already, or had left, behind what hides it, pixels alone do not tell."""
    images = [scene({HERE: MINE}, CLOUD, number) for number in range(7)]
    scores = [0.8] * 7
    scores[missed] = score
    assert best_at(consensus(seen(*scores), images)[missed], HERE) == pytest.approx(score)


def test_neighbours_that_overlap_stay_two_cars() -> None:
    """Two cars, boxes of IoU 0.45; each is missed once, and one leaves."""
    beside = (HERE[0] + 24, HERE[1])
    both, one = {HERE: MINE, beside: (4, RED)}, {HERE: MINE}
    images = [scene(both, SUN, number) for number in range(6)] + [scene(one, SUN, number) for number in (6, 7)]
    rng = np.random.default_rng(0)
    frames = []
    for number in range(8):
        boxes = [box_at(HERE), box_at(beside)][: 2 if number < 6 else 1]
        jitter = rng.normal(0, 1, (len(boxes), 4))
        frames.append(Detections.of(np.array(boxes) + jitter, [0.8, 0.7][: len(boxes)]))
    frames[2], frames[3] = frames[2][[0]], frames[3][[1]]
    verdicts = consensus(frames, images)
    for number, verdict in enumerate(verdicts):
        sure = verdict.detections[verdict.detections.scores >= 0.25]
        assert len(sure) == (2 if number < 6 else 1)
        apart = np.abs(sure.boxes[:, 0][:, None] - [HERE[0], beside[0]]).min(0)
        assert (apart[: len(sure)] < 4).all()


def test_boxes_of_one_car_are_tightened() -> None:
    rng = np.random.default_rng(1)
    images = [scene({HERE: MINE}, SUN, number) for number in range(8)]
    truth = np.array([box_at(HERE)], np.float32)
    frames = [Detections.of(truth + rng.normal(0, 2.5, (1, 4)), [0.8]) for _ in images]
    verdicts = consensus(frames, images)
    before = np.mean([iou(truth, found.boxes)[0, 0] for found in frames])
    after = np.mean([iou(truth, verdict.detections.boxes)[0, 0] for verdict in verdicts])
    assert 1 - after < 0.5 * (1 - before)
    assert {verdict.findings[0].reason for verdict in verdicts} == {"tightened"}


def test_boxes_are_not_averaged_over_two_cars() -> None:
    aside = (HERE[0] + 5, HERE[1] + 3)
    images = [scene({HERE: MINE}, SUN, n) for n in range(3)] + [scene({aside: (8, RED)}, SUN, n) for n in range(3, 6)]
    frames = [Detections.of([box_at(corner)], [0.8]) for corner in [HERE] * 3 + [aside] * 3]
    for found, verdict in zip(frames, consensus(frames, images), strict=True):
        assert verdict.detections.boxes == pytest.approx(found.boxes)


@pytest.mark.parametrize(
    ("score", "reason"),
    [(0.2, "lonely"), (0.4, "untold")],  # in doubt; the teacher is rather sure, and in one day nothing else tells
)
def test_a_box_that_no_frame_of_the_same_look_has(score, reason) -> None:
    images = [scene({HERE: MINE}, CLOUD, number) for number in range(6)]  # some thing that stands there
    verdict = consensus(seen(0, 0, score, 0, 0, 0), images)[2]
    assert verdict.findings[0].reason == reason
    expected = (0.03, 0.1) if reason == "lonely" else (score, score + 1e-6)
    assert expected[0] <= verdict.detections.scores[0] < expected[1] + 1e-6


def test_a_car_of_one_frame_only_is_left_alone() -> None:
    images = [scene({HERE: MINE} if number == 2 else {}, CLOUD, number) for number in range(6)]
    verdicts = consensus(seen(0, 0, 0.2, 0, 0, 0), images)
    assert [len(verdict.detections) for verdict in verdicts] == [0, 0, 1, 0, 0, 0]
    assert verdicts[2].findings[0].reason == "kept"
    assert verdicts[2].detections.scores[0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("days", "score", "reason"),
    [
        (2, 0.15, "furniture"),
        (1, 0.15, "untold"),  # may be a car that stays for the day
        (2, 0.7, "kept"),  # a car that stays for good
    ],
)
def test_what_repeats_over_days_and_is_never_sure(days, score, reason) -> None:
    images = [scene({HERE: MINE}, CLOUD, number) for number in range(8)]
    taken = [datetime(2026, 3, 2, 9) + timedelta(hours=24 * (number % days)) for number in range(8)]
    verdicts = consensus(seen(*[score] * 8), images, taken=sorted(taken))
    assert {verdict.findings[0].reason for verdict in verdicts} == {reason}
    low = verdicts[0].detections.scores[0]
    assert low == (0 if reason == "furniture" else pytest.approx(score))


def test_what_repeats_over_days_beside_a_sure_car_of_later_is_background() -> None:
    """The place held a sure car in the end, so it is no furniture; what was there before that stays in doubt."""
    settings = ConsensusSettings(reach=3)
    images = [scene({HERE: MINE} if number < 8 else {HERE: (6, SILVER)}, CLOUD, number) for number in range(12)]
    taken = [datetime(2026, 3, 2, 9) + timedelta(hours=12 * number) for number in range(12)]
    verdicts = consensus(seen(*[0.15] * 8, *[0.9] * 4), images, settings, taken)
    assert {verdict.findings[0].reason for verdict in verdicts[:4]} == {"background"}
    assert all(0.03 <= verdict.detections.scores[0] < 0.1 for verdict in verdicts[:4])


def test_what_comes_and_goes_with_a_low_score_is_no_background() -> None:
    images = [scene({HERE: MINE} if number % 5 else {}, CLOUD, number) for number in range(10)]
    taken = [datetime(2026, 3, 2, 9) + timedelta(hours=8 * number) for number in range(10)]
    verdicts = consensus(seen(*[0.15 if number % 5 else 0 for number in range(10)]), images, taken=taken)
    assert all(verdict.findings[0].reason == "kept" for number, verdict in enumerate(verdicts) if number % 5)


def test_one_frame_says_nothing_new() -> None:
    found = Detections.of([box_at(HERE), box_at(NEXT), [0, 0, 3, 3]], [0.2, 0.6, 0.02])
    (verdict,) = consensus([found], [scene({HERE: MINE}, SUN)])
    order = np.argsort(-found.scores)
    assert verdict.detections.boxes.tolist() == found.boxes[order].tolist()
    assert verdict.detections.scores.tolist() == found.scores[order].tolist()
    assert {finding.reason for finding in verdict.findings} == {"kept", "untold"}
    assert consensus([], []) == []


def test_every_frame_needs_its_image() -> None:
    with pytest.raises(ValueError, match="2 frames of detections need as many images; got 1"):
        consensus(seen(0.5, 0.5), [scene({})])


def test_nothing_is_called_back_beyond_reach() -> None:
    images = [scene({HERE: MINE}, CLOUD, number) for number in range(5)]
    found = seen(0.9, 0, 0, 0, 0.9)
    near, far = (consensus(found, images, replace(ConsensusSettings(), reach=reach, min_support=0)) for reach in (1, 4))
    assert [best_at(verdict, HERE) > 0 for verdict in near] == [True, False, False, False, True]
    assert [best_at(verdict, HERE) > 0 for verdict in far] == [True] * 5


def test_on_a_rendered_site_boxes_are_called_back_where_cars_are(tmp_path: Path) -> None:
    """Of a simulated teacher's boxes 15 % are missing, 20 % faint; truth is exact."""
    site = render_site(tmp_path, cameras=1, days=1, frames_per_day=8, width=640, height=480, seed=5)
    rng = np.random.default_rng(0)
    frames, truth = [], []
    for frame in site.frames:
        vehicles = site.truth[frame.name].vehicles
        assert vehicles is not None
        boxes = vehicles.boxes[~vehicles.ignore & (vehicles.boxes[:, 3] - vehicles.boxes[:, 1] > 14)]
        draw = rng.random(len(boxes))
        scores = np.where(draw < 0.2, rng.uniform(0.02, 0.1, len(boxes)), rng.uniform(0.3, 0.95, len(boxes)))
        frames.append(Detections.of(boxes, scores)[draw < 0.85])
        truth.append((boxes, vehicles.boxes))
    verdicts = consensus(frames, [load(frame) for frame in site.frames], taken=[frame.taken for frame in site.frames])
    missed = [0, 0]
    for found, verdict, (cars, every) in zip(frames, verdicts, truth, strict=True):
        for stage, said in enumerate((found, verdict.detections)):
            taught = said[said.scores >= 0.1]
            missed[stage] += int((iou(cars, taught.boxes).max(1, initial=0) < 0.5).sum())
        raised = [finding.reason in ("recovered", "raised") for finding in verdict.findings]
        assert (iou(verdict.detections.boxes[raised], every).max(1, initial=0) > 0.5).all()
    assert missed[1] < 0.95 * missed[0]
