import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.ensemble.scales import levels_of_boards, scale_modules
from lotwise.students.right_size.levels import level_names
from tests.models import tiny_yolo


def test_each_board_has_a_level() -> None:
    found = scale_modules(tiny_yolo(1), 3)
    assert [levels for levels, _ in found] == [("P3",), ("P4",), ("P5",)]
    assert [level_names(module.model[-1]) for _, module in found] == [["P3"], ["P4"], ["P5"]]


def test_one_board_has_the_whole_student() -> None:
    student = tiny_yolo(1)
    assert scale_modules(student, 1) == [(("P3", "P4", "P5"), student)]


def test_no_more_boards_than_levels() -> None:
    with pytest.raises(InputError, match="give at most 3 boards, or divide it by region"):
        levels_of_boards(["P3", "P4", "P5"], 4)
