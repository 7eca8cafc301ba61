"""The processes of a deployment end with what they have started."""

from pathlib import Path

import psutil

from tests.students.federation.flower.loopback import Loopback

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
print(f"child {child.pid}.", flush=True)
time.sleep(3600)
"""


def test_a_kill_reaches_what_was_started_in_a_session_of_its_own(tmp_path: Path) -> None:
    lot = Loopback(tmp_path)
    try:
        lot.start("parent", "python", "-c", PARENT)
        lot.until(lambda: lot.log("parent").endswith(".\n"), "the parent has a child")
        child = psutil.Process(int(lot.log("parent").split()[1].rstrip(".")))
        lot.kill("parent")
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    finally:
        lot.close()
