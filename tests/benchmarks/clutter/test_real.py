"""Real cells are pooled, with causes and the empty day."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.clutter import real
from benchmarks.clutter.cell import Job, Outcome
from benchmarks.clutter.places import HeldOut, Place
from benchmarks.clutter.worlds import World
from lotwise.cameras.slots import slot_rule
from lotwise.datasets.frame import Dataset, Detections

WORLD = World("t.pt", "n.pt", 96)


def cell(site: Dataset, row: str, seed: int, said: Detections, live: str = "") -> tuple[Job, Outcome]:
    name = site.frames[0].name
    test = HeldOut("synthetic", str(site.root), "C1", (name,))
    place = Place("CNR-EXT C1", "c", f"p-{seed}", True, "synthetic", str(site.root), "C1", (), (test,), seed)
    return Job(row, {}, place, WORLD), Outcome(0.25, 0.25, 0.0, 0.0, live, "", ({name: said},))


def test_lines_tell_what_is_live_and_why_boxes_are_false(monkeypatch, yard_site: Dataset) -> None:
    monkeypatch.setattr(real, "rule_of", lambda *_: slot_rule(None))
    vehicles = yard_site.truth[yard_site.frames[0].name].vehicles
    assert vehicles is not None
    boxes = vehicles.boxes[~vehicles.ignore]
    right = Detections.of(boxes, [0.9] * len(boxes))
    invented = Detections.of([*boxes[:-1], [0, 0, 4, 4]], [0.9] * len(boxes))
    cells = {
        ("untouched nano", "p-0"): cell(yard_site, "untouched nano", 0, right),
        ("teacher", "p-0"): cell(yard_site, "teacher", 0, right),
        ("default", "p-0"): cell(yard_site, "default", 0, invented, "student"),
        ("default", "p-1"): cell(yard_site, "default", 1, invented, "baseline"),
    }
    lines = {line["row"]: line for line in real.lines_of(cells, argparse.Namespace())}
    student = lines["default"]
    assert (student["cells"], student["students_live"]) == (2, 1)
    assert student["counts"]["false"] == 2
    assert student["false_boxes"] == {"nobody else has it": 2}
    assert student["missed_vehicles"] == {"not found at all": 2}
    assert student["live_figures"]["precision"] > student["figures"]["precision"]
    real.show(list(lines.values()))


@pytest.mark.shared
def test_boxes_of_an_empty_day_on_slots_are_false_and_others_unjudged(shared: Path) -> None:
    root = shared / "data" / "pklot"
    day = sorted((root / "UFPR05_empty").iterdir())[0]
    test = HeldOut("pklot", str(root), "UFPR05_empty", (f"UFPR05_empty/{day.name}",), empty=True)
    slot = real.open_dataset("pklot", root, ("UFPR05",)).slots["UFPR05"][0].box(1280, 720)
    said = {test.names[0]: Detections.of([slot, [0, 0, 3, 3], [5, 5, 9, 9]], [0.9, 0.8, 0.1])}
    assert real.empty_day(test, said, 0.25) == {"frames": 1, "false": 1, "unjudged": 1}


def test_an_empty_day_without_a_box_is_told(monkeypatch, yard_site: Dataset, capsys) -> None:
    monkeypatch.setattr(real, "rule_of", lambda *_: slot_rule(None))
    monkeypatch.setattr(real, "empty_day", lambda *_: {"frames": 3, "false": 0, "unjudged": 0})
    job, outcome = cell(yard_site, "default", 0, Detections.of([[0, 0, 4, 4]], [0.9]), "student")
    empty = replace(job.place.tests[0], empty=True)
    job = replace(job, place=replace(job.place, tests=(empty,)))
    (line,) = real.lines_of({("default", "p-0"): (job, outcome)}, argparse.Namespace())
    assert line["empty_day"] == {"frames": 3, "false": 0, "unjudged": 0}
    real.show([line])
    assert "0 + 0 / 3" in " ".join(capsys.readouterr().out.split())
