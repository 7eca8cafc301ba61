"""How far a student of few frames goes: the nano wins ties, and who is near it wins over who is hardly better."""

import pytest

from lotwise.students.few_frames.choice import choose_share, needed_gain


@pytest.mark.parametrize(
    ("agreement", "share"),
    [
        ({0.0: 0.80, 0.25: 0.90, 0.5: 0.90, 1.0: 0.90}, 0.25),  # all alike
        ({0.0: 0.80, 0.25: 0.81, 0.5: 0.90, 1.0: 0.91}, 0.5),  # the nearest brings next to nothing
        ({0.0: 0.00, 0.25: 0.10, 0.5: 0.20, 1.0: 0.90}, 1.0),  # only the far end brings most of it
        ({0.0: 0.80, 0.25: 0.70, 0.5: 0.60, 1.0: 0.50}, 0.25),  # none is better: the best of them, to be refused
        ({0.0: 0.80, 0.25: 0.80, 0.5: 0.80, 1.0: 0.80}, 0.25),
        ({0.0: 0.80, 1.0: 0.82}, 1.0),
    ],
)
def test_which_share(agreement: dict[float, float], share: float) -> None:
    assert choose_share(agreement, margin=0.01) == share


def test_a_share_that_is_taken_gains_the_margin() -> None:
    assert choose_share({0.0: 0.80, 0.25: 0.807, 0.5: 0.812}, margin=0.01) == 0.5


@pytest.mark.parametrize(
    ("margin", "boxes", "gain"), [(0.02, 1000, 0.02), (0.02, 14, 1 / 7), (0.3, 14, 0.3), (0.0, 0, 2)]
)
def test_of_few_vehicles_two_must_be_gained(margin: float, boxes: int, gain: float) -> None:
    assert needed_gain(margin, boxes) == pytest.approx(gain)
