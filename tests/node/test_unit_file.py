"""The systemd units: what they forbid, and a memory limit that fits."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lotwise.node.site_warnings import memory_limit_mb
from tests.conftest import ROOT

UNIT = (ROOT / "deploy" / "lotwise.service").read_text()


@pytest.mark.parametrize(
    "line",
    [
        "UMask=0027",
        "StateDirectoryMode=0750",
        "LimitCORE=0",
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "NoNewPrivileges=true",
        "SystemCallFilter=@system-service",
        "ProtectSystem=strict",
        "#SupplementaryGroups=video",
    ],
)
def test_what_is_forbidden(line: str) -> None:
    assert line in UNIT.splitlines()


def test_the_memory_limit_is_that_of_nine_cameras() -> None:
    (limit,) = re.findall(r"^MemoryMax=(\d+)M$", UNIT, re.MULTILINE)
    assert int(limit) == memory_limit_mb(9)
    assert f"28 cameras:\n# {memory_limit_mb(28)}M" in UNIT


@pytest.fixture
def startable(tmp_path: Path) -> Path:
    """The unit with a program and a user that this machine has."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd on this machine")
    text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", UNIT, flags=re.MULTILINE)
    (tmp_path / "lotwise.service").write_text(re.sub(r"^(User|Group)=.*", r"\1=daemon", text, flags=re.MULTILINE))
    return tmp_path / "lotwise.service"


def test_systemd_reads_every_line(startable: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", startable], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_little_is_left_to_whoever_breaks_in(startable: Path) -> None:
    """On systemd's scale from 0 to 10, where 1 is what a service with network access can reach."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", startable]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-200:]


@pytest.fixture
def retraining(tmp_path: Path) -> list[Path]:
    """Service and timer of the retraining, with a program and a user that this machine has."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd on this machine")
    files = []
    for name in ("lotwise-retrain.service", "lotwise-retrain.timer"):
        text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", (ROOT / "deploy" / name).read_text(), flags=re.MULTILINE)
        files.append(tmp_path / name)
        files[-1].write_text(re.sub(r"^(User|Group)=.*", r"\1=daemon", text, flags=re.MULTILINE))
    return files


def test_systemd_reads_every_line_of_the_retraining(retraining: list[Path]) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *retraining], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_retraining_has_no_network_and_hardly_a_right(retraining: list[Path]) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", retraining[0]]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-200:]


@pytest.mark.parametrize("name", [f"lotwise-super{one}.service" for one in ("link", "exec", "node@")])
def test_systemd_reads_every_line_of_a_federation(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd on this machine")
    text = (ROOT / "deploy" / name).read_text().replace("\\\n", " ")
    text = re.sub(r"^ExecStart=.*", "ExecStart=/bin/true", text, flags=re.MULTILINE)
    file = tmp_path / name.replace("@", "@C1")
    file.write_text(re.sub(r"^(User|Group)=.*", r"\1=daemon", text, flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
