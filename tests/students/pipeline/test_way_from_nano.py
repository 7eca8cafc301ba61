"""What lies between nano and student is looked at, and the one to take is chosen by frames that none learned from."""

import numpy as np

from lotwise.datasets.frame import Dataset, Detections
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.way_from_nano import look_on_the_way, weigh
from lotwise.students.pretrained import NANO
from tests.conftest import Weights

CAR, THING = [10.0, 10, 50, 40], [60.0, 60, 90, 90]


def weighed(site: Dataset, weights: Weights, said: dict[float, Detections]) -> tuple[float, dict]:
    """The share that is chosen, and the agreements, where the teacher has a car on both frames and nothing else."""
    told = Expected(Detections.of([CAR], [1.0]), np.zeros((0, 4), np.float32), np.array([CAR], np.float32))
    on_both = {share: {"0": one, "1": one} for share, one in said.items()}
    found = weigh(on_both, {"0": told, "1": told}, tuned=True)
    return found.share, dict(found.agreement)


def test_each_point_is_measured_at_its_own_threshold(site: Dataset, weights: Weights) -> None:
    timid, bold = Detections.of([CAR], [0.12]), Detections.of([CAR], [0.9])
    share, agreement = weighed(site, weights, {0.0: Detections.empty(), 0.25: timid, 1.0: bold})
    assert (share, agreement) == (0.25, {0.0: 0.0, 0.25: 1.0, 1.0: 1.0})


def test_a_point_that_invents_from_every_score_up_is_not_chosen(site: Dataset, weights: Weights) -> None:
    invents = Detections.of([CAR, THING], [0.9, 0.9])
    later = Detections.of([CAR, THING], [0.9, 0.3])
    share, agreement = weighed(site, weights, {0.0: Detections.empty(), 0.25: invents, 1.0: later})
    assert (share, agreement[1.0]) == (1.0, 1.0)
    assert 0 < agreement[0.25] < 1


def test_a_student_that_is_the_nano_says_the_same_all_the_way(site: Dataset) -> None:
    nano = make_student(NANO, ("vehicle",))
    said = look_on_the_way(nano, nano, (0.5, 1.0), site.of_camera("C1")[:2], (160, 128))
    assert set(said) == {0.0, 0.5, 1.0}
    for name, found in said[0.0].items():
        assert len(found)
        assert all(np.array_equal(found.boxes, said[share][name].boxes) for share in (0.5, 1.0))
