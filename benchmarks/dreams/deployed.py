"""What a camera makes of a row's student: as far from the nano, and from which score up, as its own frames say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ultralytics.nn.tasks import DetectionModel

from benchmarks.dreams.lots import Lot
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.images import image_size
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.export.quantize import spread
from lotwise.students.few_frames.blend import blend
from lotwise.students.few_frames.choice import NANO
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.dream_share import MOST_FRAMES
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.expected_f1 import choose_threshold, judge
from lotwise.students.pipeline.way_from_nano import look_on_the_way, weigh
from lotwise.teacher.index import Labels


@dataclass(frozen=True)
class Deployed:
    """What runs on the camera.

    Attributes:
        student: in eval mode.
        share: of the way from nano to student.
        score: raw score from which a box makes a slot occupied.
        agreement: expected F1 with the teacher by share, which chose; empty where nothing was chosen.
    """

    student: DetectionModel
    share: float
    score: float
    agreement: Mapping[float, float]


def deployed(row: str, student: DetectionModel, lot: Lot, known: Labels) -> Deployed:
    """What the camera makes of a row's student, without labels.

    Frames that a student learned from cannot choose anything for it: one of own frames runs as it is.

    Args:
        row: of the comparison.
        student: its student.
        lot: the camera.
        known: the teacher's word on its training frames.
    """
    if row == "own frames":
        return Deployed(student, 1.0, DEFAULT_CONFIDENCE, {})
    nano = make_student(lot.student, lot.classes)
    chosen = [lot.train[place] for place in spread(len(lot.train), MOST_FRAMES)]
    size = Letterbox.around(image_size(chosen[0].path), lot.distill.size).input
    expected = expected_vehicles(lot.train, known, lot.distill)
    shares = () if row == "nano" else FewFramesSettings().shares
    said = look_on_the_way(nano, student, shares, chosen, size)
    share, agreement = NANO, dict[float, float]()
    if shares:
        weighed = weigh(said, expected, tuned=True, enough=1.0)
        share, agreement = weighed.share, dict(weighed.agreement)
    best = choose_threshold(judge((one, expected[name]) for name, one in said[share].items()))
    return Deployed(blend(nano, student, share), share, min(best, DEFAULT_CONFIDENCE), agreement)
