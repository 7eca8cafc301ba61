"""Boards as processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT


class Board:
    """``lotwise board``, listening on a free port of loopback."""

    def __init__(self, bundles: Path, number: int, port: int = 0, *options: str) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "lotwise", "board", str(bundles), "--module", str(number),
                "--listen", f"127.0.0.1:{port}", *options,
            ],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line.strip())
            if line.startswith("listening on "):
                self.url = line.split()[-1]
                return
        raise AssertionError(f"{said} {self.process.communicate()[1]}")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def boards(bundles: Path, count: int) -> Iterator[list[Board]]:
    opened: list[Board] = []
    try:
        for number in range(1, count + 1):
            opened.append(Board(bundles, number))
        yield opened
    finally:
        for board in opened:
            board.kill()
            board.process.communicate()
