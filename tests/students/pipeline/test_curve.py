"""When more frames stop paying."""

import json
import shutil
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.images import read_image
from lotwise.students.pipeline.curve import Curve, Point, curves, parse_counts
from lotwise.students.pipeline.run import Run


def curve(*agreements: float, counts: tuple[int, ...] = (0, 1, 2, 4, 8, 16)) -> Curve:
    points = tuple(Point(count, agreement, 1.0) for count, agreement in zip(counts, agreements, strict=False))
    return Curve("C1", (), 3, points, "")


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


@pytest.mark.parametrize(("text", "counts"), [(None, None), ("1,2,4", (1, 2, 4)), ("8, 1,8", (1, 8)), ("3", (3,))])
def test_counts(text: str | None, counts) -> None:
    assert parse_counts(text) == counts


@pytest.mark.parametrize("text", ["", "0", "1,,2", "-1", "1.5", "many", "²"])
def test_wrong_counts_are_one_line(text: str) -> None:
    with pytest.raises(InputError, match="--counts"):
        parse_counts(text)


@pytest.fixture(scope="module")
def run(adapted: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run of the main job, to be written to."""
    return Run(Path(shutil.copytree(adapted, tmp_path_factory.mktemp("curve") / "run")))


def test_a_run_gets_its_curve_and_nothing_is_done_twice(run: Run) -> None:
    told: list[str] = []
    (first,) = curves(run, "C2", (1, 2), lambda stage, *_: told.append(stage))
    assert [point.frames for point in first.points] == [0, 1, 2]
    assert all(0 <= point.agreement <= 1 for point in first.points)
    record = run.record("C2")
    assert record is not None
    assert set(first.order) <= set(record.train)
    assert first.tested == len(record.test)
    assert {"train C2 with 1", "train C2 with 2"} <= set(told)
    assert read_image(run.camera("C2") / "curve" / "curve.png").std() > 5
    kept = {path.name for path in (run.camera("C2") / "curve").rglob("*") if path.is_file()}
    assert kept == {"curve.png", "point.json", "log.jsonl", "consensus.jsonl"}  # no weights of the many students

    told.clear()
    shutil.rmtree(run.camera("C2") / "curve" / "2")
    assert [point.agreement for point in curves(run, "C2", (1, 2, 3), lambda stage, *_: told.append(stage))[0].points][
        :3
    ] == [point.agreement for point in first.points]
    trained = {stage for stage in told if stage.startswith("train")}
    assert "train C2 with 1" not in trained
    assert "train C2 with 2" in trained


def test_a_curve_ends_with_all_distinct_frames(run: Run) -> None:
    (found,) = curves(run, "C2", (1, 500))
    assert [point.frames for point in found.points] == [0, 1, len(found.order)]
    assert json.dumps(found.as_json())


def test_an_unknown_camera_is_one_line(run: Run) -> None:
    with pytest.raises(InputError, match="no camera C9 in this run; choose one of C1, C2"):
        curves(run, "C9", None)
