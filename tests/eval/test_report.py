"""The report of a run: the contract's JSON, on frames nobody learned from, and as a script."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import FLOOR, load_detector
from lotwise.command_line import main
from lotwise.datasets.errors import InputError
from lotwise.datasets.load import load
from lotwise.eval.report import best_protocol, collect, make_report
from lotwise.students.pipeline.run import Run, open_frames
from tests.conftest import ROOT

FIELDS = {"role", "camera", "images", "instances", "precision", "recall", "map50", "map50_95"}


def test_adapt_leaves_table_page_and_json_behind(adapted: Path) -> None:
    content = json.loads((adapted / "report.json").read_text())
    assert content["protocol"] == "slots"
    rows = content["rows"]
    assert [(row["camera"], row["role"]) for row in rows] == [
        (camera, role) for camera in ("C1", "C2", "all") for role in ("teacher", "baseline", "student")
    ]
    assert all(row.keys() >= FIELDS | {"accuracy", "count_error"} for row in rows)
    assert [row["images"] for row in rows] == [3] * 6 + [6] * 3
    assert all(0 <= row["accuracy"] <= 1 for row in rows)
    assert "<html" in (adapted / "report.html").read_text().lower()
    assert (adapted / "report.md").read_text().count("|") > 50


@pytest.mark.parametrize("protocol", ["vehicles", "slots", "teacher"])
def test_every_protocol_gives_the_rows_of_the_contract(adapted: Path, tmp_path: Path, protocol: str, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main(["report", "--run", str(adapted), "--protocol", protocol, "--json", str(tmp_path / "r.json")])
    assert end.value.code == 0
    assert "C2" in capsys.readouterr().out
    content = json.loads((tmp_path / "r.json").read_text())
    assert content["protocol"] == protocol
    roles = ("baseline", "student") if protocol == "teacher" else ("teacher", "baseline", "student")
    assert sorted((row["camera"], row["role"]) for row in content["rows"]) == sorted(
        (camera, role) for camera in ("C1", "C2", "all") for role in roles
    )
    assert all(row.keys() >= FIELDS for row in content["rows"])


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
def test_as_a_script_from_anywhere(adapted: Path, site, tmp_path: Path, wrong: bool) -> None:
    command = [
        sys.executable, ROOT / "eval" / "report.py", "--dataset", "synthetic", "--root", site.root, "--run", adapted,
        "--protocol", "best" if wrong else "vehicles", "--json", tmp_path / "r.json", "--html", tmp_path / "r.html",
    ]  # fmt: skip
    ended = subprocess.run(list(map(str, command)), cwd=tmp_path, capture_output=True, text=True, check=False)
    if wrong:
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
        assert ended.stderr.startswith("error: --protocol best: choose one of")
        return
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "r.json").read_text())["protocol"] == "vehicles"
    assert f"Page: {tmp_path / 'r.html'}" in ended.stdout.splitlines()
    assert "<html" in (tmp_path / "r.html").read_text().lower()


def test_only_frames_that_were_not_learned_from_are_measured(adapted: Path, site) -> None:
    run = Run(adapted)
    found = collect(run, site)
    evidence = found.evidence
    learned = {name for record in run.records().values() for name in record.train}
    assert len(evidence.frames) == 6
    assert learned.isdisjoint(frame.name for frame in evidence.frames)
    assert found.held_out == {"C1": True, "C2": True}
    assert best_protocol(evidence) == "slots"
    assert best_protocol(replace(evidence, truth={})) == "teacher"


def test_what_is_measured_is_what_the_bundle_says(adapted: Path, site) -> None:
    run = Run(adapted)
    evidence = collect(run, site).evidence
    frame = evidence.frames[0]
    record = run.record(frame.camera)
    bundle = run.registry(frame.camera).folder / str(record.bundle)
    found = load_detector(bundle)([load(frame)], FLOOR)[0]
    assert np.array_equal(found.boxes, evidence.predictions["student"][frame.name].boxes)


def test_an_unreadable_frame_is_left_out_and_told(adapted: Path, site, tmp_path: Path) -> None:
    root = Path(shutil.copytree(site.root, tmp_path / "site"))
    run = Run(adapted)
    broken = root / run.record("C1").test[1]
    broken.write_bytes(broken.read_bytes()[:500])
    found = collect(run, open_frames("synthetic", root))
    assert len(found.evidence.frames) == 5
    assert any(str(broken) in note for note in found.notes)
    report = make_report(found, "vehicles")
    assert {row.images for row in report.rows if row.camera == "C1"} == {2}


def test_cameras_of_another_lot_are_refused(adapted: Path, site) -> None:
    strangers = replace(site, frames=tuple(replace(frame, camera="X") for frame in site.frames))
    with pytest.raises(InputError, match="no bundle of X"):
        collect(Run(adapted), strangers)
