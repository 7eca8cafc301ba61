"""What the documents say of the tree is so: their paths and links lead somewhere, their examples are read and run."""

import re
import runpy
from pathlib import Path

import pytest
import typer

from lotwise.cameras.site.reading import read_site
from lotwise.command_line import application
from tests.conftest import ROOT

DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
ROOMS = ("benchmarks", "cameras", "datasets", "deploy", "docs", "eval", "examples", "hub", "lotwise", "node",
         "students", "teacher", "tests")  # fmt: skip
TO_COME = {"students/federation/"}
"""Places that are named for what will be put there."""


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (ROOT / document).parent.joinpath(target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    paths = re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w./-]*)`", text)
    assert [path for path in paths if path not in TO_COME and not (ROOT / path).exists()] == []


def test_the_example_site_is_read() -> None:
    site = read_site(ROOT / "examples" / "site.yaml")
    assert set(site.cameras) == {"entrance", "roof", "yard"}


def test_every_verb_is_explained() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    names = list(typer.main.get_command(application()).commands)  # type: ignore[attr-defined]
    assert len(names) > 10
    assert [name for name in names if f"`lotwise {name}" not in text] == []


def test_the_example_in_python_tells_which_slots_are_free(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = runpy.run_path(str(ROOT / "examples" / "adapt_and_detect.py"))
    program["main"](tmp_path, steps=4)
    said = capsys.readouterr().out
    assert re.search(r"^C1: \d+ vehicles on C1/", said, re.M)
    assert re.search(r"^  slot \w+: (free|occupied) \(\d\.\d\d\)$", said, re.M)
