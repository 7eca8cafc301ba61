"""What one board may hold: bytes of its module's file, parameters, multiply-adds a frame."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lotwise.datasets.errors import InputError
from lotwise.students.ensemble.cost import Cost

UNITS = {"": 1, "B": 1, "KB": 1000, "MB": 1_000_000, "KIB": 1024, "MIB": 1 << 20}


@dataclass(frozen=True)
class Budget:
    """The most of each that a module may have; None for no limit."""

    bytes: int | None = None
    parameters: int | None = None
    multiply_adds: int | None = None

    def holds(self, cost: Cost) -> bool:
        """Whether a module of this cost is within the budget."""
        pairs = (
            (self.bytes, cost.bytes),
            (self.parameters, cost.parameters),
            (self.multiply_adds, cost.multiply_adds),
        )
        return all(most is None or found <= most for most, found in pairs)

    def __str__(self) -> str:
        """For people.

        >>> str(Budget(500_000, multiply_adds=200_000_000))
        'at most 500 kB and 200 million multiply-adds'
        """
        parts = []
        if self.bytes is not None:
            parts.append(f"{self.bytes / 1000:g} kB")
        if self.parameters is not None:
            parts.append(f"{self.parameters} parameters")
        if self.multiply_adds is not None:
            parts.append(f"{self.multiply_adds / 1e6:g} million multiply-adds")
        return f"at most {' and '.join(parts)}" if parts else "no limit"


def parse_bytes(text: str) -> int:
    """A number of bytes.

    >>> parse_bytes("500kB"), parse_bytes("1.5 MB"), parse_bytes("2MiB")
    (500000, 1500000, 2097152)

    Raises:
        InputError: it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if found is None or found[2].upper() not in UNITS or float(found[1]) <= 0:
        raise InputError(f"--budget {text}: expected the bytes of one board, such as 500kB or 2MB")
    return round(float(found[1]) * UNITS[found[2].upper()])
