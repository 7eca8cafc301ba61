"""What a command and the processes that it begins spend is counted, each for its part."""

import os
import sys
from pathlib import Path

from benchmarks.executors.spending import WORKER, spending

SPENDER = """
import subprocess, sys, time
def spend(seconds):
    while time.process_time() < seconds: pass
    time.sleep(3)  # long enough to be looked at once more, on a busy machine too
if len(sys.argv) > 1: spend(1.5)
else:
    subprocess.run([sys.executable, __file__, "{worker}"], check=True)
    spend(0.5)
"""


def test_a_task_is_told_from_the_command_that_begins_it(tmp_path: Path) -> None:
    script = tmp_path / "spender.py"
    script.write_text(SPENDER.replace("{worker}", WORKER))
    found = spending([sys.executable, str(script)], os.environ, tmp_path / "log")
    assert found.code == 0, (tmp_path / "log").read_text()
    assert 1.4 <= found.cpu_s["tasks"] <= 2.0
    assert 0.4 <= found.cpu_s["command"] <= 1.0
    assert found.cpu_s["Ray"] == 0 == found.memory["Ray"]
    assert found.all_cpu_s <= found.seconds * 2
    assert found.memory["tasks"] > 1e6 < found.memory["command"]


def test_how_it_ended_is_told(tmp_path: Path) -> None:
    found = spending([sys.executable, "-c", "print('no'); raise SystemExit(3)"], os.environ, tmp_path / "log")
    assert found.code == 3
    assert (tmp_path / "log").read_text() == "no\n"
