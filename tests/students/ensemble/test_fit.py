import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.ensemble.budget import Budget, parse_bytes
from lotwise.students.ensemble.cost import cost_of
from lotwise.students.ensemble.fit import widest
from lotwise.students.ensemble.narrow import channel_power
from tests.models import tiny_yolo

SIZE = (96, 64)


def test_the_budget_is_kept_and_used() -> None:
    student = tiny_yolo(1)
    power = channel_power(student, [torch.rand(1, 3, 64, 96)])
    whole = cost_of(student, SIZE)
    for budget in (
        Budget(bytes=whole.bytes * 6 // 10),
        Budget(parameters=whole.parameters // 2),
        Budget(multiply_adds=whole.multiply_adds // 2),
    ):
        made, cost = widest(student, power, SIZE, budget, "it")
        assert budget.holds(cost)
        assert cost == cost_of(made, SIZE)
        assert cost.parameters > 0.2 * whole.parameters


def test_a_student_that_fits_stays_as_it_is() -> None:
    student = tiny_yolo(1)
    assert widest(student, {}, SIZE, Budget(), "it")[0] is student


def test_too_small_a_budget_says_how_much_is_needed() -> None:
    student = tiny_yolo(1)
    power = channel_power(student, [torch.rand(1, 3, 64, 96)])
    with pytest.raises(InputError, match=r"at most 1 kB a board is too little, the narrowest module has \d+ kB"):
        widest(student, power, SIZE, Budget(bytes=1000), "it")


@pytest.mark.parametrize("text", ["", "much", "-1kB", "0", "5 GB"])
def test_what_is_no_number_of_bytes_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected the bytes of one board"):
        parse_bytes(text)
