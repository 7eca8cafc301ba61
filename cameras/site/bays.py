"""What kind of places a site has: rows, bays for some cars only, and how long a car may stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)\s*")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_RANGE = re.compile(r"(\D*)(\d+)-(\d+)")
_NUMBER_AT_END = re.compile(r"\d+$")


def _seconds(given: Any) -> Any:
    if isinstance(given, str):
        found = _SPAN.fullmatch(given)
        if found is None:
            raise ValueError('expected a time such as "90min", "2h" or "1d"')
        return float(found.group(1)) * _SECONDS[found.group(2)]
    if isinstance(given, int | float) and not isinstance(given, bool):
        raise ValueError('expected a time with its unit, such as "90min", "2h" or "1d"')
    return given


def _texts(given: Any) -> Any:
    """Ids as texts, also where YAML made numbers of them, and one alone as a list."""
    listed = [given] if isinstance(given, str | int) else given
    return [str(one) if isinstance(one, int) and not isinstance(one, bool) else one for one in listed or ()]


Ids = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_texts)]
"""Slot ids: ``A7``, patterns ``A*``, ranges ``1-20`` or ``A1-A20`` written as ``A1-20``."""


class BayRule(BaseModel):
    """What holds for some slots; of several rules that name a slot, each says what the ones before it do not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: Annotated[Ids, Field(description='Slot ids, patterns such as "A*", or ranges such as "1-20".')] = ()
    row: Annotated[str | None, Field(min_length=1, description="All slots of this row.")] = None
    cameras: Annotated[Ids, Field(description="Only slots of these cameras; of all by default.")] = ()
    kind: Annotated[
        str | None,
        Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$", description="For whom it is: disabled, ev, short, or another word."),
    ] = None
    max_stay: Annotated[
        float | None,
        BeforeValidator(_seconds, json_schema_input_type=str),
        Field(gt=0, le=366 * 86400, description='How long a car may stand there, such as "90min", "2h" or "1d".'),
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> BayRule:
        if not self.slots and self.row is None and not self.cameras:
            raise ValueError("names no slots; give slots, row or cameras")
        if self.kind is None and self.max_stay is None:
            raise ValueError("says nothing of its slots; give kind or max_stay")
        return self


class BaySettings(BaseModel):
    """Rows and kinds of places."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: Annotated[
        dict[str, Ids],
        Field(
            description="Slots of each row. A slot that no row names is of the row that its slot file says, else of "
            "that of the letters before its number: A7 of A."
        ),
    ] = Field(default_factory=dict)
    rules: Annotated[tuple[BayRule, ...], Field(description="Kinds of bays, and how long a car may stand there.")] = ()


@dataclass(frozen=True)
class Bay:
    """What holds for one slot.

    Attributes:
        row: its row's name; "" where it has none.
        kind: for whom it is; "" for everybody.
        max_stay_s: seconds for which a car may stand there; None without a limit.
    """

    row: str = ""
    kind: str = ""
    max_stay_s: float | None = None


def bay_of(settings: BaySettings, camera: str, slot: str, row: str | None = None) -> Bay:
    """What the site file says of a slot.

    Args:
        row: its row as the slot file has it.

    >>> bays = BaySettings.model_validate({"rows": {"north": ["1-20"]}, "rules": [{"row": "north", "max_stay": "2h"}]})
    >>> bay_of(bays, "gate", "7"), bay_of(bays, "gate", "A7")
    (Bay(row='north', kind='', max_stay_s=7200.0), Bay(row='A', kind='', max_stay_s=None))
    """
    named = next((name for name, ids in settings.rows.items() if _is_one_of(slot, ids)), None)
    of_row = named or row or _NUMBER_AT_END.sub("", slot).rstrip("-_ .")
    kind, longest = "", None
    for rule in settings.rules:
        here = (not rule.cameras or camera in rule.cameras) and (rule.row is None or rule.row == of_row)
        if here and (not rule.slots or _is_one_of(slot, rule.slots)):
            kind, longest = kind or rule.kind or "", rule.max_stay if longest is None else longest
    return Bay(of_row, kind, longest)


def bay_of_place(
    settings: BaySettings, name: str, seen_as: Mapping[str, str], rows: Mapping[tuple[str, str], str]
) -> Bay:
    """What the site file says of a place, which one camera or several see.

    Args:
        name: its slot's id, or the name of a shared place, by which rows and rules mean it.
        seen_as: the slot's id by camera. A rule for one of these cameras holds.
        rows: rows as slot files have them, by camera and slot id.
    """
    # Where only some cameras share their ids, their names stand before the id that rows and rules mean.
    id_ = next((slot for slot in seen_as.values() if name.endswith(f"/{slot}")), name)
    row = next((rows[key] for key in seen_as.items() if key in rows), None)
    every = [bay_of(settings, camera, id_, row) for camera in seen_as]
    return Bay(
        next((bay.row for bay in every if bay.row), ""),
        next((bay.kind for bay in every if bay.kind), ""),
        next((bay.max_stay_s for bay in every if bay.max_stay_s is not None), None),
    )


def _is_one_of(slot: str, ids: tuple[str, ...]) -> bool:
    return any(_fits(slot, one) for one in ids)


@lru_cache(maxsize=100_000)
def _fits(slot: str, one: str) -> bool:
    if slot == one:
        return True
    span = _RANGE.fullmatch(one)
    if span is None:
        return fnmatchcase(slot, one)
    prefix, first, last = span.groups()
    number = slot.removeprefix(prefix) if slot.startswith(prefix) else ""
    return number.isdecimal() and int(first) <= int(number) <= int(last)
