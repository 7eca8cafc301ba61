"""What pydantic finds wrong with a file, as one line that names the place, what was expected and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from lotwise.cameras.site.secret import masked_url

Loc = tuple[str | int, ...]

_EXPECTED = {
    "string_type": "expected a text; put it into quotes",
    "path_type": "expected a path as text; put it into quotes",
    "tuple_type": "expected a list; write [a, b] or one entry a line after '- '",
    "list_type": "expected a list; write [a, b] or one entry a line after '- '",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "recursion_loop": "refers to itself; write it out",
    "too_short": "expected at least one entry",
}
_LIMITS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
_MAPPINGS = ("model_type", "model_attributes_type", "dict_type", "mapping_type")


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong.

    Attributes:
        place: as written in the file, such as ``("cameras", "entrance", "source", "url")``.
        why: what was expected and how to mend it, without what was found there, which may be a password.
    """

    place: Loc
    why: str


def first_mistake(error: ValidationError, model: type[BaseModel]) -> Mistake:
    """The mistake to mend first: an unknown key, which explains a missing one beside it, before all others."""
    found = error.errors(include_url=False, include_input=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    key = first["loc"][-1:] == ("[key]",)
    place, holder, itself = _followed(model, first["loc"][:-1] if key else first["loc"])
    kind: str = first["type"]
    context = first.get("ctx", {})
    if kind == "extra_forbidden":
        return Mistake(place, f"unknown key; {_nearest(str(place[-1]), _keys(holder))}")
    if kind == "missing":
        field = _fields(holder).get(str(place[-1]))
        if field is None:  # of a list of a fixed length
            return Mistake(place[:-1], "has too few values; give all of them")
        meant = (field.description or "").rstrip(".")
        return Mistake(place, f"field required{f' ({meant})' if meant else ''}; add it")
    if kind == "union_tag_invalid":
        kinds = tuple(word.strip(" '") for word in context["expected_tags"].split(","))
        return Mistake((*place, "kind"), f"no such kind; {_nearest(str(context['tag']), kinds)}")
    if kind == "union_tag_not_found" or (kind in _MAPPINGS and _members(itself)):
        known = ", ".join(name for one in _members(itself) for name in get_args(_fields(one)["kind"].annotation))
        return Mistake(place, f"expected a folder, file or URL, or a mapping with a kind ({known})")
    if kind in _MAPPINGS:
        keys = f" with {', '.join(_keys(itself))}" if _keys(itself) else ""
        return Mistake(place, f"expected a mapping{keys}; write one 'key: value' a line")
    if key and kind == "string_type":
        return Mistake(place, "a key is a text here; put it into quotes")
    if kind in _LIMITS:
        return Mistake(place, first["msg"].replace("Input should be", "expected a number"))
    if kind == "string_pattern_mismatch":
        meant = _description(holder, place[-1], key)
        return Mistake(place, _plain(first["msg"]) + (f" ({meant.rstrip('.')})" if meant else ""))
    return Mistake(place, masked_url(_EXPECTED.get(kind) or _plain(first["msg"])))


def mistake_line(error: ValidationError, model: type[BaseModel]) -> str:
    """The mistake to mend first as one line, ``place: why``, or ``the file: why`` where all of it is wrong.

    >>> class Lamp(BaseModel, extra="forbid"):
    ...     watts: int
    >>> try:
    ...     lamp = Lamp.model_validate({"wats": 5})
    ... except ValidationError as error:
    ...     print(mistake_line(error, Lamp))
    wats: unknown key; did you mean watts?
    """
    mistake = first_mistake(error, model)
    return f"{'.'.join(str(part) for part in mistake.place) or 'the file'}: {mistake.why}"


def _plain(message: str) -> str:
    """Pydantic's words, in ours and in one line."""
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return " ".join(message.replace("Input should be", "expected").replace("String should", "must").split())


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _followed(model: type[BaseModel], loc: Loc) -> tuple[Loc, object, object]:
    """The place as the file has it, the type that holds it, and its own type.

    Pydantic also names the kind of a source in a location, where nothing is written.
    """
    place: Loc = ()
    holder: object = None
    itself: object = model
    for part in loc:
        itself = _bare(itself)
        chosen = next((one for one in _members(itself) if part in get_args(_fields(one)["kind"].annotation)), None)
        if chosen is not None:
            itself = chosen
            continue
        place, holder = (*place, part), itself
        if _fields(holder):
            field = _fields(holder).get(str(part))
            itself = field.annotation if field else None
        else:
            itself = next(reversed([one for one in get_args(holder) if one is not Ellipsis]), None)
    return place, holder, _bare(itself)


def _description(holder: object, name: str | int, key: bool) -> str:
    """What a field of a model means, or a value or key of a mapping; "" where nothing says so."""
    if _fields(holder):
        return _fields(holder)[str(name)].description or ""
    kinds = get_args(holder)
    kind = kinds[0 if key else -1] if kinds else None
    notes = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((note.description for note in notes if isinstance(note, FieldInfo) and note.description), "")


def _bare(kind: object) -> object:
    """A type without what is annotated to it, and without None as its alternative."""
    while get_origin(kind) is Annotated or len(_alternatives(kind)) == 1:
        kind = get_args(kind)[0] if get_origin(kind) is Annotated else _alternatives(kind)[0]
    return kind


def _alternatives(kind: object) -> tuple[object, ...]:
    if get_origin(kind) not in (Union, UnionType):
        return ()
    return tuple(one for one in get_args(kind) if one is not type(None))


def _members(kind: object) -> tuple[object, ...]:
    """The models of a union that are told apart by their ``kind``."""
    return tuple(one for one in map(_bare, _alternatives(kind)) if "kind" in _fields(one))


def _fields(kind: object) -> dict[str, FieldInfo]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _keys(kind: object) -> tuple[str, ...]:
    return tuple(_fields(kind))
