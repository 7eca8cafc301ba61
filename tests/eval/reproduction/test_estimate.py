"""Time, disk and money of what is left, from what was timed."""

from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.eval.reproduction.estimate import EXPORT_STEPS, MEASURED_STEPS, Estimate, check_room, estimate
from lotwise.eval.reproduction.probe import Speeds
from lotwise.eval.reproduction.work import Work

SPEEDS = Speeds(look_s=2.0, step_s=0.5, knowledge_bytes=1_000_000, student_bytes=10_000_000, cores=4)
WORK = Work(looks=900, own_steps=3600, shared_steps=1800, exports=36, measured=100, cameras=9)


def test_time_is_what_each_part_takes() -> None:
    told = estimate(WORK, SPEEDS)
    assert [part.seconds for part in told.parts] == [
        1800,
        1800,
        900,
        36 * EXPORT_STEPS * 0.5,
        100 * MEASURED_STEPS * 0.5,
    ]
    assert told.seconds == sum(part.seconds for part in told.parts)
    assert told.to_json()["core_hours"] == pytest.approx(told.seconds * 4 / 3600)


def test_without_a_price_core_hours_are_told_and_with_one_money() -> None:
    without, priced = estimate(WORK, SPEEDS), estimate(WORK, SPEEDS, 1.5)
    assert (without.cost, priced.cost) == (None, pytest.approx(priced.seconds / 3600 * 1.5))
    assert "core hours; --price-per-hour makes money of it" in " ".join(without.lines())
    assert f"{priced.cost:.2f} at 1.5 an hour" in " ".join(priced.lines())


def test_disk_grows_with_looks_students_and_a_download() -> None:
    none = estimate(Work(0, 0, 0, 0, 0, 9), SPEEDS).disk_bytes
    assert estimate(Work(900, 0, 0, 0, 0, 9), SPEEDS).disk_bytes == none + 900_000_000
    fetched = estimate(Work(0, 0, 0, 0, 0, 9, download=2_200_000_000), SPEEDS)
    assert "2.2 GB in the data set's folder" in " ".join(fetched.lines())


def test_what_the_disk_has_no_room_for_is_not_begun(tmp_path: Path) -> None:
    check_room(tmp_path / "run", Estimate((), 1, 0, 1))
    with pytest.raises(InputError, match=r"run: about 1000000\.0 GB are needed and .* are free; make room"):
        check_room(tmp_path / "run", Estimate((), 10**15, 0, 1))
