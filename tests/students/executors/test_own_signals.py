"""A process that is connected to Ray still ends in its own good order when it is told to."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
import os, signal, threading
from lotwise.students.executors.ray_cluster import connected

heard = []
signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))

def connect():
    with connected(None, 1):
        os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)

thread = threading.Thread(target=connect)
thread.start()
thread.join()
print("heard", len(heard))
"""


@pytest.mark.slow
def test_sigterm_is_heard_while_connected_and_afterwards() -> None:
    """Ray aborts the process at the first, and lets it die at the second."""
    pytest.importorskip("ray", reason="pip install 'lotwise[ray]'")
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "heard 2"), done.stderr
