"""The command line as its user meets it: help, and one clear line for everything that is wrong."""

import errno
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from lotwise.command_line import SPINS
from tests.conftest import ROOT
from tests.lotwise.running import label_options, refused, run

VERBS = (
    "demo", "adapt", "label", "frames", "train", "federate", "curve", "export", "report", "detect", "download",
    "run", "init", "collect", "bundles", "promote", "rollback", "prune", "slots",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, capsys) -> None:
    assert run(verb, "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Example" in said
    assert f"lotwise {verb}" in said


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_every_verb(arguments, capsys) -> None:
    assert run(*arguments) == 0
    said = capsys.readouterr().out
    assert all(verb in said for verb in VERBS)


def test_help_needs_no_training_library() -> None:
    program = """
import sys
from lotwise import command_line
try:
    command_line.main(["adapt", "--help"])
finally:
    assert not {"torch", "ultralytics", "cv2"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["adapt", "--nonsense"], "--nonsense"),
        (["detect"], "lotwise detect --help"),
        (["train"], "--run"),
        (["adapt"], "either a site file, or --dataset and --root"),
        (["adapt", "--dataset", "folder"], "--dataset and --root together"),
        (["adapt", "--root", "x"], "--dataset and --root together"),
        (["adapt", "site.yaml", "--dataset", "folder", "--root", "x"], "either a site file"),
        (["adapt", "site.yaml", "--dataset", "folder"], "--dataset and --root together"),
        (["adapt", "nowhere.yaml"], r"nowhere.yaml: cannot be read"),
        (["adapt", "--dataset", "kitti", "--root", "."], "choose one of cnr-ext"),
        (["adapt", "--dataset", "folder", "--root", "nowhere"], "nowhere: no such folder"),
        (["adapt", "--dataset", "folder", "--root", ".", "--protocol", "best"], "--protocol best: choose one of"),
        (["adapt", "--dataset", "folder", "--root", ".", "--scales", "big"], "--scales 'big'"),
        (["adapt", "--dataset", "folder", "--root", ".", "--scales", "0"], "--scales '0'"),
        (["adapt", "--dataset", "folder", "--root", ".", "--holdout", "1.5"], "--holdout"),
        (["adapt", "--dataset", "folder", "--root", ".", "--holdout", "-1"], "--holdout"),
        (["adapt", "--dataset", "folder", "--root", ".", "--size", "100"], "size: "),
        (["adapt", "--dataset", "folder", "--root", ".", "--seed", "-1"], "--seed"),
        (["adapt", "--dataset", "folder", "--root", ".", "--epochs", "0"], "--epochs"),
        (["adapt", "--dataset", "folder", "--root", ".", "--cameras", ","], "no camera named"),
        (["adapt", "--dataset", "folder", "--root", ".", "--settings", "no.yaml"], "no.yaml: cannot be read"),
        (["adapt", "--dataset", "folder", "--root", ".", "--frames", "0"], "--frames"),
        (["frames", "--dataset", "folder", "--root", "."], "--frames"),
        (["frames", "--frames", "2"], "either a site file, or --dataset and --root"),
        (["frames", "--dataset", "folder", "--root", "nowhere", "--frames", "2"], "nowhere: no such folder"),
        (["curve"], "lotwise curve --help"),
        (["curve", "nowhere"], "nowhere: no run here"),
        (["curve", "nowhere", "--counts", "1,x"], "--counts '1,x': give numbers"),
        (["train", "--run", "nowhere"], "nowhere"),
        (["export", "--run", "nowhere"], "nowhere"),
        (["report", "--run", "nowhere"], "nowhere"),
        (["report", "--run", "nowhere", "--protocol", "best"], "--protocol best: choose one of"),
        (["detect", "nowhere.onnx", ".", "--json", "o.json"], "nowhere.onnx: neither a bundle"),
        (["detect", "nowhere.pt", ".", "--json", "o.json"], "nowhere.pt: "),
        (["download", "kitti"], "kitti: no such dataset"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(arguments, why: str, capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert why in refused(capsys, *arguments)


@pytest.mark.parametrize(("number", "why"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "cannot be written")])
def test_a_disk_that_will_not_write_is_one_line(frames, weights, tmp_path, capsys, monkeypatch, number, why) -> None:
    def refuses(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuses)
    assert why in refused(capsys, *label_options(frames, weights, tmp_path / "run"))


@pytest.mark.slow
def test_a_disk_that_gets_full_while_training_loses_nothing(frames, weights, small_disk, tmp_path, capsys) -> None:
    folder = small_disk("1m") / "run"
    (tmp_path / "s.yaml").write_text("{size: 64, epochs: 2, min_steps: 1}\n")
    options = ["adapt", *label_options(frames, weights, folder)[1:], "--settings", tmp_path / "s.yaml"]
    said = refused(capsys, *options)
    assert "last.pt: the disk is full" in said
    assert not list(folder.rglob(".*.part"))
    small_disk("64m")
    assert run(*options) == 0
    assert "label: 4 done (0 new, 0 unreadable)" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_is_one_line(adapted: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refused(capsys, "report", "--run", adapted, "--json", tmp_path / "file" / "r.json")
    assert str(tmp_path / "file") in said


def test_ctrl_c_says_how_to_go_on(frames, weights, tmp_path: Path, capsys, monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lotwise.teacher.oracle.Oracle.predict", interrupted)
    assert run(*label_options(frames, weights, tmp_path / "run")) == 130
    assert "the same command goes on from here" in capsys.readouterr().err


def test_the_version_is_told(capsys) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"lotwise {version('lotwise')}\n"


def test_a_group_without_a_verb_is_refused(capsys) -> None:
    assert "lotwise slots --help" in refused(capsys, "slots")


def test_a_verb_starts_without_the_modules_of_others() -> None:
    program = """
import sys
from lotwise import command_line
try:
    command_line.main(["history", "--help"])
finally:
    assert not {"lotwise.verbs.adapt", "lotwise.students", "cv2", "av"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("given", "used"), [({}, SPINS), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "ACTIVE"}, None)]
)
def test_threads_that_wait_sleep_soon(given: dict[str, str], used: str | None, capsys, monkeypatch) -> None:
    """Said before PyTorch is loaded, which reads it once; what a user has chosen stays."""
    monkeypatch.setenv("GOMP_SPINCOUNT", "")  # so that it is as before in the end
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert run("--version") == 0
    assert os.environ.get("GOMP_SPINCOUNT") == used
