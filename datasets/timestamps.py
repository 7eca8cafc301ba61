"""Date and time of a frame from the name of its file. The file's own date says when it was copied: unused."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePath

_DATE = r"(?<!\d)(\d{4})(?P<sep>[-_.]?)(\d\d)(?P=sep)(\d\d)"
_TIME = r"(\d\d)[-_.:h]?(\d\d)(?:[-_.:]?(\d\d)(?:\.?\d{3})?)?(?!\d)"
_NAME = re.compile(_DATE + r"[-_ T]" + _TIME)
_DATE_FOLDER = re.compile(_DATE)
_TIME_NAME = re.compile(_TIME)


def parse_time(path: PurePath | str) -> datetime | None:
    """Local time that a file name tells, or its folder and its name together; None where neither does.

    >>> for name in (
    ...     "2015-11-12_0709.jpg",
    ...     "SUNNY/2015-11-12/camera1/2015-11-12_0709.jpg",
    ...     "S_2015-11-12_07.09_C01_184.jpg",
    ...     "2013-02-22_06_55_00.jpg",
    ...     "20150703_0805.jpg",
    ...     "cam3_20150703_080512.mp4",
    ...     "2024-01-02T03-04-05.png",
    ...     "2015-11-12/0709.jpg",
    ...     "2015-11-12/07-09-30.jpg",
    ...     "2015-11-12/camera1.jpg",
    ...     "2015-11-12_2561.jpg",
    ...     "000000000139.jpg",
    ...     "frame_0001.jpg",
    ... ):
    ...     print(parse_time(name))
    2015-11-12 07:09:00
    2015-11-12 07:09:00
    2015-11-12 07:09:00
    2013-02-22 06:55:00
    2015-07-03 08:05:00
    2015-07-03 08:05:12
    2024-01-02 03:04:05
    2015-11-12 07:09:00
    2015-11-12 07:09:30
    None
    None
    None
    None
    """
    path = PurePath(path)
    if found := _NAME.search(path.stem):
        return _moment(found)
    date, time = _DATE_FOLDER.fullmatch(path.parent.name), _TIME_NAME.fullmatch(path.stem)
    return _moment(date, time) if date and time else None


def is_date(folder: str) -> bool:
    """Whether a folder is named by a day: such a folder holds a day's frames, it is no camera.

    >>> [is_date(name) for name in ("2015-11-12", "20151112", "camera1", "2015")]
    [True, True, False, False]
    """
    return _DATE_FOLDER.fullmatch(folder) is not None


def _moment(*found: re.Match[str]) -> datetime | None:
    digits = [int(part) for match in found for part in match.groups() if part and part.isdigit()]
    try:
        return datetime(*digits)  # type: ignore[arg-type]
    except ValueError:
        return None
