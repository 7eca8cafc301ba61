"""The lock of a state folder: let go with the process, and never another file."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.node.lock import StateLock
from tests.conftest import ROOT


def test_a_killed_node_lets_go_of_the_state_folder_and_so_do_its_children(tmp_path: Path) -> None:
    program = """
import subprocess, sys
from pathlib import Path
from lotwise.node.lock import StateLock
lock = StateLock(Path(sys.argv[1]))
child = subprocess.Popen(["sleep", "3600"])
print(child.pid, flush=True)
child.wait()
"""
    command = [sys.executable, "-c", program, str(tmp_path / "state")]
    node = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert node.stdout is not None
    child = int(node.stdout.readline())
    try:
        with pytest.raises(InputError, match=f"process {node.pid}"):
            StateLock(tmp_path / "state")
        node.kill()
        node.wait()
        StateLock(tmp_path / "state").close()
    finally:
        os.kill(child, signal.SIGKILL)
        node.stdout.close()


@pytest.mark.parametrize("kind", ["symbolic", "hard", "pipe"])
def test_a_lock_that_is_another_file_is_refused_and_that_one_stays_whole(tmp_path: Path, kind: str) -> None:
    state, other = tmp_path / "state", tmp_path / "precious"
    state.mkdir()
    other.write_text("precious")
    match kind:
        case "symbolic":
            (state / "lock").symlink_to(other)
        case "hard":
            os.link(other, state / "lock")
        case "pipe":
            os.mkfifo(state / "lock")
    with pytest.raises(InputError, match=r"state/lock: is .*; remove it"):
        StateLock(state)
    assert other.read_text() == "precious"


def test_a_state_folder_that_all_may_look_into_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    StateLock(tmp_path / "state").close()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o750
