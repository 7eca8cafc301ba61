"""The file that leaves a camera: its schema, its bytes, and that no picture of a frame is in it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from lotwise.datasets.errors import InputError
from lotwise.datasets.load import load as load_frame
from lotwise.students.pretrained import NANO
from lotwise.students.synthesis.make_metadata import make_metadata
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.metadata_file import (
    READABLE,
    SCHEMA,
    decode,
    encode,
    metadata_key,
    part_bytes,
    read_metadata,
    write_metadata,
)
from lotwise.students.synthesis.settings import MetadataSettings
from tests.students.synthesis.conftest import CLASSES, THRESHOLD, Lot


def test_what_is_read_is_what_was_written(metadata: Metadata, tmp_path: Path) -> None:
    size = write_metadata(tmp_path / "m.safetensors", metadata)
    again = read_metadata(tmp_path / "m.safetensors")
    assert size == (tmp_path / "m.safetensors").stat().st_size
    assert again.header == metadata.header
    assert np.array_equal(again.layout.boxes, metadata.layout.boxes)
    assert set(again.features.clusters) == set(metadata.features.clusters)
    for group, clusters in metadata.features.clusters.items():
        assert again.features.clusters[group].middles == pytest.approx(clusters.middles, abs=0.01)
    assert metadata_key(again) == metadata_key(metadata)


def test_bytes_are_as_documented(lot: Lot, metadata: Metadata) -> None:
    """Those of docs/dreams.md: 40 for a place; (1 + q) channels halves and q + 2 floats for a cluster; …"""
    parts, data = part_bytes(metadata), encode(metadata)
    assert parts["layout"] == 40 * len(metadata.layout)
    clusters = metadata.features.clusters.values()
    q = clusters.__iter__().__next__().deviations.shape[1]
    of_clusters = sum(len(one) * (2 * (1 + q) * one.middles.shape[1] + 4 * (q + 2)) for one in clusters)
    assert parts["features"] == of_clusters + 4 * len(metadata.features.edges)
    assert metadata.norms is not None
    assert parts["channels"] == 4 * len(metadata.norms.means)
    assert parts["picture"] == 3 * 64 * 48
    assert 0 < len(data) - sum(parts.values()) < 8000
    assert set(parts) == set(READABLE)


def test_levels_hold_what_they_say(lot: Lot) -> None:
    parts = {level: set(part_bytes(lot.metadata(background=level))) for level in ("none", "channels")}
    assert parts["none"] == {"layout", "features"}
    assert parts["channels"] == {"layout", "features", "channels"}


def test_only_what_the_schema_names_is_in_the_file(metadata: Metadata) -> None:
    arrays = load(encode(metadata))
    kinds = {part.readable: part.kind for part in SCHEMA}
    assert {name for name, array in arrays.items() if array.dtype == np.uint8} == {"picture"}
    assert kinds["picture"] == "uint8"
    with pytest.raises(ValueError, match="frame: no part of metadata"):
        decode(save({**arrays, "frame": np.zeros((360, 480, 3), np.uint8)}, header(encode(metadata))))


def test_no_pixel_of_a_frame_can_change_what_is_told_without_the_teacher_seeing_it(lot: Lot) -> None:
    """What one frame alone shows beside vehicles is not in the picture of the ground."""
    known = lot.metadata(background="picture")
    marked = lot.frames[2]

    def read(frame):
        image = load_frame(frame)
        if frame.name == marked.name:
            image = image.copy()
            image[100:140, 200:260] = 255
            image[110:130, 210:250:2] = 0
        return image

    settings = MetadataSettings(background="picture")
    told = make_metadata("C1", lot.frames, lot.keys, lot.store, str(NANO), CLASSES, THRESHOLD, settings, read=read)
    assert known.picture is not None and told.picture is not None
    assert np.abs(known.picture.astype(int) - told.picture).max() <= 12
    assert np.array_equal(known.layout.boxes, told.layout.boxes)
    assert max(told.picture.shape) <= 64


def header(data: bytes) -> dict[str, str]:
    length = int.from_bytes(data[:8], "little")
    return dict(json.loads(data[8 : 8 + length])["__metadata__"])


def broken(data: bytes, name: str, array: np.ndarray | None) -> bytes:
    arrays = {key: value for key, value in load(data).items() if key != name}
    return save(arrays if array is None else {**arrays, name: array}, header(data))


@pytest.mark.parametrize(
    ("name", "array", "why"),
    [
        ("picture", np.zeros((480, 640, 3), np.uint8), "larger than 160 px"),
        ("picture", None, "background picture with"),
        ("layout.boxes", np.ones((2, 4), np.float32), "different lengths"),
        ("layout.shares", None, "layout.shares is missing"),
        ("features.p3.0.middles", np.zeros((2, 2), np.float32), "2 dimensions of float32, not 2 of float16"),
        ("channels.means", np.full(4, np.nan, np.float16), "not finite"),
        ("features.p3.9.middles", np.zeros((1, 4), np.float16), "is missing"),
    ],
    ids=["a whole frame", "no picture", "torn layout", "no shares", "other numbers", "not finite", "unknown size"],
)
def test_a_file_that_does_not_fit_the_schema_is_refused(metadata, tmp_path, name, array, why) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(broken(encode(metadata), name, array))
    with pytest.raises(InputError, match=rf"m\.safetensors: no metadata of a camera \(.*{why}"):
        read_metadata(path)


@pytest.mark.parametrize(
    "data", [b"", b"nonsense" * 8, b"\x08\0\0\0\0\0\0\0{}      "], ids=["empty", "noise", "no header"]
)
def test_other_files_are_refused_in_one_line(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"m\.safetensors: no metadata") as refusal:
        read_metadata(path)
    assert "\n" not in str(refusal.value)
    with pytest.raises(InputError, match=r"n\.safetensors: cannot be read"):
        read_metadata(tmp_path / "n.safetensors")


def test_a_picture_at_a_level_that_has_none_is_not_written(metadata: Metadata) -> None:
    lower = replace(metadata, header=metadata.header.model_copy(update={"background": "channels"}))
    with pytest.raises(ValueError, match="background channels with"):
        encode(lower)
