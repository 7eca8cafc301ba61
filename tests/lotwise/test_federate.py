"""``lotwise federate`` as a user meets it: one command, four cameras on the simulation engine, a page at the end."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.lotwise.running import refused, run

ASKED = ("--method", "fedavg", "--rounds", "2", "--steps", "1", "--workers", "2")


@pytest.fixture(scope="module")
def federated(four: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of four cameras that were federated. Read only."""
    pytest.importorskip("ray", reason="Ray is not installed")
    folder = Path(shutil.copytree(four, tmp_path_factory.mktemp("federated") / "run"))
    assert run("federate", str(folder), *ASKED) == 0
    return folder


@pytest.mark.slow
def test_one_command_ends_with_live_bundles_and_a_page_that_says_who_gained(federated: Path) -> None:
    (folder,) = (federated / "federation").iterdir()
    told = json.loads((folder / "gains.json").read_text())
    assert [one["camera"] for one in told["cameras"]] == ["C1", "C2", "C3", "C4"]
    assert told["exchanges"] == 2
    page = (folder / "gains.html").read_text()
    for one in told["cameras"]:
        assert one["word"] in ("gained", "lost", "neither")
        assert one["down"] > 0 and one["up"] > 0
        assert f'<th scope="row">{one["camera"]}</th>' in page
        assert (federated / "cameras" / one["camera"] / "bundles").is_dir()
        record = json.loads((federated / "cameras" / one["camera"] / "camera.json").read_text())
        assert record["live"] and record["gate"]["agreement_with_teacher"]["student"] == one["after"]
        assert record["federation"]["method"] == "fedavg"
    assert "<script" not in page and "http://" not in page and "https://" not in page
    assert (folder / "report.html").is_file()
    assert json.loads((folder / "report.json").read_text())["rows"]


@pytest.mark.slow
def test_the_same_again_does_nothing_and_says_the_same(federated: Path, tmp_path: Path, capsys) -> None:
    folder = Path(shutil.copytree(federated, tmp_path / "run"))
    students = sorted(folder.glob("cameras/*/federated/student.safetensors"))
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in students]
    assert run("federate", str(folder), *ASKED) == 0
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in students] == before
    assert "camera" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere.yaml"], "nowhere.yaml: cannot be read"),
        ([], "either a site file, or --dataset and --root"),
        (["{run}", "--method", "fedsgd"], "--method fedsgd: give one of alone, fedavg"),
        (["{run}", "--method", "fedmd"], "give a folder of them with a manifest as --reference"),
        (["{run}", "--method", "fedmd", "--reference", "{run}"], "no manifest of a reference set"),
        (["{run}", "--topology", "ring"], "--topology ring: --method fedavg has a server in the middle"),
        (["{run}", "--reference", "x"], "--method fedavg looks at no public pictures"),
        (["{run}", "--set", "mu=1"], "--set mu: fedavg has no such setting; it has batch_norm, epochs"),
        (["{run}", "--method", "fedprox", "--set", "mu=much"], "--set mu=much: input should be a valid number"),
        (["{run}", "--set", "mu"], "--set mu: give NAME=VALUE"),
        (["{run}", "--set", "batch_norm=some"], "--set batch_norm=some: input should be 'local' or 'shared'"),
        (["{run}", "--method", "scaffold", "--set", "optimizer=adamw"], "steps of plain SGD, not of adamw"),
        (["{run}", "--rounds", "0"], "--rounds"),
        (["{run}", "--teacher", "x.pt"], "--teacher: .* is a run, which has its plan"),
        (["{run}", "--student-of", "C9=x.pt"], "--student-of C9: no such camera; there are C1, C2, C3, C4"),
        (["{empty}"], "no run here"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_one_line(arguments, why: str, four: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    folder = Path(shutil.copytree(four, tmp_path / "run"))
    given = [one.format(run=folder, empty=tmp_path / "empty") for one in arguments]
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(refused(capsys, "federate", *given))


def test_without_flower_the_mend_is_named(four: Path) -> None:
    program = f"""
import sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name.partition(".")[0] in ("flwr", "ray") else find(name, *rest)
from lotwise.command_line import main
main(["federate", {str(four)!r}])
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.strip() == "error: federations need Flower and Ray; run pip install 'lotwise[federated]'"
