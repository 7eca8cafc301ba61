"""The hub's systemd unit: systemd reads every line, and little is left to whoever breaks in."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNIT = (ROOT / "deploy" / "lotwise-hub.service").read_text()


@pytest.fixture
def startable(tmp_path: Path) -> Path:
    """The unit with a program and a user that this machine has."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd on this machine")
    text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", UNIT, flags=re.MULTILINE)
    path = tmp_path / "lotwise-hub.service"
    path.write_text(re.sub(r"^(User|Group)=.*", r"\1=daemon", text, flags=re.MULTILINE))
    return path


def test_systemd_reads_every_line(startable: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", startable], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_little_is_left_to_whoever_breaks_in(startable: Path) -> None:
    """On systemd's scale from 0 to 10, where 1 is what a service with network access can reach."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", startable]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-200:]
