"""A node's health is told from outside: while it runs, while it hangs, after its end, and before its first start."""

import os
import signal
import time
from pathlib import Path

import pytest

from lotwise.node.healthy import MAX_SILENCE_S, why_unhealthy
from lotwise.node.state_folder import HEARTBEAT_FILE
from tests.lotwise.running import run
from tests.node.mqtt.brokers import until
from tests.node.sites import start, write_site


def test_where_no_node_has_run_it_is_told(tmp_path: Path) -> None:
    assert why_unhealthy(tmp_path) == f"{tmp_path}: no node has run here yet"


@pytest.mark.parametrize(("silence_s", "well"), [(0, True), (MAX_SILENCE_S - 1, True), (MAX_SILENCE_S + 1, False)])
def test_a_node_is_unhealthy_once_it_was_silent_for_too_long(tmp_path: Path, silence_s: float, well: bool) -> None:
    (tmp_path / HEARTBEAT_FILE).touch()
    beat = (tmp_path / HEARTBEAT_FILE).stat().st_mtime
    assert (why_unhealthy(tmp_path, beat + silence_s) is None) == well


def test_a_node_that_runs_is_healthy_and_one_that_hangs_is_not(tmp_path: Path, capsys) -> None:
    site = write_site(tmp_path, cameras=1, schedule={"period_s": 0.5}, source={"repeat": True})
    beat = tmp_path / "state" / HEARTBEAT_FILE
    with start(site) as node:
        try:
            until(lambda: beat.exists() and not run("run", site, "--healthy"), "healthy")
            assert capsys.readouterr().out.endswith("healthy\n")
            node.send_signal(signal.SIGSTOP)
            # As long ago as it would be after that time; nobody beats meanwhile.
            os.utime(beat, (time.time() - 2 * MAX_SILENCE_S,) * 2)
            assert run("run", site, "--healthy") == 1
            assert "the node has not looked at its cameras for 60 seconds" in capsys.readouterr().err
        finally:
            node.kill()
