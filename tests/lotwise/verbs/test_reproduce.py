"""The published table from the command line, on a rendered site in the official layout."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lotwise.datasets.rendered_cnr_ext import render_official_layout
from lotwise.eval.reproduction import reproduce as job
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model
from tests.conftest import Weights
from tests.lotwise.running import refused, run

CAMERAS = ("C1", "C2", "all")
ROLES = ("teacher", "baseline", "student", "one for all")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cameras, three days, two frames a day."""
    folder = tmp_path_factory.mktemp("cnr")
    render_official_layout(folder, cameras=2, days=3, frames_per_day=2, width=128, height=96, seed=3)
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "settings.yaml"
    path.write_text("{min_steps: 1, export: {int8: false, trust: false}}\n")
    return path


def options(root: Path, settings: Path, weights: Weights, folder: Path) -> list[object]:
    return [
        "reproduce", "cnr-ext", "--root", root, "--teacher", weights.teacher, "--student", weights.student,
        "--size", 64, "--scales", 64, "--epochs", 1, "--settings", settings, "--out", folder,
    ]  # fmt: skip


@pytest.mark.slow
def test_a_killed_table_goes_on_and_stands_in_text_json_and_page(
    root: Path, settings: Path, weights: Weights, tmp_path: Path, capsys, monkeypatch
) -> None:
    folder = tmp_path / "run"
    command = options(root, settings, weights, folder)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    # All students are trained by then; that the training of the one for all goes on has a test of its own.
    with monkeypatch.context() as patched:
        patched.setattr(job, "collect", killed)
        assert run(*command) == 130
    trained = {path: path.stat().st_mtime_ns for path in folder.rglob("train/student.safetensors")}
    assert len(trained) == 2 + 1 + 2  # two own ones, the one for all, and its copies for both cameras
    capsys.readouterr()

    table = tmp_path / "table.json"
    assert run(*command, "--json", table, "--price-per-hour", 2) == 0
    said, told = capsys.readouterr()
    assert "label: 12 done (0 new" in told
    assert said.startswith("rendered: 2 of 9 cameras, 3 of 23 days, 12 frames of a rendered site")
    assert "0 frames," in said and "at most 0 steps" in said and "at 2 an hour" in said
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("train/student.safetensors")} == trained

    found: Mapping[str, Any] = json.loads(table.read_text())
    assert found == json.loads((folder / job.TABLE).read_text())
    by_protocol = {one["protocol"]: one["rows"] for one in found["tables"]}
    assert list(by_protocol) == ["slots", "vehicles", "teacher"]
    assert [(row["camera"], row["role"]) for row in by_protocol["slots"]] == [(c, r) for c in CAMERAS for r in ROLES]
    for row in by_protocol["slots"]:
        assert row["images"] == (4 if row["camera"] == "all" else 2)
        assert row["held_out"]
        assert {"precision", "recall", "map50", "map50_95"} <= set(row)
        assert (row["published"] is not None) == (row["role"] in ("teacher", "student"))
    # One day is measured on both cameras, and no student has learned from it.
    records = Run(folder).records().values()
    measured = {name.split("/")[2] for record in records for name in record.test}
    assert measured == {"2015-11-20"}
    assert not any("2015-11-20" in name for record in records for name in record.train)
    page = (folder / "reproduction.html").read_text()
    assert found["extent"]["line"] in page and "VISAPP 2024" in page and page.count("one for all") > 9


def trained_in(folder: Path) -> Mapping[str, str]:
    """Fingerprint of each student in a run folder, the one for all among them."""
    paths = folder.rglob("train/student.safetensors")
    return {str(path.relative_to(folder)): fingerprint(load_model(path)) for path in paths}


@pytest.mark.slow
def test_cameras_side_by_side_give_the_same_students(
    root: Path, settings: Path, weights: Weights, tmp_path: Path, capsys, monkeypatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "collect", killed)  # nothing has to be measured
    alone, several = tmp_path / "alone", tmp_path / "several"
    assert run(*options(root, settings, weights, alone)) == 130
    several_at_once = ["--executor", "local", "--workers", 2, "--camera-memory", 8, "--camera-time", "1h"]
    assert run(*options(root, settings, weights, several), *several_at_once) == 130
    said = capsys.readouterr()
    assert "one camera after the other; with --executor" in said.out
    assert "cameras: 2 done" in said.err
    assert len(trained_in(alone)) == 2 + 1 + 2
    assert trained_in(several) == trained_in(alone)


@pytest.mark.slow
def test_without_one_of_the_cameras_there_is_no_table(settings: Path, weights: Weights, tmp_path: Path, capsys) -> None:
    root, folder = tmp_path / "cnr", tmp_path / "run"
    render_official_layout(root, cameras=2, days=2, frames_per_day=1, width=128, height=96, seed=3)
    for path in root.glob("*/*/*/camera1/*.jpg"):
        path.write_bytes(b"no picture")
    line = refused(capsys, *options(root, settings, weights, folder), "--executor", "local", "--workers", 2)
    assert "1 of 2 cameras have failed: C1; the same command tries them again" in line
    assert list(Run(folder).records()) == ["C2"]
    assert not (folder / "one_for_all").exists() and not (folder / job.TABLE).exists()


def test_options_of_an_executor_without_one_are_refused(tmp_path: Path, capsys) -> None:
    line = refused(capsys, "reproduce", "cnr-ext", "--root", tmp_path, "--out", tmp_path / "run", "--workers", 2)
    assert "--workers needs --executor local or --executor ray" in line
    assert not list(tmp_path.iterdir())


def test_a_dry_run_tells_and_does_nothing(root: Path, settings: Path, weights: Weights, tmp_path: Path, capsys) -> None:
    told = tmp_path / "told.json"
    command = options(root, settings, weights, tmp_path / "run")
    assert run(*command, "--cameras", 1, "--dry-run", "--json", told) == 0
    said = capsys.readouterr().out
    assert said.startswith("rendered: 1 of 9 cameras")
    assert "6 frames," in said and "core hours" in said
    assert not (tmp_path / "run").exists()
    found = json.loads(told.read_text())
    assert found["estimate"]["seconds"] > 0 and found["estimate"]["disk_bytes"] > 0
    assert found["extent"]["frames"] == 6


def test_where_nothing_is_there_yet_the_whole_is_estimated(
    settings: Path, weights: Weights, tmp_path: Path, capsys
) -> None:
    command = options(tmp_path / "empty", settings, weights, tmp_path / "run")
    assert run(*command, "--dry-run") == 0
    said = capsys.readouterr().out
    assert said.startswith("nothing yet: CNR-EXT is not whole in")
    assert "4,081 frames," in said and "GB in the data set's folder" in said
    assert not (tmp_path / "empty").exists()


def test_another_data_set_has_no_published_table(tmp_path: Path, capsys) -> None:
    assert "no published table of it is known" in refused(capsys, "reproduce", "pklot", "--root", tmp_path)
