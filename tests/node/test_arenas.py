"""Memory that is free goes back to the system."""

import os
import platform
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
import threading
from pathlib import Path
from lotwise.node.arenas import limit_arenas, trim_arenas
assert limit_arenas()

def heaps():
    return sum("rw-p" in line and line.split()[-1] not in ("[stack]",) for line in open("/proc/self/maps"))

def rss():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

before = rss()
kept = [bytearray(60_000) for _ in range(2000)]
del kept[::2]
half = rss()
trim_arenas()
print(half - rss() > 30_000_000)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries than glibc have no heaps to trim")
def test_free_pages_go_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stderr == ""
    assert done.stdout == "True\n"
