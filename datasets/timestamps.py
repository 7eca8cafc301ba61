"""Date and time of a frame from the names of its file and folders, as cameras and recorders write them.

The file's own date says when it was copied, so it is never used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

YEARS = range(1990, 2080)
"""Years that a number may mean; beyond them it counts something else."""

_DATE = r"(?P<year>\d{4})(?P<sep>[-_.]?)(?P<month>\d\d)(?P=sep)(?P<day>\d\d)"
_CLOCK = r"(?P<hour>\d\d)[-_.:h]?(?P<minute>\d\d)(?:[-_.:m]?(?P<second>\d\d)s?(?:[-_.]?\d{3})?)?"
_SPOKEN = r"(?P<hour>\d\d?)[-_.:](?P<minute>\d\d)(?:[-_.:](?P<second>\d\d))? ?(?P<half>[AaPp][Mm])"
# What follows a time is neither another digit nor the rest of a resolution such as 1920x1080 or 1440p.
_END = r"(?!\d|[xX*]\d|[pPi](?![A-Za-z]))"
_START = r"(?<![\dxX*])"
_GAP = r"(?:[-_ T.,]|__|_-_| - | at |, )"
_WHOLE_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        _START + _DATE + _GAP + _SPOKEN,
        _START + _DATE + _GAP + _CLOCK + _END,
        # 20240102030405, with or without milliseconds, and 202401020304
        _START + r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
        r"(?:\d{3})?" + _END,
        _START + r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)" + _END,
        # 24-01-02_03-04-05, year first, as Axis writes it
        _START + r"(?P<short>[1-3]\d)(?P<sep>[-_.])(?P<month>\d\d)(?P=sep)(?P<day>\d\d)[-_ T]"
        r"(?P<hour>\d\d)[-_.:]?(?P<minute>\d\d)[-_.:]?(?P<second>\d\d)(?!\d)",
        # gate_240102_030405 and A240102_030405_030505, as cheap cameras and recorders write them
        r"(?:(?<![A-Za-z\d])[AP]|" + _START + r")(?P<short>[1-3]\d)(?P<month>\d\d)(?P<day>\d\d)[-_]"
        r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)" + _END,
        # A24010203040500: a letter for alarm or pause, and a number of the picture within its second
        r"(?<![A-Za-z\d])[A-Z](?P<short>[1-3]\d)(?P<month>\d\d)(?P<day>\d\d)"
        r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\d\d)?" + _END,
        # 02-01-2024 03.04.05: day or month first, as the other names of the folder say
        _START
        + r"(?P<either>)(?P<day>\d\d)(?P<sep>[-_.])(?P<month>\d\d)(?P=sep)(?P<year>\d{4})"
        + _GAP
        + _CLOCK
        + _END,
    )
)
_UNIX_TIME = re.compile(r"(?<![\d.])(?P<seconds>\d{10})(?:\d{3}|\.\d+)?(?![\d])")
_UNIX_RANGE = range(1_420_000_000, 2_000_000_000)
"""2015 to 2033: a running number of ten digits seldom lies there."""
_DATE_FOLDERS = re.compile(
    r"(?P<year>\d{4})[-_./]?(?P<month>\d\d)[-_./]?(?P<day>\d\d)(?:[-_ T]?(?P<hour>\d\d)|[AaPp][Mm])?"
)
_YEAR_OR_MONTH = re.compile(r"(?P<year>\d{4})(?:[-_.]?(?P<month>\d\d))?")
_TWO_DIGITS = re.compile(r"\d\d")
_TIME_NAME = re.compile(_CLOCK)
_TIME_WITHIN = re.compile(r"(?<!\d)(?P<hour>\d\d)[-_.:h](?P<minute>\d\d)[-_.:m](?P<second>\d\d)(?!\d)")
_MINUTE_AND_SECOND = re.compile(r"\d\d[-_.:M]\d\d(?!\d)")
_SECOND = re.compile(r"\d\d(?!\d)")
_MINUTE_NAME = re.compile(r"(?P<minute>\d\d)(?:[-_.:M]?(?P<second>\d\d)S?)?(?!\d)")


def parse_time(path: PurePath | str, month_first: bool = False) -> datetime | None:
    """Local time that a file name tells, or its folders and its name together; None where neither does.

    A UNIX time is taken to the local time of this machine.

    Args:
        path: of the file.
        month_first: whether ``01-02-2024`` is the second of January, as :func:`month_first` decides for a folder;
            a date that fits only one way is read that way.

    >>> for name in (
    ...     "SUNNY/2015-11-12/camera1/2015-11-12_0709.jpg",
    ...     "S_2015-11-12_07.09_C01_184.jpg",
    ...     "entrance_00_20240102030405.jpg",
    ...     "2024-01-02T03-04-05.png",
    ...     "2015-11-12/0709.jpg",
    ...     "2024/01/02/03/04/05.jpg",
    ...     "2015-11-12/camera1.jpg",
    ...     "entrance_20240102_1920x1080.jpg",
    ...     "frame_0001.jpg",
    ... ):
    ...     print(parse_time(name))
    2015-11-12 07:09:00
    2015-11-12 07:09:00
    2024-01-02 03:04:05
    2024-01-02 03:04:05
    2015-11-12 07:09:00
    2024-01-02 03:04:05
    None
    None
    None
    """
    return _read(PurePath(path), month_first).moment


def month_first(paths: Iterable[PurePath | str]) -> bool | None:
    """Whether dates such as ``01-02-2024`` in these names of one camera begin with the month.

    One name that fits only with the month first decides for all of them. None where there are such dates and every
    one of them fits both ways; False where there are none.

    >>> month_first(["01-02-2024_08.00.jpg", "01-13-2024_08.00.jpg"])
    True
    >>> month_first(["01-02-2024_08.00.jpg", "13-02-2024_08.00.jpg"]), month_first(["2024-01-13_08.00.jpg"])
    (False, False)
    >>> month_first(["01-02-2024_08.00.jpg"]) is None
    True
    """
    open_ones, day_seen = False, False
    for path in paths:
        _, _, told = _from_name(PurePath(path).stem)
        if told is None or told.get("either") is None:
            continue
        first, second = int(told["day"] or 0), int(told["month"] or 0)
        if second > 12:
            return True
        day_seen |= first > 12
        open_ones |= first <= 12 and first != second
    return None if open_ones and not day_seen else False


def before_time(name: str) -> str:
    """What stands in a file's name before its time; the whole name without its ending where it tells none.

    >>> before_time("entrance_00_20240102030405.mp4"), before_time("20240102_030405_8F2A.mkv"), before_time("roof.mp4")
    ('entrance_00', '', 'roof')
    """
    stem = PurePath(name).stem
    return stem[: _from_name(stem)[1]].rstrip("-_. ")


def without_dates(path: PurePath | str) -> tuple[str, ...]:
    """Names of the folders on the way to a file, outermost first, without those that tell its date or time.

    >>> without_dates("2024/01/02/entrance/03-04-05.jpg"), without_dates("2001/a.jpg")
    (('entrance',), ('2001',))
    """
    path = PurePath(path)
    dates = _read(path).dates
    return tuple(name for position, name in enumerate(path.parts[:-1]) if position not in dates)


@dataclass(frozen=True)
class _Told:
    """What the names on a path tell: a moment, and which folders (by position) tell a part of it."""

    moment: datetime | None
    dates: frozenset[int] = frozenset()


def _read(path: PurePath, month_first: bool = False) -> _Told:
    folders = path.parts[:-1]
    in_name, _, _ = _from_name(path.stem, month_first)
    found = _date_in(folders)
    if found is None:
        return _Told(in_name, _years_and_months(folders, len(folders), in_name))
    first, last, day = found
    dates = {*range(first, last), *_years_and_months(folders, first, day)}
    if in_name is not None:
        clock = _clock_folders(folders, last, path.stem)
        hours = [clock[0]] if clock and int(folders[clock[0]]) == in_name.hour else []
        return _Told(in_name, frozenset({*dates, *hours}))
    moment, used = _from_folders(folders, last, day, path.stem)
    return _Told(moment, frozenset({*dates, *used}))


def _from_name(stem: str, month_first: bool = False) -> tuple[datetime | None, int, dict[str, str | None] | None]:
    """Moment that a name tells, where in the name it begins, and the parts of a date that it was read from."""
    for pattern in _WHOLE_NAMES:
        for found in pattern.finditer(stem):
            parts = found.groupdict()
            if month_first and parts.get("either") is not None:
                parts |= {"day": parts["month"], "month": parts["day"]}
            if moment := _moment(**parts):
                return moment, found.start(), found.groupdict()
    for found in _UNIX_TIME.finditer(stem):
        if int(found["seconds"]) in _UNIX_RANGE:
            return datetime.fromtimestamp(int(found["seconds"])), found.start(), None
    return None, len(stem), None


def _date_in(folders: Sequence[str]) -> tuple[int, int, datetime] | None:
    """The innermost date: positions of its first folder and behind its last, and the date (with its hour, if told)."""
    for first in reversed(range(len(folders))):
        for last in range(min(first + 3, len(folders)), first, -1):
            if found := _DATE_FOLDERS.fullmatch("/".join(folders[first:last])):
                told = found.groupdict()
                if day := _moment(**{**told, "hour": told["hour"] or "00", "minute": "00"}):
                    return first, last, day
        # yy/mm/dd/HH/MM/SS, as ZoneMinder lays its events down
        six = folders[first : first + 6]
        numbered = len(six) == 6 and all(map(_TWO_DIGITS.fullmatch, six))
        if numbered and (day := _moment(short=six[0], month=six[1], day=six[2], hour="00", minute="00")):
            return first, first + 3, day
    return None


def _years_and_months(folders: Sequence[str], end: int, moment: datetime | None) -> frozenset[int]:
    """Folders before position ``end`` that are named by the year, or by year and month, of a moment that is known."""
    if moment is None:
        return frozenset()
    found = set()
    for position, name in enumerate(folders[:end]):
        told = _YEAR_OR_MONTH.fullmatch(name)
        if told and int(told["year"]) == moment.year and int(told["month"] or moment.month) == moment.month:
            found.add(position)
        elif position - 1 in found and _TWO_DIGITS.fullmatch(name):
            told_before = moment.day if position - 2 in found else moment.month
            found |= {position} if int(name) == told_before else set()
    return frozenset(found)


def _clock_folders(folders: Sequence[str], last: int, stem: str) -> list[int]:
    """Positions of the folders that may be named by hour, minute and second: behind the date, or before the file.

    Those before the file count only where its name goes on with the next smaller unit, as otherwise a channel is meant.
    """
    if behind := _run(folders, last):
        return behind
    starts = (start for start in range(max(last, len(folders) - 3), len(folders)))
    before = next(
        (run for run in (_run(folders, start) for start in starts) if run and run[-1] == len(folders) - 1), []
    )
    goes_on = (_MINUTE_AND_SECOND, _SECOND)[len(before) - 1] if len(before) in (1, 2) else None
    return before if goes_on and goes_on.match(stem) else []


def _run(folders: Sequence[str], start: int) -> list[int]:
    """Positions from here on whose names may be hour, minute and second."""
    found: list[int] = []
    for position, most in zip(range(start, len(folders)), (24, 60, 60), strict=False):
        if not _TWO_DIGITS.fullmatch(folders[position]) or int(folders[position]) >= most:
            break
        found.append(position)
    return found


def _from_folders(folders: Sequence[str], last: int, day: datetime, stem: str) -> tuple[datetime | None, Sequence[int]]:
    """Moment on a day that folders tell, and the folders that tell its time."""
    clock = _clock_folders(folders, last, stem)
    own = _TIME_WITHIN.search(stem)
    if own is None and last == len(folders) and not day.hour:
        own = _TIME_NAME.fullmatch(stem)
    if own is not None:
        # The name's own time stands above a folder that may as well be a channel.
        same = bool(clock) and folders[clock[0]] == own["hour"]
        return _at(day, own["hour"], own["minute"], own["second"]), clock[:1] if same else ()
    hours = [f"{day.hour:02d}"] if day.hour else []
    told = hours + [folders[position] for position in clock]
    if not told:
        return None, ()
    rest = _MINUTE_NAME.match(stem)
    if len(told) == 1 and rest and (moment := _at(day, told[0], rest["minute"], rest["second"])):
        return moment, clock
    if len(told) == 2 and (second := _SECOND.match(stem)):
        told.append(second.group())
    return _at(day, *told[:3]), clock


def _at(day: datetime, hour: str, minute: str | None = None, second: str | None = None) -> datetime | None:
    try:
        return day.replace(hour=int(hour), minute=int(minute or 0), second=int(second or 0))
    except ValueError:
        return None


def _moment(
    *,
    month: str,
    day: str,
    hour: str,
    minute: str,
    second: str | None = None,
    year: str | None = None,
    short: str | None = None,
    half: str | None = None,
    sep: str | None = None,
    either: str | None = None,
) -> datetime | None:
    """A moment from the parts of a match; None where there is no such moment, or not in :data:`YEARS`."""
    full = int(year) if year is not None else 2000 + int(short or 0)
    hours = int(hour)
    if half is not None:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    orders = [(int(month), int(day)), *([(int(day), int(month))] if either is not None else [])]
    for months, days in orders:
        try:
            moment = datetime(full, months, days, hours, int(minute), int(second or 0))
        except ValueError:
            continue
        return moment if full in YEARS else None
    return None
