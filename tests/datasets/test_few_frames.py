"""Who has too few frames is told so, at reading and before training."""

from pathlib import Path

import pytest

from lotwise.datasets.few_frames import MIN_TRAINING_FRAMES, few_frames_notes, few_training_frames_note
from lotwise.datasets.frame import Frame


def of_camera(camera: str, count: int) -> list[Frame]:
    return [Frame(camera, f"{camera}/{number}.jpg", Path(f"{number}.jpg")) for number in range(count)]


def test_cameras_with_too_few_frames_are_named() -> None:
    frames = of_camera("C1", 1) + of_camera("C2", MIN_TRAINING_FRAMES + 1) + of_camera("C3", MIN_TRAINING_FRAMES)
    single, three = few_frames_notes(frames)
    assert single.startswith("C1: only 1 frame, so a student would learn little more than that moment;")
    assert three.startswith("C3: only 3 frames, so a student would learn little more than those moments;")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "only 0 frames to learn from"),
        (1, "only one frame to learn from"),
        (MIN_TRAINING_FRAMES - 1, "only 2 frames to learn from"),
        (MIN_TRAINING_FRAMES, None),
    ],
)
def test_too_few_frames_to_learn_from(count: int, said: str | None) -> None:
    note = few_training_frames_note(count)
    assert note is None if said is None else note is not None and note.startswith(said)
