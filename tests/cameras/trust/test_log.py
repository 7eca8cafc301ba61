"""Samples are kept across kills and for as long as asked; a broken line is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.cameras.trust.log import append, forget, log_file, read_log
from lotwise.cameras.trust.sample import Sample
from lotwise.datasets.errors import InputError

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def made(hours: float = 0) -> Sample:
    return Sample(NOON + timedelta(hours=hours), {"light": 0.5}, bundle="b", vehicles=3, unknown=0.1, flicker=0.2)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = log_file(tmp_path, "C1")
    assert read_log(path) == []
    append(path, made())
    append(path, made(1))
    assert read_log(path) == [made(), made(1)]


def test_half_a_line_of_a_kill_is_left_out_and_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "C1.jsonl"
    append(path, made())
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    assert read_log(path) == [made()]
    append(path, made(1))
    assert read_log(path) == [made(), made(1)]
    path.write_bytes(whole[:20])
    append(path, made(2))
    assert read_log(path) == [made(2)]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "C1.jsonl"
    append(path, made())
    path.write_text("nonsense\n" + path.read_text())
    with pytest.raises(InputError, match=r"C1.jsonl: line 1 is no sample"):
        read_log(path)


def test_old_samples_are_forgotten_on_disk_too(tmp_path: Path) -> None:
    path = tmp_path / "C1.jsonl"
    for hours in (-24 * 20, -1, 0):
        append(path, made(hours))
    assert forget(path, read_log(path), 10, NOON) == [made(-1), made()] == read_log(path)
