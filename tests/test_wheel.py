"""What is installed is one package, and nobody else's files are touched by it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

ROOMS = ("cameras", "datasets", "eval", "hub", "node", "students", "teacher")


def run(*command: str | Path, **environment: str) -> str:
    """What a program prints; outside of the checkout, so that only what is installed can be imported."""
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(command[0]).parent,
        env={**os.environ, "PYTHONPATH": "", **environment},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built with the setuptools at hand: nothing is downloaded."""
    folder = tmp_path_factory.mktemp("wheel")
    # From a copy: setuptools leaves a build folder behind, whose files would be packed again once they are deleted.
    source = folder / "source"
    for room in (*ROOMS, "lotwise"):
        shutil.copytree(ROOT / room, source / room, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment with the wheel, which finds Lotwise's dependencies where this one has them."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # Somebody else's packages of the same names as our rooms, such as Hugging Face's datasets.
    for name in ROOMS:
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("OWNER = 'somebody else'\n")
    options = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_only_top_level_name_is_lotwise(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"lotwise"}


def test_every_file_that_python_needs_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    kinds = {".py", ".safetensors", ".html", ".css", ".js", ".svg", ".typed", ".yaml"}
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in kinds]
    assert len(files) > 250
    assert [path for path in files if f"lotwise/{path.relative_to(ROOT).as_posix()}" not in packed] == []


def test_packages_of_other_people_with_the_names_of_our_rooms_stay_as_they_are(python: Path) -> None:
    said = run(python, "-c", f"import {', '.join(ROOMS)}\nfor room in ({', '.join(ROOMS)}): print(room.OWNER)")
    assert said.splitlines() == ["somebody else"] * len(ROOMS)


def test_the_installed_command_runs_without_the_checkout(python: Path) -> None:
    assert "Usage" in run(python.with_name("lotwise"), "--help", COLUMNS="100")
    said = run(python, "-c", "import lotwise.datasets, lotwise.students.pretrained as p; print(p.NANO.stat().st_size)")
    assert int(said) > 1_000_000
    where = run(python, "-c", "import lotwise.node.node as node; print(node.__file__)")
    assert str(ROOT) not in where
