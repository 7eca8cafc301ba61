"""Parcels as Flower's records, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict

from lotwise.students.federation.parcel import Parcel

ARRAYS = "arrays "
NUMBERS = "numbers"
ABOUT = "about"
"""What the engine itself says of a message."""
ERROR = "error"
"""In ``ABOUT``: why a node could not do what it was asked for."""


def to_records(parcel: Parcel, about: Mapping[str, Any]) -> RecordDict:
    """A message's content.

    Args:
        parcel: of the method.
        about: of the engine.
    """
    content = RecordDict()
    for group, arrays in parcel.arrays.items():
        content[ARRAYS + group] = ArrayRecord({name: Array(np.asarray(array)) for name, array in arrays.items()})
    content[NUMBERS] = MetricRecord({name: float(number) for name, number in parcel.numbers.items()})
    content[ABOUT] = ConfigRecord(dict(about))
    return content


def of_records(content: RecordDict) -> tuple[Parcel, dict[str, Any]]:
    """The parcel of a message, and what the engine says of it."""
    arrays = {
        key.removeprefix(ARRAYS): {name: array.numpy() for name, array in record.items()}
        for key, record in content.array_records.items()
        if key.startswith(ARRAYS)
    }
    told: Mapping[str, Any] = content.metric_records.get(NUMBERS, {})
    about: Mapping[str, Any] = content.config_records.get(ABOUT, {})
    return Parcel(arrays, {name: float(value) for name, value in told.items()}), dict(about)
