"""Work in a process of its own gives what it gives, and ends with all that it took."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

PROGRAM = """
import os, re
from pathlib import Path
from lotwise.cameras.detection.engine.alone import forked, here
from lotwise.datasets.errors import InputError

def took():
    held = bytearray(200_000_000)
    held[::4096] = bytes(len(held[::4096]))
    return os.getpid()

def refused():
    raise InputError("no bundle here")

def killed():
    os.kill(os.getpid(), 4)

def left():
    os._exit(3)

assert here(os.getpid) == os.getpid()
assert forked(took) != os.getpid()
assert int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) < 150_000  # kB, at most so far
for work, why in ((refused, "no bundle here"), (killed, "ended by SIGILL"), (left, "ended by exit code 3")):
    try:
        forked(work)
    except InputError as error:
        assert why in str(error), error
    else:
        raise AssertionError(why)
print("done")
"""


def test_what_it_takes_is_given_back_and_what_goes_wrong_is_told() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["done"], done.stderr
