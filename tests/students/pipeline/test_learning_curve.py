"""When more frames stop paying, and the sentence that says so."""

import pytest

from lotwise.students.pipeline.learning_curve import Curve, Point, table


def curve(*agreements: float, counts: tuple[int, ...] = (0, 1, 2, 4, 8, 16), learned: int = 0) -> Curve:
    points = tuple(Point(count, agreement, 1.0) for count, agreement in zip(counts, agreements, strict=False))
    return Curve("C1", (), 3, learned, points, "")


@pytest.mark.parametrize(
    ("agreements", "enough"),
    [
        ((0.5, 0.7, 0.8, 0.9, 0.905, 0.906), 4),
        ((0.5, 0.7, 0.8, 0.8, 0.9, 0.905), 8),  # a plateau that is left again
        ((0.5, 0.7, 0.75, 0.8, 0.85, 0.9), None),  # still rising
        ((0.5, 0.7, 0.7, 0.69, 0.7, 0.7), 1),  # making good a dip is no gain
        ((0.5, 0.9, 0.8, 0.7), 1),  # more is worse
        ((0.5, 0.9), None),
    ],
)
def test_enough_is_the_fewest_frames_beyond_which_no_doubling_pays(agreements, enough: int | None) -> None:
    assert curve(*agreements).enough == enough


def test_gain_is_counted_per_doubling() -> None:
    wide = curve(0.5, 0.80, 0.815, counts=(0, 4, 16))
    assert wide.gains == pytest.approx([0.0075])
    assert wide.enough == 4


@pytest.mark.parametrize(
    ("agreements", "words"),
    [
        (
            (0.5, 0.7, 0.701),
            "stop paying after 1: beyond, a doubling brings less than 0.01 agreement (0.700 with 1, 0.701 with 2)",
        ),
        ((0.5, 0.7, 0.8), "not flat yet at 2 frames: the last doubling still brought +0.100"),
        ((0.5, 0.7), "one student is no curve"),
    ],
)
def test_the_verdict_is_one_sentence(agreements, words: str) -> None:
    assert words in curve(*agreements).verdict
    assert curve(*agreements).as_json()["verdict"] == curve(*agreements).verdict


@pytest.mark.parametrize(
    ("learned", "title"),
    [
        ((0, 0), "on frames held out"),
        ((3, 3), "on the frames learned from, none held out"),
        ((0, 3), "on frames that are in part learned from"),
        ((1, 0), "on frames that are in part learned from"),
    ],
)
def test_the_title_tells_which_frames_are_measured_on(learned: tuple[int, int], title: str) -> None:
    found = [curve(0.5, 0.7, 0.8, learned=frames) for frames in learned]
    assert table(found).title == f"agreement with the teacher {title}"
    assert ["were also learned from" in one.verdict for one in found] == [frames > 0 for frames in learned]
