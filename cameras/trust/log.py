"""The samples of one camera on disk, a JSON line each, for as many days as asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from lotwise.cameras.trust.sample import Sample
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole

FOLDER = "trust"
"""Folder in a node's state folder; a file for each camera."""


def log_file(state: Path, camera: str) -> Path:
    """Where a node keeps a camera's samples."""
    return state / FOLDER / f"{camera}.jsonl"


def read_log(path: Path) -> list[Sample]:
    """All samples, in the order in which they were taken; a last line that a kill cut off is left out.

    Raises:
        InputError: the file cannot be read, or another line is no sample.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); mend or move it away") from error
    samples = []
    for number, line in enumerate(lines, 1):
        try:
            samples.append(Sample.from_json(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            if number < len(lines):
                raise InputError(f"{path}: line {number} is no sample ({error!r}); delete that line") from error
    return sorted(samples, key=lambda sample: sample.taken)


def append(path: Path, sample: Sample) -> None:
    """Add a sample.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(sample.to_json(), separators=(",", ":"))
    with path.open("ab+") as file:
        # A kill or a full disk may have left half a line, which would spoil this one too.
        file.seek(0)
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)
        file.write(line.encode() + b"\n")


def forget(path: Path, samples: Sequence[Sample], keep_days: int, now: datetime) -> list[Sample]:
    """Leave out the samples that are older than so many days, on disk too. Returns those that stay.

    Raises:
        OSError: the file cannot be written.
    """
    first = now - timedelta(days=keep_days)
    return _keep(path, samples, [sample for sample in samples if sample.taken >= first])


def forget_after(path: Path, samples: Sequence[Sample], last: datetime) -> list[Sample]:
    """Leave out the samples that were taken later than that, on disk too. Returns those that stay.

    Raises:
        OSError: the file cannot be written.
    """
    return _keep(path, samples, [sample for sample in samples if sample.taken <= last])


def _keep(path: Path, samples: Sequence[Sample], kept: list[Sample]) -> list[Sample]:
    if len(kept) < len(samples):
        lines = (json.dumps(sample.to_json(), separators=(",", ":")) for sample in kept)
        write_whole(path, "".join(f"{line}\n" for line in lines).encode())
    return kept
