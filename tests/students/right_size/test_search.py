"""Most training goes into rungs that may win, and the cheapest one that holds is found."""

from collections.abc import Mapping

import pytest

from lotwise.students.right_size.choice import by_losses
from lotwise.students.right_size.losses import Losses
from lotwise.students.right_size.rung import FULL, Rung
from lotwise.students.right_size.search import ROUNDS, Tried, search

RUNGS = [Rung(size, (size, size)) for size in (512, 416, 320, 256)]
MS = {FULL: 40.0} | {rung.name: rung.size / 16 for rung in RUNGS}


def losing(loss: float) -> Losses:
    return Losses(loss, 0.0, 0.0, None, None, 0.0)


class Lot:
    """A camera whose rungs lose so much after each round; notes what was trained."""

    def __init__(self, losses: Mapping[int, list[float]]) -> None:
        self.losses, self.trained = losses, []

    def train(self, rung: Rung, number: int, above: str, before: Tried | None) -> Tried:
        self.trained.append((rung.size, number, above if before is None else before.weights))
        rounds = before.rounds if before else 0
        spent = before.cost if before else 0.0
        loss = self.losses[rung.size][min(rounds, 2)]
        return Tried(rung, f"{rung.size}/{number}", 10, 1.0, spent + 10.0, losing(loss), rounds + 1)

    def search(self, allowed: float, most: float = 1e9) -> dict[str, Tried]:
        return search(RUNGS, "full", allowed, self.train, lambda rung, number, spent: spent + 10 <= most)


@pytest.mark.parametrize(
    ("losses", "taken"),
    [
        ({512: [0.0] * 3, 416: [0.01] * 3, 320: [0.04] * 3, 256: [0.2] * 3}, "416"),  # plain
        ({512: [0.0] * 3, 416: [0.01] * 3, 320: [0.04, 0.03, 0.01], 256: [0.2] * 3}, "320"),  # holds after training
        ({512: [0.3] * 3, 416: [0.3] * 3, 320: [0.4] * 3, 256: [0.5] * 3}, FULL),  # none
        ({512: [-0.1] * 3, 416: [-0.1] * 3, 320: [-0.1] * 3, 256: [-0.1] * 3}, "256"),  # all
    ],
)
def test_the_cheapest_rung_that_holds_is_taken(losses, taken: str) -> None:
    tried = Lot(losses).search(0.02)
    assert by_losses(list(tried.values()), 0.02, MS).taken == taken


def test_rungs_that_cannot_win_are_stopped_early() -> None:
    lot = Lot({512: [0.0] * 3, 416: [0.01] * 3, 320: [0.04] * 3, 256: [0.2] * 3})
    tried = lot.search(0.02)
    rounds = {size: sum(one == size for one, _, _ in lot.trained) for size in (512, 416, 320, 256)}
    assert rounds[512] == rounds[256] == 1 < rounds[320]
    assert "416 costs less" in tried["512"].stopped and tried["256"].stopped
    assert sum(rounds.values()) < len(RUNGS) * len(ROUNDS)


def test_each_rung_begins_with_the_weights_of_the_one_above() -> None:
    lot = Lot({rung.size: [0.5] * 3 for rung in RUNGS})
    lot.search(0.02)
    assert [begun for _, number, begun in lot.trained if number == 0] == ["full", "512/0", "416/0", "320/0"]


def test_a_round_that_made_a_rung_worse_is_not_kept() -> None:
    tried = Lot({512: [0.01, 0.09, 0.09], 416: [0.3] * 3, 320: [0.3] * 3, 256: [0.3] * 3}).search(0.02)
    assert tried["512"].losses.worst == 0.01 and tried["512"].weights == "512/0"


def test_no_more_is_trained_than_may_be_spent() -> None:
    lot = Lot({rung.size: [0.5] * 3 for rung in RUNGS})
    tried = lot.search(0.02, most=30.0)
    assert len(lot.trained) == 3 and set(tried) == {"512", "416", "320"}


def test_losses_are_told_by_what_is_lost_most() -> None:
    lost = Losses(0.01, 0.06, 0.02, 0.005, 0.5, 0.5)
    assert lost.worst == pytest.approx(0.04) and "tightness" in lost.most
    assert Losses(0.01, 0.0, 0.0, None, None, 0.5).worst == 0.01
