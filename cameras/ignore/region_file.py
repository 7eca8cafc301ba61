"""The file of a camera's ignore regions: the one place where it is read and written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.site.mistakes import first_mistake
from lotwise.datasets.errors import InputError
from lotwise.datasets.file_lock import lock
from lotwise.datasets.whole_file import write_whole

LOCK_TIMEOUT_S = 5.0
"""Seconds for which another process may hold the file's folder; a change takes milliseconds."""

_FORM = "[{box: [x1, y1, x2, y2]}, …] with the box in 0..1 of the frame"

Regions = tuple[IgnoreRegion, ...]


def read_regions(path: Path) -> Regions:
    """A camera's ignore regions; none where there is no file, which is how every camera begins.

    Raises:
        InputError: the file cannot be read, or is not a list of regions.
    """
    try:
        entries = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a file of ignore regions") from error
    except ValueError as error:  # no UTF-8 or no JSON
        raise InputError(f"{path}: not a list of ignore regions (not JSON: {error}); expected {_FORM}") from error
    if not isinstance(entries, list):
        raise InputError(f"{path}: not a list of ignore regions; expected {_FORM}")
    regions: list[IgnoreRegion] = []
    for number, entry in enumerate(entries, start=1):
        try:
            regions.append(IgnoreRegion.model_validate(entry))
        except ValidationError as error:
            mistake = first_mistake(error, IgnoreRegion)
            place = ".".join(map(str, (f"entry {number}", *mistake.place)))
            raise InputError(
                f"{path}: not a list of ignore regions ({place}: {mistake.why}); expected {_FORM}"
            ) from None
    return _each_once(regions)


def regions_in(folder: Path, camera: str) -> Path:
    """The file of a camera in a folder with one file a camera."""
    return folder / f"{camera}.json"


def write_regions(path: Path, regions: Sequence[IgnoreRegion]) -> None:
    """Write regions as :func:`read_regions` reads them, one a line, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    lines = [region.model_dump_json(exclude_defaults=True) for region in regions]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, ("[\n" + ",\n".join(lines) + "\n]\n").encode() if lines else b"[]\n")
    except OSError as error:
        raise _unwritable(path, error) from error


def add_region(path: Path, region: IgnoreRegion) -> Regions:
    """Put a region into the file and give all that are there then; one that is there already stays as it is.

    Raises:
        InputError: the file is broken or cannot be written.
    """
    return _change(path, lambda regions: _each_once([*regions, region]))


def remove_region(path: Path, identity: str) -> Regions:
    """Take a region out of the file and give those that are left.

    Raises:
        InputError: there is none of this id, or the file is broken or cannot be written.
    """

    def step(regions: Regions) -> Regions:
        if all(region.id != identity for region in regions):
            there = ", ".join(region.id for region in regions) or "none"
            raise InputError(f"{path}: no ignore region {identity}; there are {there}")
        return tuple(region for region in regions if region.id != identity)

    return _change(path, step)


def _change(path: Path, step: Callable[[Regions], Regions]) -> Regions:
    with _locked(path):
        before = read_regions(path)
        after = step(before)
        if after != before:
            write_regions(path, after)
        return after


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """No other process or thread changes files of this folder meanwhile; a process that dies lets go."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        if not lock(handle, LOCK_TIMEOUT_S):
            raise InputError(f"{path}: another process is changing it; try again once that is done")
        yield
    finally:
        os.close(handle)


def _each_once(regions: Sequence[IgnoreRegion]) -> Regions:
    first: dict[str, IgnoreRegion] = {}
    for region in regions:
        first.setdefault(region.id, region)
    return tuple(first.values())


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: cannot be written ({error.strerror}); mend its rights, or name another file as ignore_regions:"
    )
