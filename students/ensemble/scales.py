"""A student divided by scale: each board has a level of the head, and what of the network that level needs."""

from __future__ import annotations

from collections.abc import Sequence

from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.right_size.levels import level_names, without_levels


def levels_of_boards(names: Sequence[str], boards: int) -> list[tuple[str, ...]]:
    """Which levels each board has: neighbours together where there are fewer boards than levels.

    The finest level has most of the work, so it is the last to share a board.

    >>> levels_of_boards(["P3", "P4", "P5"], 2)
    [('P3',), ('P4', 'P5')]

    Raises:
        InputError: more boards than levels.
    """
    if boards > len(names):
        raise InputError(
            f"--boards {boards}: divided by scale a student has one module a level, {', '.join(names)}; "
            f"give at most {len(names)} boards, or divide it by region"
        )
    alone = boards - 1
    return [*((name,) for name in names[:alone]), tuple(names[alone:])]


def scale_modules(student: DetectionModel, boards: int) -> list[tuple[tuple[str, ...], DetectionModel]]:
    """The levels of each board, and a student with these levels alone.

    Raises:
        InputError: more boards than levels.
    """
    names = level_names(student.model[-1])
    made = []
    for levels in levels_of_boards(names, boards):
        gone = [name for name in names if name not in levels]
        made.append((levels, without_levels(student, gone) if gone else student))
    return made
