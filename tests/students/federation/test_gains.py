"""Who gained: told from agreement with the teacher, and never where it cannot be told."""

import pytest

from lotwise.students.federation.gains import gains, sentence
from lotwise.students.federation.server_side import NodeTold, Progressed
from lotwise.students.pipeline.records import CameraRecord, FederationRecord, GateRecord

PROGRESS = Progressed(4, 12.5, {"C1": NodeTold(10_400_000, 2_000, 3, 1, 1)}, ("exchange 2: C2 is left out: <asleep>",))


def record(camera: str, federated: bool = True, **scores: float) -> CameraRecord:
    gate = GateRecord(agreement_with_teacher=scores, winner="student", outcome="promoted", why="so")
    how = FederationRecord(method="fedavg", rounds=4, identity="it") if federated else None
    return CameraRecord(
        camera=camera, train=("a",), test=("b",), held_out=True, note="", size=(64, 64), gate=gate, federation=how
    )


@pytest.mark.parametrize(
    ("scores", "word"),
    [
        ({"baseline": 0.5, "student": 0.7, "live": 0.8}, "lost"),  # against what was live, not against the nano
        ({"baseline": 0.5, "student": 0.7}, "gained"),
        ({"baseline": 0.5, "student": 0.503}, "neither"),
        ({"baseline": 0.9, "student": 0.7, "live": 0.6}, "gained"),
        ({}, "cannot tell"),
        ({"baseline": 0.5}, "cannot tell"),
    ],
)
def test_against_what_it_gained(scores: dict[str, float], word: str) -> None:
    (one,) = gains({"C1": record("C1", **scores)}, PROGRESS)
    assert one.word == word
    assert (one.down, one.up, one.missed) == (10_400_000, 2_000, 2)


def test_a_camera_that_took_no_part_is_left_out() -> None:
    assert gains({"C1": record("C1", federated=False, student=0.5)}, PROGRESS) == ()


def test_a_sentence_says_who_gained() -> None:
    found = gains({"C1": record("C1", baseline=0.5, student=0.7), "C2": record("C2")}, PROGRESS)
    assert sentence(found) == "C1 gained; C2 cannot be told (no frame held out)."


def test_whatever_comes_after_takes_the_federated_student() -> None:
    """Export and lotwise resize, that is."""
    assert record("C1").student == "federated/student.safetensors"
    assert record("C1", federated=False).student == "train/student.safetensors"
