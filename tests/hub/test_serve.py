"""A hub's server is lean: what trains is loaded by its jobs alone. It outlives a moment without its database."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lotwise.hub.database import database
from lotwise.hub.hub import open_hub
from lotwise.hub.serve import do_hourly
from tests.hub.hub_files import write_hub


def test_the_server_loads_nothing_that_trains() -> None:
    program = "import sys, lotwise.hub.serve; print([name for name in ('torch', 'ultralytics') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_database_that_is_away_for_a_moment_is_a_line_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    hub = open_hub(write_hub(tmp_path))
    with closing(sqlite3.connect(hub.folders.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        do_hourly(hub)
        (line,) = caplog.messages
        assert line.endswith("cannot be removed now: database is locked; it is tried again in an hour")
        other.execute("ROLLBACK")
    do_hourly(hub)
    assert len(caplog.messages) == 1
    hub.close()
