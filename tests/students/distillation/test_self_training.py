"""The second round: what it is taught, how a student is judged without labels, and when its word is dropped."""

from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.images import image_size
from lotwise.students.distillation.self_training import RoundScore, drifted, predict, refine, score_round
from lotwise.students.distillation.settings import DistillSettings
from lotwise.teacher.checkpoint import save_model
from tests.conftest import Weights
from tests.models import tiny_yolo

SETTINGS = DistillSettings(size=96)
CAR, OTHER, FAR = [20, 20, 60, 50], [80, 60, 130, 100], [100, 10, 120, 25]
FIRST = RoundScore(sure=0.95, agreement=0.90, steadiness=0.92)


@pytest.mark.parametrize(
    ("second", "lost"),
    [
        (FIRST, False),
        (RoundScore(0.99, 0.95, 0.97), False),
        (RoundScore(0.946, 0.896, 0.92), False),  # within what may be lost
        (RoundScore(0.94, 0.95, 0.97), True),  # sure vehicles lost from sight
        (RoundScore(0.99, 0.89, 0.97), True),  # away from what was taught
        (RoundScore(0.99, 0.95, 0.9199), True),  # flickers more: nothing may be lost there
    ],
)
def test_a_second_round_that_lost_something_has_drifted(second: RoundScore, lost: bool) -> None:
    assert drifted(FIRST, second) is lost


def lot(folder: Path, count: int) -> list[Frame]:
    """Frames of a view that never changes but for some noise."""
    still = np.random.default_rng(5).integers(30, 220, (30, 40, 3), np.uint8)
    still = cv2.resize(still, (160, 120), interpolation=cv2.INTER_NEAREST)
    frames = []
    for number in range(count):
        path = folder / f"{number}.png"
        noise = np.random.default_rng(number).integers(-3, 4, still.shape)
        cv2.imwrite(str(path), np.clip(still + noise, 0, 255).astype(np.uint8))
        frames.append(Frame("C1", path.name, path, datetime(2026, 3, 2, 8) + timedelta(hours=number)))
    return frames


def sizes(frames: list[Frame]) -> dict[str, tuple[int, int]]:
    return {frame.name: image_size(frame.path) for frame in frames}


def judged(predicted: dict, taught: dict, teacher_detections: dict, frames: list[Frame]) -> RoundScore:
    return score_round(predicted, taught, teacher_detections, frames, sizes(frames), SETTINGS)


def refined_targets(taught: dict, predicted: dict, frames: list[Frame], settings: DistillSettings = SETTINGS) -> dict:
    return refine(taught, predicted, frames, sizes(frames), settings)


def same(frames: list[Frame], boxes: list, scores: list[float]) -> dict[str, Detections]:
    return {frame.name: Detections.of(boxes, scores) for frame in frames}


@pytest.mark.parametrize(
    ("exponent", "score"),
    [
        (0.5, 0.6**2),
        (1.0, 0.6),
        (0.25, 0.6**4),
        (0.0, 0.6),  # hard labels were taught: a score is no more than a score
    ],
)
def test_scores_are_taken_back_to_the_teachers_scale(tmp_path: Path, exponent: float, score: float) -> None:
    frames = lot(tmp_path, 2)
    settings = SETTINGS.model_copy(update={"score_exponent": exponent})
    refined = refined_targets(same(frames, [], []), same(frames, [CAR], [0.6]), frames, settings)
    assert list(refined) == [frame.name for frame in frames]
    for found in refined.values():
        assert found.scores == pytest.approx([score], abs=1e-4)
        assert found.boxes.tolist() == [CAR]


def test_what_either_saw_is_taught_once_and_by_the_surer_of_the_two(tmp_path: Path) -> None:
    frames = lot(tmp_path, 2)
    taught = same(frames, [CAR, OTHER], [0.9, 0.3])
    said = same(frames, [CAR, OTHER, FAR], [0.5, 0.8, 0.7])
    for found in refined_targets(taught, said, frames).values():
        by_box = {tuple(box): score for box, score in zip(found.boxes.round().tolist(), found.scores, strict=True)}
        assert by_box == pytest.approx({tuple(CAR): 0.9, tuple(OTHER): 0.64, tuple(FAR): 0.49}, abs=1e-3)


def flickering(frames: list[Frame]) -> dict[str, Detections]:
    """A car that all frames but the middle one show."""
    said = same(frames, [CAR], [0.9])
    return said | {frames[len(frames) // 2].name: Detections.empty()}


def test_a_car_that_flickers_is_taught_without_a_gap_unless_consensus_is_off(tmp_path: Path) -> None:
    frames = lot(tmp_path, 5)
    nothing = same(frames, [], [])
    assert [len(found) for found in refined_targets(nothing, flickering(frames), frames).values()] == [1] * 5
    without = SETTINGS.model_copy(update={"consensus": False})
    assert [len(found) for found in refined_targets(nothing, flickering(frames), frames, without).values()] == [
        1,
        1,
        0,
        1,
        1,
    ]


def test_consensus_goes_by_the_settings_of_the_distillation(tmp_path: Path) -> None:
    """A box that four like frames do not show is left open, unless it is not taught anyway."""
    frames = lot(tmp_path, 5)
    once = same(frames, [], []) | {frames[2].name: Detections.of([CAR], [0.2])}
    for positive, ignored in ((0.1, 0.03), (0.15, 0.05)):
        settings = SETTINGS.model_copy(update={"positive_threshold": positive, "ignore_threshold": ignored})
        (score,) = refined_targets(once, same(frames, [], []), frames, settings)[frames[2].name].scores
        assert ignored <= score < positive
    high = SETTINGS.model_copy(update={"positive_threshold": 0.3, "ignore_threshold": 0.25})
    (score,) = refined_targets(once, same(frames, [], []), frames, high)[frames[2].name].scores
    assert score == pytest.approx(0.2)


def test_a_frame_of_another_size_is_another_view_whatever_it_shows(tmp_path: Path) -> None:
    frames = lot(tmp_path, 5)
    middle = frames[2].path
    cv2.imwrite(str(middle), cv2.copyMakeBorder(cv2.imread(str(middle)), 0, 24, 0, 32, cv2.BORDER_CONSTANT))
    refined = refined_targets(same(frames, [], []), flickering(frames), frames)
    assert list(refined) == [frame.name for frame in frames]
    assert [len(found) for found in refined.values()] == [1, 1, 0, 1, 1]
    assert judged(flickering(frames), refined, refined, frames) == RoundScore(1.0, 1.0, 1.0)


def test_a_round_score_by_hand(tmp_path: Path) -> None:
    frames = lot(tmp_path, 4)
    teacher_detections = same(frames, [CAR, OTHER, FAR], [0.9, 0.6, 0.4])  # two that the teacher is sure of
    taught = same(frames, [CAR, OTHER], [0.9, 0.6])
    said = same(frames, [CAR, FAR], [0.9, 0.2])  # the second is under the deployed confidence
    assert judged(said, taught, teacher_detections, frames) == RoundScore(0.5, pytest.approx(2 / 3), 1.0)
    assert judged(teacher_detections, taught, teacher_detections, frames) == RoundScore(1.0, pytest.approx(4 / 5), 1.0)


def test_a_parked_car_that_flickers_is_unsteady(tmp_path: Path) -> None:
    frames = lot(tmp_path, 5)
    whole = same(frames, [CAR], [0.9])
    found = judged(flickering(frames), whole, whole, frames)
    assert found == RoundScore(pytest.approx(4 / 5), pytest.approx(8 / 9), pytest.approx(8 / 9))


def test_where_nobody_sees_anything_nothing_is_wrong(tmp_path: Path) -> None:
    frames = lot(tmp_path, 2)
    nothing = same(frames, [], [])
    assert judged(nothing, nothing, nothing, frames) == RoundScore(1.0, 1.0, 1.0)
    assert all(len(found) == 0 for found in refined_targets(nothing, nothing, frames).values())


def test_predict_is_all_that_a_student_says_in_pixels_of_the_frame(site, weights: Weights) -> None:
    frames = site.of_camera("C1")[:2]
    said = predict(weights.student, frames, 96, ("vehicle",))
    assert list(said) == [frame.name for frame in frames]
    for found in said.values():
        assert found.boxes.min() >= 0
        assert (found.boxes.max(0) <= [160, 120, 160, 120]).all()
        assert 0.01 <= found.scores.min() < 0.25


def test_predict_of_a_student_whose_vehicles_have_another_name(site, tmp_path: Path) -> None:
    save_model(tiny_yolo(names={0: "bicycle"}), tmp_path / "w.safetensors")
    assert predict(tmp_path / "w.safetensors", site.frames[:1], 96, ("bicycle",))
