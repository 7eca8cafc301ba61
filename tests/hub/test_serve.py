"""A hub's server is lean: what trains is loaded by its jobs alone."""

import subprocess
import sys


def test_the_server_loads_nothing_that_trains() -> None:
    program = "import sys, lotwise.hub.serve; print([name for name in ('torch', 'ultralytics') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
