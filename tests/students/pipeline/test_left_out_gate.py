"""The gate of few frames: a live bundle is not favoured by the frames that it has learned from."""

from typing import NamedTuple

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.left_out_gate import decide_left_out
from lotwise.students.pipeline.live_gate import JudgedFrame
from lotwise.students.pipeline.records import LeftOutRecord

RIGHT, WRONG = Detections.of([[10, 10, 50, 40]], [0.9]), Detections.of([[60, 60, 90, 90]], [0.9])
EXPECTED = Expected(Detections.of(RIGHT.boxes, [1.0]), np.zeros((0, 4), np.float32), RIGHT.boxes)


def record(student: float, nano: float = 0.5) -> LeftOutRecord:
    return LeftOutRecord(
        parts=(("a",), ("b",)), days_apart=True, agreement={0.0: nano, 0.5: student}, share=0.5, margin=0.01
    )


class Live(NamedTuple):
    """A live bundle that learned the pictures ``keys``, and what it says of each frame."""

    keys: str | None
    said: Detections
    f1: float | None = None

    @property
    def training(self) -> dict[str, object]:
        told: dict[str, object] = {} if self.keys is None else {"pictures": list(self.keys)}
        return told if self.f1 is None else {**told, "left_out_f1": self.f1}


def frame(key: str, live: Live | None, student: Detections = RIGHT, nano: Detections = WRONG) -> JudgedFrame:
    return JudgedFrame(key, EXPECTED, student, nano, Detections.empty() if live is None else live.said)


@pytest.mark.parametrize(
    ("student", "live", "frames", "winner", "outcome", "measured"),
    [
        (0.8, None, "ab", "student", "promoted", None),
        (0.505, None, "ab", "baseline", "promoted", None),  # within the margin
        (0.8, Live(None, WRONG), "ab", "student", "promoted", 0.0),  # it says not what it learned from: all count
        (0.8, Live(None, RIGHT), "ab", "student", "kept", 1.0),
        (0.8, Live("", WRONG), "ab", "student", "promoted", 0.0),  # the nano, which learned from none
        (0.8, Live("a", RIGHT), "ab", "student", "promoted", 1.0),  # on b both are right
        (0.8, Live("a", WRONG), "ab", "student", "promoted", 0.0),
        (0.8, Live("ab", RIGHT, 0.7), "ab", "student", "promoted", 0.7),  # of the same frames, by its own parts
        (0.8, Live("ab", RIGHT, 0.9), "ab", "student", "kept", 0.9),
        (0.8, Live("ab", WRONG), "ab", "student", "promoted", 0.0),  # flattered, and worse all the same
        (0.8, Live("ab", RIGHT), "ab", "student", "promoted", 1.0),
    ],
)
def test_who_goes_live(
    student: float, live: Live | None, frames: str, winner: str, outcome: str, measured: float | None
) -> None:
    training, given = None if live is None else live.training, [frame(key, live) for key in frames]
    scores, decision = decide_left_out(record(student), training, given, False)
    assert (decision.winner, decision.outcome, scores.get("live")) == (winner, outcome, measured)
    assert (scores["student"], scores["baseline"]) == (student, 0.5)


def test_a_newcomer_that_is_worse_on_what_the_live_one_never_saw_is_kept_back() -> None:
    live = Live("a", RIGHT)
    given = [frame("a", live), frame("b", live, student=WRONG)]
    _, decision = decide_left_out(record(0.8), live.training, given, False)
    assert decision.outcome == "kept"
    assert decision.why == (
        "the live bundle agrees better with the teacher, by 1.000 against 0.000 (on 1 frame that the live one did not "
        "learn from)"
    )


def test_a_student_that_is_refused_does_not_go_live_however_well_it_agrees() -> None:
    scores, decision = decide_left_out(record(0.9), None, [], False, refusal="it invents")
    assert (decision.winner, decision.outcome) == ("baseline", "promoted")
    assert scores == {"student": 0.9, "baseline": 0.5}


def test_in_the_shadow_where_that_is_asked() -> None:
    live = Live("a", WRONG)
    _, decision = decide_left_out(record(0.8), live.training, [frame(key, live) for key in "ab"], True)
    assert (decision.winner, decision.outcome) == ("student", "shadow")
