"""Who may import whom, and that a camera node runs with the base install alone."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cameras.bundles import write_constant_bundle
from tests.conftest import ROOT
from tests.node.sites import write_site

# In order from the ground floor up: a room imports only from rooms before it.
HOUSE = ("datasets", "cameras", "node", "teacher", "students", "eval", "hub")
TRAINING_ONLY = (
    "torch", "torchvision", "ultralytics", "albumentations", "pycocotools", "matplotlib", "safetensors", "nncf",
)  # fmt: skip
MAIN = "from lotwise.command_line import main; main()"
NOT_IN_THE_BASE = (*TRAINING_ONLY, "onnx", "onnxscript", "scipy", "pandas", "PIL", "requests")


def imported(path: Path) -> set[str]:
    """Top-level names of everything a file imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(str(node.module).removeprefix("lotwise.").partition(".")[0])
    return names


@pytest.mark.parametrize("room", HOUSE)
def test_a_room_imports_only_from_its_own_floor_or_a_lower_one(room: str) -> None:
    above = {*HOUSE[HOUSE.index(room) + 1 :], "tests", "benchmarks", "command_line"}
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    found = {path.relative_to(ROOT).as_posix(): imported(path) & above for path in files}
    # eval/report.py is also a script, which hands over to the command line.
    allowed = {"eval/report.py": {"command_line"}}
    assert {
        name: wrong - allowed.get(name, set()) for name, wrong in found.items() if wrong - allowed.get(name, set())
    } == {}


@pytest.mark.parametrize("room", [*HOUSE, "lotwise", "benchmarks"])
def test_nobody_imports_the_script(room: str) -> None:
    for path in sorted((ROOT / room).rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        assert "lotwise.eval.report" not in modules, path


@pytest.mark.parametrize("room", ["datasets", "cameras", "node"])
def test_the_edge_never_names_a_training_library(room: str) -> None:
    for path in (ROOT / room).rglob("*.py"):
        assert not imported(path) & set(NOT_IN_THE_BASE), path


def on_a_node(program: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run a program in a fresh Python in which only the base install can be imported."""
    blocker = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NOT_IN_THE_BASE!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
sys.path.insert(0, {str(ROOT)!r})
"""
    command = [sys.executable, "-c", blocker + program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ""})


def test_every_module_of_a_camera_node_imports_with_the_base_install() -> None:
    program = """
import importlib, pkgutil
names = []
for package in ("lotwise.datasets", "lotwise.cameras", "lotwise.node"):
    module = importlib.import_module(package)
    names += [found.name for found in pkgutil.walk_packages(module.__path__, package + ".")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    ended = on_a_node(program)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 30


def test_a_bundle_is_run_with_the_base_install(tmp_path: Path) -> None:
    bundle = write_constant_bundle(tmp_path / "b")
    cv2.imwrite(str(tmp_path / "lot.png"), np.zeros((64, 64, 3), np.uint8))
    output = tmp_path / "out.json"
    ended = on_a_node(
        MAIN,
        "detect",
        str(bundle),
        str(tmp_path / "lot.png"),
        "--json",
        str(output),
    )
    assert ended.returncode == 0, ended.stderr
    assert '"state": "occupied"' in output.read_text()


def test_a_site_is_run_with_the_base_install(tmp_path: Path) -> None:
    site = write_site(tmp_path, detector={"backend": "auto"}, publish={"api": {"port": 0}})
    output = tmp_path / "out.json"
    ended = on_a_node(MAIN, "run", str(site), "--json", str(output))
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    counts = {name: camera["counts"] for name, camera in json.loads(output.read_text())["cameras"].items()}
    assert counts == {name: {"free": 1, "occupied": 1, "unknown": 0} for name in ("C1", "C2")}


@pytest.mark.parametrize("verb", ["train", "detect"])
def test_what_needs_the_training_parts_says_how_to_get_them(tmp_path: Path, verb: str) -> None:
    (tmp_path / "w.pt").write_bytes(b"")
    given = {"train": ["--run", str(tmp_path)], "detect": [str(tmp_path / "w.pt"), str(tmp_path), "--json", "o.json"]}
    ended = on_a_node(MAIN, verb, *given[verb])
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "pip install 'lotwise[train]'" in ended.stderr
