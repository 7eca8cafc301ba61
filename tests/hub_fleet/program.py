"""``lotwise`` as a process of its own, whose log is a file that goes on over kills and restarts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

WAIT_S = 900.0
"""Longest wait for anything that a quiet machine does in some seconds to a minute."""
PAUSE_S = 0.2
"""Seconds between two looks: asking must not keep those from working who are asked."""
LOTWISE = (sys.executable, "-m", "lotwise")


class Program:
    """A command that serves until it is stopped.

    Args:
        words: of the command line.
        folder: its working folder.
        log: file that gets what it says.
    """

    def __init__(self, words: tuple[str, ...], folder: Path, log: Path) -> None:
        self._words, self._folder, self._log = words, folder, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again."""
        with self._log.open("ab") as log:
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            self._process = subprocess.Popen(
                [*LOTWISE, *self._words], cwd=self._folder, env=environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """SIGKILL: nothing is put in order."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM, as a service manager does it; it must end well."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(WAIT_S) == 0, self.said()

    def close(self) -> None:
        """Whatever state it is in, it is gone."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def said(self, since: int = 0) -> str:
        """Its log, from a length on that :meth:`mark` gave."""
        return self._log.read_bytes()[since:].decode() if self._log.exists() else ""

    def mark(self) -> int:
        """How long its log is now."""
        return self._log.stat().st_size if self._log.exists() else 0

    def must_say(self, line: str, since: int = 0) -> None:
        """Wait for a part of a line in its log."""
        wait_for(lambda: line in self.said(since) or self._ended(), f"the log says {line!r}")
        assert line in self.said(since), f"it ended without saying {line!r}:\n{self.said()}"

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None


def wait_for(true: Callable[[], object], what: str) -> None:
    """Wait as long as a busy machine may need; the test fails where that is not enough."""
    end = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"not within {WAIT_S:.0f} s: {what}")
        time.sleep(PAUSE_S)


def lotwise(folder: Path, *words: str) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        [*LOTWISE, *words], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def lotwise_json(folder: Path, *words: str) -> Any:
    """The table of a command that writes it as JSON."""
    target = folder / "table.json"
    lotwise(folder, *words, "--json", str(target))
    return json.loads(target.read_text())
