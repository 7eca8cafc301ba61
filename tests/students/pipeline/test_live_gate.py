"""A live bundle is not favoured by frames that it has learned from, whatever the new one learned from."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.live_gate import JudgedFrame, decide_held_out

RIGHT, WRONG = Detections.of([[10, 10, 50, 40]], [0.9]), Detections.of([[60, 60, 90, 90]], [0.9])
EXPECTED = Expected(Detections.of(RIGHT.boxes, [1.0]), np.zeros((0, 4), np.float32), RIGHT.boxes)


def frame(key: str, student: Detections, live: Detections) -> JudgedFrame:
    return JudgedFrame(key, EXPECTED, student, WRONG, live)


@pytest.mark.parametrize(
    ("learned", "frames", "outcome", "live", "why"),
    [
        (None, [("a", RIGHT, RIGHT), ("b", WRONG, RIGHT)], "kept", 0.9, "by 0.900 against 0.800"),  # it does not say it
        ("", [("a", RIGHT, RIGHT), ("b", WRONG, RIGHT)], "kept", 0.9, "by 0.900 against 0.800"),
        ("a", [("a", WRONG, RIGHT), ("b", RIGHT, WRONG)], "promoted", 0.0, "(on 1 frame that the live one did not"),
        ("ac", [("a", RIGHT, RIGHT), ("b", WRONG, RIGHT)], "kept", 1.0, "(on 1 frame that the live one did not"),
        # It learned from all of them, and is better nowhere: what flatters it does not matter.
        ("ab", [("a", RIGHT, RIGHT), ("b", RIGHT, WRONG)], "promoted", 0.5, "which learned from all 2 frames"),
        ("ab", [("a", RIGHT, RIGHT), ("b", WRONG, RIGHT)], "kept", 1.0, "it learned from all 2 frames"),
    ],
)
def test_who_goes_live(
    learned: str | None,
    frames: list[tuple[str, Detections, Detections]],
    outcome: str,
    live: float,
    why: str,
) -> None:
    scores = {"student": 0.8, "baseline": 0.5, "live": 0.9}
    training = {} if learned is None else {"pictures": list(learned)}
    found, decision = decide_held_out(scores, training, [frame(*one) for one in frames], False)
    assert (decision.winner, decision.outcome) == ("student", outcome)
    assert why in decision.why
    assert found == {**scores, "live": pytest.approx(live)}


def test_nothing_is_live() -> None:
    found, decision = decide_held_out({"student": 0.4, "baseline": 0.5}, {}, [], False)
    assert (found, decision.winner, decision.outcome) == ({"student": 0.4, "baseline": 0.5}, "baseline", "promoted")


def test_a_cheaper_student_may_agree_a_little_less_there_too() -> None:
    frames = [frame("a", RIGHT, RIGHT), frame("b", RIGHT, RIGHT), frame("c", WRONG, RIGHT)]
    scores = {"student": 0.8, "baseline": 0.5, "live": 0.9}
    for allowed, outcome in ((0.1, "kept"), (0.5, "shadow")):
        _, decision = decide_held_out(scores, {"pictures": ["a"]}, frames, True, allowed=allowed)
        assert decision.outcome == outcome
