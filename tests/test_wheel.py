"""What is released holds all that runs and nothing else, and what is installed touches nobody else's files."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
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


def declared_version() -> str:
    """The one place that says the version."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as far as it is released."""
    # A copy: setuptools leaves a build folder behind, whose files would be packed again once they are deleted.
    folder = tmp_path_factory.mktemp("source")
    for room in (*ROOMS, "lotwise", "deploy"):
        shutil.copytree(ROOT / room, folder / room, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    # setuptools takes these by itself where nobody tells it not to.
    (folder / "tests").mkdir()
    (folder / "tests" / "test_something.py").write_text("")
    return folder


def built_wheel(source: Path, folder: Path) -> Path:
    """The wheel of a source, built with the setuptools at hand: nothing is downloaded."""
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, source)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return built_wheel(source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def source_archive(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive of this checkout."""
    folder = tmp_path_factory.mktemp("archive")
    build = f"import os, setuptools.build_meta as b; os.chdir({str(source)!r}); b.build_sdist({str(folder)!r})"
    run(sys.executable, "-c", build)
    (built,) = folder.glob("*.tar.gz")
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


def test_every_file_of_the_rooms_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    files = [path for path in files if "__pycache__" not in path.parts]
    assert len(files) > 800
    assert [path for path in files if f"lotwise/{path.relative_to(ROOT).as_posix()}" not in packed] == []


def test_a_wheel_of_the_source_archive_is_that_of_the_checkout(
    wheel: Path, source_archive: Path, tmp_path: Path
) -> None:
    with tarfile.open(source_archive) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    again = zipfile.ZipFile(built_wheel(unpacked, tmp_path / "dist"))
    first = zipfile.ZipFile(wheel)
    assert {one.filename: one.CRC for one in again.infolist()} == {one.filename: one.CRC for one in first.infolist()}


def test_the_source_archive_holds_what_a_distributor_needs(source_archive: Path) -> None:
    with tarfile.open(source_archive) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in ("LICENSE", "CHANGELOG.md", "constraints.txt", "deploy/lotwise.service", "lotwise/py.typed"):
        assert needed in names
    assert {
        name for name in names if name.startswith(("tests", "docs", "benchmarks")) or "__pycache__" in name
    } == set()


def test_packages_of_other_people_with_the_names_of_our_rooms_stay_as_they_are(python: Path) -> None:
    said = run(python, "-c", f"import {', '.join(ROOMS)}\nfor room in ({', '.join(ROOMS)}): print(room.OWNER)")
    assert said.splitlines() == ["somebody else"] * len(ROOMS)


def test_the_installed_command_runs_without_the_checkout(python: Path) -> None:
    assert "Usage" in run(python.with_name("lotwise"), "--help", COLUMNS="100")
    said = run(python, "-c", "import lotwise.datasets, lotwise.students.pretrained as p; print(p.NANO.stat().st_size)")
    assert int(said) > 1_000_000
    assert run(python.with_name("lotwise"), "--version") == f"lotwise {declared_version()}\n"
    where = run(python, "-c", "import lotwise.node.node as node; print(node.__file__)")
    assert str(ROOT) not in where
