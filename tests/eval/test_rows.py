"""The report's JSON fields."""

import json
import math

from lotwise.eval.rows import SLOT_FIELDS, Row

CONTRACT = {"role", "camera", "images", "instances", "precision", "recall", "map50", "map50_95"}


def test_fields_of_the_contract_are_there_and_unrounded() -> None:
    row = Row("student", "C1", images=2, instances=3, map50=1 / 3)
    data = row.to_json()
    assert set(data) >= CONTRACT
    assert data["map50"] == 1 / 3
    assert not set(data) & set(SLOT_FIELDS)


def test_slot_fields_appear_where_slots_were_measured_even_with_none_labelled() -> None:
    assert set(Row("student", "C1", slots=0).to_json()) >= {*CONTRACT, *SLOT_FIELDS}


def test_nan_and_infinity_become_null() -> None:
    data = Row("student", "C1", precision=math.nan, recall=math.inf).to_json()
    assert json.loads(json.dumps(data, allow_nan=False))["precision"] is None
    assert data["recall"] is None
