"""What travels in a federation. Without PyTorch: whoever only relays parcels starts in no time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError

Arrays = Mapping[str, NDArray[np.generic]]
"""Arrays by name, such as the weights of a model by the names of its ``state_dict``."""


@dataclass(frozen=True)
class Parcel:
    """What travels one way in a round, or what a node or the server keeps from one round to the next.

    Attributes:
        arrays: by group, such as ``weights``, and name.
        numbers: such as ``examples``.
    """

    arrays: Mapping[str, Arrays] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)

    def bytes(self) -> int:
        """What it weighs: the arrays as they are, and eight bytes a number. Names and framing come on top."""
        return sum(array.nbytes for group in self.arrays.values() for array in group.values()) + 8 * len(self.numbers)

    def group(self, name: str) -> Arrays:
        """One group of arrays.

        Raises:
            InputError: it has none of that name.
        """
        if name not in self.arrays:
            said = ", ".join(sorted(self.arrays)) or "nothing"
            raise InputError(f"a message without {name!r} (it holds {said}); both sides must run the same --method")
        return self.arrays[name]

    def number(self, name: str) -> float:
        """One number.

        Raises:
            InputError: it has none of that name.
        """
        if name not in self.numbers:
            raise InputError(f"a message without the number {name!r}; both sides must run the same --method")
        return float(self.numbers[name])


def finite(arrays: Arrays) -> bool:
    """Whether no number is NaN or infinite."""
    return all(np.isfinite(array).all() for array in arrays.values() if np.issubdtype(array.dtype, np.inexact))
