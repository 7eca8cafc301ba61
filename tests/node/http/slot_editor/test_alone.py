"""``lotwise slots edit``: the editor as a program of its own, under an address that nobody can guess."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lotwise.cameras.site.slot_file import read_slot_file
from tests.conftest import ROOT
from tests.lotwise.running import refused
from tests.node.http.asking import ask
from tests.node.http.slot_editor.hands import ROW, Hands

pytestmark = pytest.mark.slow


@contextmanager
def editing(site: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that the command prints, and the command."""
    program = subprocess.Popen(
        [sys.executable, "-m", "lotwise", "slots", "edit", str(site), "--no-browser", *options],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ,
    )  # fmt: skip
    try:
        assert program.stdout is not None
        line = program.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + (program.stderr.read() if program.stderr else "")
        yield found[0], program
    finally:
        program.kill()
        program.wait()


def test_slots_are_drawn_and_saved_without_a_node(lot: Path, open_page) -> None:
    with editing(lot / "site.yaml") as (address, program):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{24}/cameras/C1/slots", address)
        hands = Hands(open_page(address))
        hands.tool("row")
        hands.click(*ROW)
        hands.page.keyboard.type("6")
        hands.press("Enter")
        hands.save()
        program.send_signal(signal.SIGINT)
        said, complaints = program.communicate(timeout=120)
    file = lot / "state" / "slots" / "C1.json"
    assert [slot.id for slot in read_slot_file(file)] == ["1", "2", "3", "4", "5", "6"]
    assert said == f"C1: 6 slots saved, 0 before: {file}\n"
    assert (program.returncode, complaints) == (0, "")


def test_who_does_not_know_the_address_gets_nothing(lot: Path) -> None:
    with editing(lot / "site.yaml") as (address, _):
        root, token = re.fullmatch(r"(http://[^/]+)/([^/]+)/.*", address).groups()  # type: ignore[union-attr]
        assert ask(address).status == 200
        for path in (
            "/",
            "/cameras/C1/slots",
            f"/{token}x/cameras/C1/slots",
            "/static/slots/main.js",
            f"/{token[:-1]}/",
        ):
            answer = ask(root + path)
            assert (answer.status, answer.json) == (404, {"error": "not the whole address; copy it from the terminal"})
        assert ask(address, {"Host": "evil.example"}).status == 421
        slots = f"{root}/{token}/api/v1/cameras/C1/slots"
        assert ask(slots, {"Origin": "http://evil.example", "If-Match": "x"}, "PUT", body={"slots": []}).status == 403


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--cameras", "C9"], "no camera C9; it names C1"),
        (["--pictures", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_what_cannot_be_edited_is_one_line(
    lot: Path, capsys: pytest.CaptureFixture[str], options: list[str], why: str
) -> None:
    assert why in refused(capsys, "slots", "edit", lot / "site.yaml", *options)
