"""Times from names."""

from datetime import datetime

import pytest

from lotwise.datasets.timestamps import parse_time


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # the day of the folder and its own name must not be read as one time
        ("2015-11-12/2015-11-13_0709.jpg", datetime(2015, 11, 13, 7, 9)),
        ("2015-11-12/camera1/0709.jpg", None),  # the time is not beside its day
        ("2013-02-30_06_55_00.jpg", None),  # no such day
        ("20150703_080512123.jpg", datetime(2015, 7, 3, 8, 5, 12)),  # milliseconds
        ("2013-02-22_06_55_00_jpg.rf.0a1b.jpg", datetime(2013, 2, 22, 6, 55)),  # tail of an export
        ("20151109001234.jpg", None),  # a running number
    ],
)
def test_times_that_are_easily_misread(name: str, expected: datetime | None) -> None:
    assert parse_time(name) == expected
