"""The report of a run: the contract's JSON, and the same as a script."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lotwise.command_line import main
from tests.conftest import ROOT

FIELDS = {"role", "camera", "images", "instances", "precision", "recall", "map50", "map50_95"}


def test_adapt_leaves_table_page_and_json_behind(adapted: Path) -> None:
    content = json.loads((adapted / "report.json").read_text())
    assert content["protocol"] == "slots"
    # Whether a student of so few steps goes live, and rows `live` stand beside, is no part of this.
    rows = [row for row in content["rows"] if row["role"] != "live"]
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
    # Whether a student of so few steps goes live, and rows `live` stand beside, is no part of this.
    assert sorted((row["camera"], row["role"]) for row in content["rows"] if row["role"] != "live") == sorted(
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
