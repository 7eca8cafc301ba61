"""Pieces of time of a slot, one after the other, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import SlotState
from lotwise.node.history.recorded import Ints

STATES: tuple[SlotState, ...] = ("free", "occupied", "unknown")
"""By their codes in columns."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A slot in one state. Times are microseconds since 1970, and the clock was not set between them.

    Attributes:
        since: when the node says that this state began; before ``start`` where it bridged a loss of sight.
        score: of the reading that began it.
        carried: it goes on in the state before the piece before it, as the node was started anew.
    """

    state: SlotState
    start: int
    end: int
    since: int
    score: float
    carried: bool = False


@dataclass(frozen=True)
class Pieces:
    """All pieces of a slot in order: (N,) each, as in :class:`Piece`; ``state`` as a code."""

    state: Ints
    start: Ints
    end: Ints
    since: Ints
    score: NDArray[np.float64]
    carried: NDArray[np.bool_]

    @staticmethod
    def of(pieces: Iterable[Piece]) -> Pieces:
        """From pieces one by one."""
        every = list(pieces)

        def whole(column: Iterable[int]) -> Ints:
            return np.array(list(column), np.int64)

        return Pieces(
            whole(STATES.index(one.state) for one in every),
            whole(one.start for one in every),
            whole(one.end for one in every),
            whole(one.since for one in every),
            np.array([one.score for one in every], np.float64),
            np.array([one.carried for one in every], np.bool_),
        )

    @staticmethod
    def joined(parts: Sequence[Pieces]) -> Pieces:
        """One after the other; one part or more."""
        columns = zip(*((of.state, of.start, of.end, of.since, of.score, of.carried) for of in parts), strict=True)
        return Pieces(*(np.concatenate(column) for column in columns))

    def __len__(self) -> int:
        return len(self.state)

    def __iter__(self) -> Iterator[Piece]:
        columns = (self.state, self.start, self.end, self.since, self.score, self.carried)
        for state, *rest in zip(*(column.tolist() for column in columns), strict=True):
            yield Piece(STATES[state], *rest)
