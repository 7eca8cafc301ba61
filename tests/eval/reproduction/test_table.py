"""The table has the published shape, and published figures stand only beside what compares with them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from lotwise.datasets.frame import Detections, Truth
from lotwise.eval.collect import Collected
from lotwise.eval.reproduction.published import published
from lotwise.eval.reproduction.table import ROLES, ProtocolTable, TableRow, own_against_shared, tables
from lotwise.eval.rows import Role
from tests.eval.lots import box, evidence, slot, vehicles

NAMES = ("C1/1", "C1/2", "C2/1")
SLOTS = {camera: [slot("1", 0), slot("2", 1)] for camera in ("C1", "C2")}


def said(columns: Sequence[int]) -> dict[str, Detections]:
    return {name: Detections.of([box(column) for column in columns], [0.9] * len(columns)) for name in NAMES}


def collected(student: Sequence[int], truth: bool = True, *left_out: str) -> Collected:
    """A site on which every car stands on the second of two slots and this student draws boxes on these slots."""
    known = {name: Truth(vehicles([box(1)]), {"1": "free", "2": "occupied"}) for name in NAMES} if truth else {}
    predictions: dict[Role, dict[str, Detections]] = {
        "teacher": said([1]),
        "baseline": said([0]),
        "student": {name: found for name, found in said(student).items() if name[:2] not in left_out},
        "live": said([1]),
    }
    found = evidence(cast("dict[Role, dict[str, Detections]]", predictions), known, SLOTS)
    return Collected(found, {"C1": True, "C2": True}, ["a note."])


def test_each_protocol_with_truth_has_each_role_on_each_camera_and_on_all() -> None:
    found = tables(collected([1]), collected([0, 1]))
    assert [table.protocol for table in found] == ["slots", "vehicles", "teacher"]
    for table in found:
        roles = ROLES[:4] if table.protocol != "teacher" else ROLES[1:4]
        assert [(row.camera, row.role) for row in table.rows] == [
            (camera, role) for camera in ("C1", "C2", "all") for role in roles
        ]
        assert "a note." in table.notes
    assert [table.protocol for table in tables(collected([1], False), collected([1], False))] == ["teacher"]


def test_the_one_for_all_is_measured_on_the_same_frames_as_the_own_student() -> None:
    by_role = {row.role: row for row in tables(collected([1]), collected([0]))[1].of_camera("all")}
    assert by_role["student"].map50 == 1
    assert by_role["one for all"].map50 == 0
    assert by_role["student"].images == by_role["one for all"].images == 3
    # Where the own student is not measured, the one for all is not counted in the line of all cameras either.
    fewer = tables(collected([1], True, "C2"), collected([1], True, "C2"))[1]
    assert {row.images for row in fewer.of_camera("all") if row.role in ("student", "one for all")} == {2}


def test_published_figures_stand_beside_the_protocol_that_compares() -> None:
    slots, by_vehicles, _ = tables(collected([1]), collected([1]))
    teacher, baseline, student, shared = slots.of_camera("C1")
    assert slots.published(student) == published().rows["student", "C1"]
    assert slots.published(teacher) == published().rows["teacher", "C1"]
    assert slots.published(baseline) is slots.published(shared) is None
    assert all(by_vehicles.published(row) is None for row in by_vehicles.rows)
    assert slots.to_json()["rows"][0]["published"]["map50"] == 0.60
    assert "Does not compare" in by_vehicles.to_json()["compares"]


def test_it_comes_back_from_json_and_takes_further_rows() -> None:
    table = tables(collected([1]), collected([1]))[0]
    assert ProtocolTable.from_json(table.to_json()) == table
    row = replace(table.rows[0], role="supervised", map50=0.5)
    more = table.with_rows([row]).with_rows([replace(row, map50=0.75)])
    assert [one.role for one in more.of_camera("C1")] == list(ROLES)
    assert more.of_camera("C1")[-1].map50 == 0.75
    assert len(more.rows) == len(table.rows) + 1


def test_it_is_said_who_wins_on_how_many_cameras() -> None:
    def rows(own: float | None, shared: float, camera: str) -> list[TableRow]:
        return [TableRow(role, camera, 1, 1, None, None, figure, None)
                for role, figure in (("student", own), ("one for all", shared))]  # fmt: skip

    every = (*rows(0.9, 0.8, "C1"), *rows(0.7, 0.8, "C2"), *rows(0.75, 0.75, "C3"), *rows(None, 0.5, "C4"))
    told = own_against_shared(ProtocolTable("slots", "", (*every, *rows(0.1, 0.9, "all"))))
    assert (
        told
        == "By mAP50 the own student beats the one for all on 1 of 3 cameras and loses to it on 1; +0.000 in the mean."
    )
    assert own_against_shared(ProtocolTable("slots", "", ())).startswith("No camera tells")
