"""A parcel as a file: what a node or the server keeps from round to round, there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.students.federation.method import Parcel

SEPARATOR = "\t"
"""Between group and name: neither holds one."""


def write_parcel(path: Path, parcel: Parcel, notes: Mapping[str, Any]) -> None:
    """Write a parcel, and notes on it that JSON can say, as one safetensors file."""
    flat = {f"{group}{SEPARATOR}{n}": array for group, arrays in parcel.arrays.items() for n, array in arrays.items()}
    header = {
        "groups": json.dumps(list(parcel.arrays)),
        "numbers": json.dumps({name: float(number) for name, number in parcel.numbers.items()}),
        "notes": json.dumps(notes),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # Arrays without dimensions come back from ascontiguousarray with one.
    scalars = [key for key, array in flat.items() if array.ndim == 0]
    tensors = {key: np.ascontiguousarray(array) for key, array in flat.items()}
    write_whole(path, save(tensors, {**header, "scalars": json.dumps(scalars)}))


def read_parcel(path: Path) -> tuple[Parcel, dict[str, Any]]:
    """A parcel and its notes.

    Raises:
        InputError: no such file, or a broken one.
    """
    try:
        with safe_open(path, "np") as file:
            header = file.metadata() or {}
            found: dict[str, dict[str, NDArray[np.generic]]] = {name: {} for name in json.loads(header["groups"])}
            scalars = set(json.loads(header["scalars"]))
            for key in file.keys():  # noqa: SIM118 (no mapping)
                group, _, name = key.partition(SEPARATOR)
                array = file.get_tensor(key)
                found[group][name] = array.reshape(()) if key in scalars else array
        return Parcel(found, json.loads(header["numbers"])), json.loads(header["notes"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(f"{path}: no state of a federation ({error}); delete it to begin anew") from error
