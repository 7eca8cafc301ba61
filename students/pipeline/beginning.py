"""Where the training of a camera's student begins, if not with the untouched nano and frames divided anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lotwise.datasets.split import Split


@dataclass(frozen=True)
class Beginning:
    """Where the training of a camera's student begins.

    Attributes:
        weights: file of the student that it goes on from.
        split: frames to learn from, and frames to measure on, which that student did not learn from either.
        said: what record and bundle are to say of it.
        learned: content keys of the pictures that the student at these weights has learned from.
    """

    weights: Path
    split: Split
    said: Mapping[str, Any] = field(default_factory=dict)
    learned: frozenset[str] = frozenset()
