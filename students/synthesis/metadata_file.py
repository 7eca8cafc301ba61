"""Metadata as a file, and its schema: which numbers may be in it, and what can be read back from each."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole
from lotwise.students.synthesis.clusters import Clusters
from lotwise.students.synthesis.features import Features, Group
from lotwise.students.synthesis.layout import Layout
from lotwise.students.synthesis.metadata import VERSION, Metadata, MetadataHeader
from lotwise.students.synthesis.norms import NormStatistics
from lotwise.teacher.knowledge import LEVELS
from lotwise.teacher.store import unwritable

Arrays = Mapping[str, NDArray[Any]]
AGAIN = "write it anew with lotwise metadata"
MOST_PICTURE_PX = 160
"""Longer side of the blurred picture at most: a car of a fifth of the frame's width has 32 pixels there."""
LARGEST = 16_000_000
"""Bytes of a file at most; those of the largest teachers have one."""


@dataclass(frozen=True)
class Part:
    """Arrays that may be in the file.

    Attributes:
        name: pattern of their names.
        kind: of their numbers.
        dimensions: how many.
        readable: what can be read back from them, for people.
    """

    name: str
    kind: str
    dimensions: int
    readable: str


LAYOUT, FEATURES, CHANNELS, PICTURE = "layout", "features", "channels", "picture"
READABLE: Mapping[str, str] = {
    LAYOUT: "where vehicles stand in the view, how large they look, how often each place is taken; of no one frame",
    FEATURES: "what vehicles look like to the teacher on average over several of them; of no one vehicle",
    CHANNELS: "how bright, coloured and textured the view is as a whole; no place in it",
    PICTURE: "the ground without vehicles, a few dozen pixels wide: buildings and roads as patches of colour",
}
"""What can be read back from each part of the metadata, for people."""
_CLUSTERS = rf"features\.(?:{'|'.join(LEVELS)})\.\d"
SCHEMA: tuple[Part, ...] = (
    Part(r"layout\.(boxes|spreads)", "float32", 2, LAYOUT),
    Part(r"layout\.(shares|scores)", "float32", 1, LAYOUT),
    Part(r"features\.edges", "float32", 1, FEATURES),
    Part(rf"{_CLUSTERS}\.middles", "float16", 2, FEATURES),
    Part(rf"{_CLUSTERS}\.components", "float16", 3, FEATURES),
    Part(rf"{_CLUSTERS}\.deviations", "float32", 2, FEATURES),
    Part(rf"{_CLUSTERS}\.(shares|rest)", "float32", 1, FEATURES),
    Part(r"channels\.(means|deviations)", "float16", 1, CHANNELS),
    Part(r"picture", "uint8", 3, PICTURE),
)
"""All that the file may hold beside its header. A file with anything else is neither written nor read."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "channels": ("channels.means", "channels.deviations"),
    "picture": ("channels.means", "channels.deviations", "picture"),
}


def write_metadata(path: Path, metadata: Metadata) -> int:
    """Write metadata, and return the size of the file in bytes.

    Raises:
        InputError: the disk is full or the folder cannot be written.
    """
    data = encode(metadata)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise unwritable(path, error) from error
    return len(data)


def read_metadata(path: Path) -> Metadata:
    """Metadata that a camera has written.

    Raises:
        InputError: no such file, or one that holds anything else than the schema says.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: more than {LARGEST // 1_000_000} MB, which metadata never have; {AGAIN}")
        return decode(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a file of lotwise metadata") from error
    except ValueError as error:
        raise InputError(f"{path}: no metadata of a camera ({error}); {AGAIN}") from error


def encode(metadata: Metadata) -> bytes:
    """To safetensors bytes, checked against the schema."""
    arrays = _arrays(metadata)
    check(metadata.header, arrays)
    return save(dict(arrays), {"lotwise-metadata": metadata.header.model_dump_json()})


def metadata_key(metadata: Metadata) -> str:
    """16 hex digits that change with anything in them."""
    return hashlib.blake2b(encode(metadata), digest_size=8).hexdigest()


def decode(data: bytes) -> Metadata:
    """From safetensors bytes.

    Raises:
        ValueError: they are no metadata, or hold anything else than the schema says.
    """
    try:
        length = int.from_bytes(data[:8], "little")
        header = MetadataHeader.model_validate_json(
            json.loads(data[8 : 8 + length])["__metadata__"]["lotwise-metadata"]
        )
        arrays = load(data)
    except ValidationError as error:
        raise ValueError(mistake_line(error, MetadataHeader)) from error
    except (SafetensorError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError("not a safetensors file with a header of metadata") from error
    check(header, arrays)
    norms = (
        NormStatistics(_float(arrays["channels.means"]), _float(arrays["channels.deviations"]))
        if "channels.means" in arrays
        else None
    )
    return Metadata(
        header,
        Layout(
            arrays["layout.boxes"],
            arrays["layout.spreads"],
            arrays["layout.shares"],
            arrays["layout.scores"],
            header.mean,
            header.deviation,
        ),
        Features(arrays["features.edges"], {group: _clusters(arrays, group) for group in _groups(arrays)}),
        norms,
        arrays.get("picture"),
    )


def part_bytes(metadata: Metadata) -> dict[str, int]:
    """Bytes of each part of the metadata, without the header; parts that are not told are left out."""
    sizes: dict[str, int] = {}
    for name, array in _arrays(metadata).items():
        part = _part_of(name)
        if part is not None:
            sizes[part.readable] = sizes.get(part.readable, 0) + array.nbytes
    return sizes


def check(header: MetadataHeader, arrays: Arrays) -> None:
    """Refuse whatever the schema does not name, and whatever does not fit together.

    Raises:
        ValueError: the first that is wrong, in words.
    """
    if header.version != VERSION:
        raise ValueError(f"version {header.version}, not {VERSION}")
    for name, array in arrays.items():
        part = _part_of(name)
        if part is None:
            raise ValueError(f"{name}: no part of metadata")
        if array.dtype.name != part.kind or array.ndim != part.dimensions:
            raise ValueError(
                f"{name}: {array.ndim} dimensions of {array.dtype.name}, not {part.dimensions} of {part.kind}"
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name}: numbers that are not finite")
    told = {name for name in arrays if name.startswith(("channels.", "picture"))}
    if told != set(NEEDED[header.background]):
        raise ValueError(f"background {header.background} with {', '.join(sorted(told)) or 'nothing told of it'}")
    _check_layout(arrays)
    for group in _groups(arrays):
        _check_clusters(arrays, group)
    if not _groups(arrays):
        raise ValueError("no features of vehicles")
    if "channels.means" in arrays and arrays["channels.means"].shape != arrays["channels.deviations"].shape:
        raise ValueError("channels.means and channels.deviations differ in length")
    if "picture" in arrays and (arrays["picture"].shape[2] != 3 or max(arrays["picture"].shape) > MOST_PICTURE_PX):
        raise ValueError(f"picture: of shape {arrays['picture'].shape}, larger than {MOST_PICTURE_PX} px or no picture")


def _check_layout(arrays: Arrays) -> None:
    names = [f"layout.{name}" for name in ("boxes", "spreads", "shares", "scores")]
    missing = [name for name in [*names, "features.edges"] if name not in arrays]
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    places = len(arrays["layout.boxes"])
    if not places or [arrays[name].shape for name in names] != [(places, 4), (places, 4), (places,), (places,)]:
        raise ValueError("the parts of the layout are of different lengths")
    boxes = arrays["layout.boxes"]
    if boxes.min() < 0 or boxes.max() > 1 or (boxes[:, 2:] <= boxes[:, :2]).any():
        raise ValueError("layout.boxes: not boxes in 0..1 of the frame")


def _check_clusters(arrays: Arrays, group: Group) -> None:
    names = [_name(group, part) for part in ("middles", "components", "deviations", "shares", "rest")]
    if missing := [name for name in names if name not in arrays]:
        raise ValueError(f"{missing[0]} is missing")
    if group[1] > len(arrays["features.edges"]):
        raise ValueError(f"{names[0]}: of a size that features.edges does not name")
    (count, channels), components = arrays[names[0]].shape, arrays[names[1]].shape[1]
    wanted = [(count, channels), (count, components, channels), (count, components), (count,), (count,)]
    if not count or [arrays[name].shape for name in names] != wanted:
        raise ValueError(f"{names[0]} and what belongs to it are of different lengths")


def _arrays(metadata: Metadata) -> dict[str, NDArray[Any]]:
    layout = metadata.layout
    arrays: dict[str, NDArray[Any]] = {
        "layout.boxes": layout.boxes,
        "layout.spreads": layout.spreads,
        "layout.shares": layout.shares,
        "layout.scores": layout.scores,
        "features.edges": metadata.features.edges,
    }
    for group, clusters in metadata.features.clusters.items():
        arrays[_name(group, "middles")] = clusters.middles.astype(np.float16)
        arrays[_name(group, "components")] = clusters.components.astype(np.float16)
        arrays[_name(group, "deviations")] = clusters.deviations
        arrays[_name(group, "shares")] = clusters.shares
        arrays[_name(group, "rest")] = clusters.rest
    if metadata.norms is not None:
        arrays["channels.means"] = metadata.norms.means.astype(np.float16)
        arrays["channels.deviations"] = metadata.norms.deviations.astype(np.float16)
    if metadata.picture is not None:
        arrays["picture"] = metadata.picture
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _clusters(arrays: Arrays, group: Group) -> Clusters:
    return Clusters(
        *(_float(arrays[_name(group, part)]) for part in ("middles", "components", "deviations", "shares", "rest"))
    )


def _groups(arrays: Arrays) -> list[Group]:
    found = [re.fullmatch(rf"({_CLUSTERS})\.middles", name) for name in sorted(arrays)]
    return [(LEVELS.index(one[1].split(".")[1]), int(one[1].split(".")[2])) for one in found if one]


def _name(group: Group, part: str) -> str:
    return f"features.{LEVELS[group[0]]}.{group[1]}.{part}"


def _part_of(name: str) -> Part | None:
    return next((part for part in SCHEMA if re.fullmatch(part.name, name)), None)


def _float(array: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(array, np.float32)
