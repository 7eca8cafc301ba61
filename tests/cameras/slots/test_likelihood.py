"""How well boxes fit places."""

import numpy as np
import pytest

from lotwise.cameras.slots.likelihood import ExpectedBoxes, fit_log_odds, odds_to_share

FRAME = (400, 300)
PLACE = np.array([[100.0, 100.0, 180.0, 150.0]])
CAR = np.array([63.0])


def places(box=PLACE, shift=0.0, stretch=0.0) -> ExpectedBoxes:
    return ExpectedBoxes(np.asarray(box, float), CAR, np.array([shift]), np.array([stretch]))


@pytest.mark.parametrize(
    ("box", "fits"),
    [
        ([100, 100, 180, 150], True),
        ([106, 97, 188, 149], True),  # parked a little off
        ([110, 105, 180, 150], True),  # partly behind something
        ([132, 119, 212, 169], False),  # a car in the next slot
        ([60, 60, 300, 210], False),  # a lorry, or two cars in one box
        ([150, 130, 160, 136], False),  # a piece of a car
    ],
)
def test_a_box_fits_its_own_place(box, fits) -> None:
    assert (fit_log_odds(np.array([box], float), places(), FRAME)[0, 0] > 0) == fits


def test_a_known_place_outbids_a_doubtful_one() -> None:
    both = places() + places(shift=0.2, stretch=0.2)
    exact = fit_log_odds(PLACE, both, FRAME)[0]
    assert exact[0] > exact[1] > 0


def test_a_doubtful_place_forgives_more() -> None:
    off = PLACE + np.array([30, 0, 30, 0])
    both = fit_log_odds(off, places() + places(shift=0.3), FRAME)[0]
    assert both[0] < 0 < both[1]


def test_a_car_cut_by_the_border_fits_a_place_that_reaches_beyond_it() -> None:
    expected_beyond_rows = places([[-40.0, 250.0, 40.0, 310.0]])
    assert fit_log_odds(np.array([[0.0, 250.0, 40.0, 300.0]]), expected_beyond_rows, FRAME)[0, 0] == pytest.approx(
        fit_log_odds(PLACE, places(), FRAME)[0, 0]
    )


def test_nothing_fits_nothing() -> None:
    none = ExpectedBoxes.certain(np.zeros((0, 4)), np.zeros(0))
    assert fit_log_odds(np.zeros((0, 4)), places(), FRAME).shape == (0, 1)
    assert fit_log_odds(PLACE, none, FRAME).shape == (1, 0)


def test_log_odds_far_out_are_certain_and_not_an_overflow() -> None:
    with np.errstate(all="raise"):
        assert odds_to_share(np.array([-np.inf, 0.0, 1e9])).tolist() == [pytest.approx(0), 0.5, 1.0]
