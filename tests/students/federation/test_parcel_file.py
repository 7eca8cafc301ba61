"""Parcels as files, and what they weigh."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.parcel import Parcel
from lotwise.students.federation.parcel_file import read_parcel, write_parcel

PARCEL = Parcel(
    {
        "weights": {"a.b": np.arange(6, dtype=np.float32).reshape(2, 3).T, "n": np.array(3, np.int64)},
        "soft": {"index": np.zeros((0, 4), np.int16), "score": np.ones(2, np.float16)},
        "nothing": {},
    },
    {"examples": 12, "rate": 0.25},
)


def test_a_parcel_comes_back_as_it_was(tmp_path: Path) -> None:
    write_parcel(tmp_path / "deep" / "one.safetensors", PARCEL, {"identity": "it", "log": ["a\tb"]})
    found, notes = read_parcel(tmp_path / "deep" / "one.safetensors")
    assert notes == {"identity": "it", "log": ["a\tb"]}
    assert found.numbers == PARCEL.numbers
    assert list(found.arrays) == ["weights", "soft", "nothing"]
    for group, arrays in PARCEL.arrays.items():
        assert set(found.arrays[group]) == set(arrays)
        for name, array in arrays.items():
            assert found.arrays[group][name].dtype == array.dtype
            np.testing.assert_array_equal(found.arrays[group][name], array)
            assert found.arrays[group][name].shape == array.shape


def test_a_parcel_weighs_its_arrays_and_eight_bytes_a_number() -> None:
    assert PARCEL.bytes() == 6 * 4 + 8 + 2 * 2 + 2 * 8


@pytest.mark.parametrize("content", [b"", b"\x10" * 40])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "one.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"one\.safetensors: no state of a federation"):
        read_parcel(path)


def test_what_a_parcel_lacks_is_named() -> None:
    with pytest.raises(InputError, match=r"without 'control' \(it holds nothing, soft, weights\)"):
        PARCEL.group("control")
    with pytest.raises(InputError, match="without the number 'steps'"):
        PARCEL.number("steps")
