"""Figures of the comparison by hand: two slots, three frames."""

from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.distillation.scores import divide, score
from lotwise.datasets.frame import Detections, Frame
from tests.benchmarks.lots import NAMES, STATES, TAUGHT, A, B, always, camera

SAID = {
    NAMES[0]: Detections.of([A, B], [0.9, 0.5]),  # a false detection on b
    NAMES[1]: Detections.of([B], [0.2]),  # under the deployed confidence
    NAMES[2]: Detections.of([A], [0.9]),  # b has no label there
}


@pytest.mark.parametrize(("frames", "count"), [(11, 3), (12, 3), (3, 3), (7, 2)])
def test_each_frame_is_tested_once_by_what_did_not_learn_from_it(frames: int, count: int) -> None:
    every = [Frame("C1", f"{i}.jpg", Path(f"{i}.jpg"), datetime(2026, 3, 2, i)) for i in range(frames)]
    parts = divide(every, count)
    assert len(parts) == count
    assert sorted(frame.name for _, test in parts for frame in test) == sorted(frame.name for frame in every)
    for train, test in parts:
        assert [frame for frame in every if frame not in test] == train
        assert abs(len(test) - frames / count) < 1


def test_known_errors_are_counted(tmp_path: Path) -> None:
    found = score(camera(tmp_path), SAID)
    assert found == {
        "slots": 5,
        "errors_half_covered": 2,
        "errors_matched": 2,
        "f1_half_covered": pytest.approx(2 * 2 / (3 + 3)),
        "f1_matched": pytest.approx(2 * 2 / (3 + 3)),
        "map50": pytest.approx(1.0),
        "map50_95": pytest.approx(1.0),
        "deployed_precision": 0.5,
        "deployed_recall": 1.0,
        "false_boxes": 1,
        "agreement": pytest.approx(2 * 2 / (3 + 4)),
    }


def test_each_part_is_read_by_its_own_rule(tmp_path: Path) -> None:
    right, wrong = STATES[NAMES[0]], {"a": "occupied", "b": "free"}
    found = score(camera(tmp_path, [always(right), always(wrong), always({"a": "free", "b": "free"})]), SAID)
    assert (found["errors_half_covered"], found["errors_matched"]) == (2, 3)


def test_who_says_what_is_true_makes_no_error_and_who_says_nothing_misses_every_car(tmp_path: Path) -> None:
    lot = camera(tmp_path)
    taught = score(lot, TAUGHT)
    assert (taught["errors_matched"], taught["f1_matched"], taught["agreement"]) == (0, 1.0, 1.0)
    nothing = score(lot, dict.fromkeys(NAMES, Detections.empty()))
    assert (nothing["errors_matched"], nothing["map50"], nothing["agreement"]) == (3, 0.0, 0.0)
