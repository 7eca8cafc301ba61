"""What pydantic finds wrong, as one line in the same words for every file."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotwise.cameras.site.mistakes import mistake_line

Name = Annotated[str, Field(pattern="^[a-z]+$", description="Small letters alone.")]


class Lamp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    watts: Annotated[float, Field(gt=0, description="Power of the lamp.")]
    colour: Literal["red", "green"] = "red"
    rooms: dict[Name, Name] = {}


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"watts": 5, "color": "red"}, "color: unknown key; did you mean colour?"),
        ({"watt": 5}, "watt: unknown key; did you mean watts?"),  # which explains the missing one
        ({}, "watts: field required (Power of the lamp); add it"),
        ({"watts": "five"}, "watts: expected a number"),
        ({"watts": 0}, "watts: expected a number greater than 0"),
        ({"watts": 5, "colour": "blue"}, "colour: expected 'red' or 'green'"),
        ({"watts": 5, "rooms": {"Hall": "x"}}, "rooms.Hall: must match pattern '^[a-z]+$' (Small letters alone)"),
        ({"watts": 5, "rooms": {"hall": "X"}}, "rooms.hall: must match pattern '^[a-z]+$' (Small letters alone)"),
        ({"watts": 5, "rooms": {"hall": 3}}, "rooms.hall: expected a text; put it into quotes"),
        ({"watts": 5, "rooms": 3}, "rooms: expected a mapping; write one 'key: value' a line"),
        (3, "the file: expected a mapping with watts, colour, rooms; write one 'key: value' a line"),
    ],
)
def test_one_line(given: object, line: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Lamp.model_validate(given)
    assert mistake_line(refusal.value, Lamp) == line


def test_broken_json_is_the_whole_file() -> None:
    with pytest.raises(ValidationError) as refusal:
        Lamp.model_validate_json(json.dumps({"watts": 5})[:-1])
    assert mistake_line(refusal.value, Lamp).startswith("the file: Invalid JSON")
