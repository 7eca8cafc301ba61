"""The comparison end to end on the rendered site: trained once, told in a table, taken up again."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.distillation import compare as comparison
from benchmarks.distillation import training_job
from benchmarks.distillation.compare import ROWS, arguments, camera_of, compare, main, predictions, slug, training_jobs
from benchmarks.distillation.scores import PARTS
from benchmarks.distillation.tables import COLUMNS
from lotwise.datasets.errors import InputError
from lotwise.students.distillation.settings import DistillSettings
from lotwise.teacher.oracle import OracleSettings
from tests.conftest import Weights

SMALL = {"settings": {"size": 96, "epochs": 1, "min_steps": 1}}
ROW = comparison.Row("Lotwise", "ours", "lotwise", SMALL, repeats=2)


@pytest.fixture
def small(monkeypatch) -> None:
    """One row, looks of 96 px."""
    looks = partial(OracleSettings, scales=(96,), grid=96)
    for module in (comparison, training_job):
        monkeypatch.setattr(module, "OracleSettings", looks)
    monkeypatch.setattr(comparison, "DistillSettings", partial(DistillSettings, size=96))
    monkeypatch.setattr(comparison, "TEACHERS", {"teacher, 96 px": (96,)})
    monkeypatch.setattr(comparison, "ROWS", (ROW,))
    monkeypatch.setattr(training_job, "SIZE", 96)


@pytest.fixture
def trained(monkeypatch) -> list[Path]:
    """Folders of the trainings that were run, in this process rather than each in one of its own."""
    folders: list[Path] = []

    def run(command: list[str], **_) -> SimpleNamespace:
        folders.append(Path(command[3]))
        monkeypatch.setattr(sys, "argv", command[2:4])
        training_job.main()
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(comparison, "subprocess", SimpleNamespace(run=run, STDOUT=None))
    return folders


def options(site, weights: Weights, work: Path) -> list[str]:
    return [
        "--dataset", "synthetic", "--root", str(site.root), "--cameras", "C1", "--teacher", str(weights.teacher),
        "--student", str(weights.student), "--repeats", "1", "--work", str(work),
    ]  # fmt: skip


def asked(site, weights: Weights, folder: Path, **changed) -> Namespace:
    found = arguments(ArgumentParser()).parse_args(options(site, weights, folder))
    return Namespace(**{**vars(found), "rows": None, "jobs": 1, "finished": False, **changed})


@pytest.mark.usefixtures("small")
def test_a_row_is_trained_on_each_part_and_told_in_a_table_a_page_and_pictures(
    site, weights, tmp_path: Path, monkeypatch, capsys, trained: list[Path]
) -> None:
    written = {name: tmp_path / name for name in ("out.json", "out.md", "plots")}
    command = ["distillation", *options(site, weights, tmp_path / "work"), "--jobs", "1"]
    for option, path in zip(("--json", "--markdown", "--plots"), written.values(), strict=True):
        command += [option, str(path)]
    monkeypatch.setattr(sys, "argv", command)
    main()
    assert len(trained) == len(set(trained)) == PARTS
    lines = json.loads(written["out.json"].read_text())["lines"]
    assert [line["row"] for line in lines] == ["nano, untouched", "teacher, 96 px", "Lotwise"]
    for line in lines:
        assert set(line) == {"row", "group", "camera", "slots", *COLUMNS}
        assert line["slots"] == sum(
            state != "unknown"
            for frame in site.of_camera("C1")
            for state in site.truth[frame.name].slots.values()
        )  # fmt: skip
        assert all(0 <= errors <= line["slots"] for errors in line["errors_matched"])
    ours = lines[-1]
    assert (len(ours["errors_matched"]), len(ours["seconds"]), len(ours["memory"])) == (1, PARTS, PARTS)
    assert min(ours["seconds"]) > 0
    assert lines[1]["agreement"] > lines[0]["agreement"]
    assert "| Lotwise | 1 |" in written["out.md"].read_text()
    assert len(list(written["plots"].iterdir())) == 2
    assert "Lotwise" in capsys.readouterr().out


@pytest.mark.usefixtures("small")
def test_what_is_done_is_told_and_what_was_killed_begins_anew(site, weights, tmp_path: Path, trained) -> None:
    given = asked(site, weights, tmp_path)
    camera = camera_of("C1", given)
    with pytest.raises(InputError, match=r"Lotwise is not trained on C1; run benchmarks/distillation/compare\.py"):
        predictions(ROW, camera, given)
    with pytest.raises(InputError, match="--rows 'lotwise': no such row or group; one of ours, Lotwise"):
        compare(asked(site, weights, tmp_path, rows=["lotwise"]))
    assert "Lotwise" not in [line["row"] for line in compare(asked(site, weights, tmp_path, finished=True))]
    assert trained == []

    first = compare(given)
    killed = trained[1]
    (killed / "result.json").unlink()
    (killed / "left.behind").touch()
    second = compare(given)
    assert trained[PARTS:] == [killed]
    assert not (killed / "left.behind").exists()
    assert (killed / "result.json").is_file()
    assert [line["errors_matched"] for line in second] == [line["errors_matched"] for line in first]
    (said,) = predictions(ROW, camera, given)
    assert set(said) == {frame.name for frame in site.of_camera("C1")}


@pytest.mark.usefixtures("small")
def test_trainings_have_folders_and_seeds_of_their_own_and_never_learn_from_what_they_are_tested_on(
    site, weights, tmp_path: Path
) -> None:
    given = asked(site, weights, tmp_path, repeats=3)
    camera = camera_of("C1", given)
    rows = (ROW, comparison.Row("other", "ours", "lotwise"))
    planned = [pair for row in rows for repeat in training_jobs(row, camera, given) for pair in repeat]
    assert len({folder for folder, _ in planned}) == len(planned) == (2 + 3) * PARTS
    names = {frame.name for frame in site.of_camera("C1")}
    for _, job in planned:
        assert {*job.train} | {*job.test} == names
        assert {*job.train}.isdisjoint(job.test)
    seeds = [[job.seed for _, job in repeat] for repeat in training_jobs(ROW, camera, given)]
    assert seeds == [[0, 1, 2], [1, 2, 0]]


def test_rows_have_names_and_folders_of_their_own_and_settings_that_exist() -> None:
    assert len({slug(row.name) for row in ROWS}) == len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        DistillSettings.model_validate(row.options.get("settings", {}))
    groups = [row.group for row in ROWS]
    assert groups == sorted(groups, key=groups.index)  # or a group would stand in the table twice


def test_places_of_other_lots_are_filled_in(site, weights, tmp_path: Path, small) -> None:
    row = comparison.ours("others", "frames", others=[["cnr-ext", "{cnr-ext}", []], ["pklot", "{pklot}", ["A"]]])
    given = asked(site, weights, tmp_path)
    (_, job), *_ = training_jobs(row, camera_of("C1", given), given)[0]
    beside = str(site.root.parent / "pklot")
    assert job.options["others"] == [["cnr-ext", str(site.root), []], ["pklot", beside, ["A"]]]


def test_a_training_that_fails_is_named_with_its_log(site, weights, tmp_path: Path, small, monkeypatch) -> None:
    failing = SimpleNamespace(run=lambda *_, **__: SimpleNamespace(returncode=3), STDOUT=None)
    monkeypatch.setattr(comparison, "subprocess", failing)
    with pytest.raises(SystemExit, match=r"lotwise/C1-0-0: the training failed \(exit code 3\); see .*log\.txt"):
        compare(asked(site, weights, tmp_path))


@pytest.mark.slow
def test_a_training_in_a_process_of_its_own_with_paths_relative_to_where_one_stands(
    site, weights, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, *_ = (frame.name for frame in site.of_camera("C1"))
    root, teacher, student = (os.path.relpath(path) for path in (site.root, weights.teacher, weights.student))
    job = training_job.Job("lotwise", "synthetic", root, "C1", (first,), (second,), 1, teacher, student, SMALL)
    folder = Path("work") / "lotwise" / "C1-0-1"
    comparison.run_job(folder, job, min(os.sched_getaffinity(0)))
    result = training_job.read_result(folder, job)
    assert result is not None
    assert list(result.said) == [second]
    assert result.seconds > 0
    assert 100 < result.memory < 4000
    assert (folder / "student.safetensors").is_file()
    assert len(list(Path("work").glob("knowledge/*/*/*.safetensors"))) == 1
