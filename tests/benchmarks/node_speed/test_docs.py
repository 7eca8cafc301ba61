"""The published tables of the node's speed show the published figures, under the names of the benchmark."""

import json
from typing import Any

import pytest

from benchmarks.node_speed.loop_profile import REST_OF_LOOP, timed_functions
from benchmarks.node_speed.systems import SYSTEMS, System
from benchmarks.node_speed.table import Row, cells, profile_lines
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "node-speed.md"


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / "node-speed.json").read_text())
    return found


def test_systems_have_the_names_of_the_benchmark(published: dict[str, Any]) -> None:
    systems = [System(**row["system"]) for row in published["rows"]]
    assert systems and set(systems) <= set(SYSTEMS)


def test_parts_of_the_loop_have_the_names_of_the_profile(published: dict[str, Any]) -> None:
    assert set(published["profile"]) == {REST_OF_LOOP, *(part for _, _, part in timed_functions())}


def test_the_tables_show_the_figures(published: dict[str, Any]) -> None:
    rows = [
        Row(System(**row["system"]), row["rounds"], row["right"], row["slots"], row["agreement"])
        for row in published["rows"]
    ]
    shown = PAGE.read_text().splitlines()
    lines = [*(cells(row) for row in rows), *profile_lines(published["profile"])]
    assert [line for line in lines if f"|{' | '.join(line)}|" not in shown] == []
