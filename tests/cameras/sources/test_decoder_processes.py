"""The fork server is there, with PyAV loaded, before the first camera is opened."""

import os
from pathlib import Path

import pytest

from lotwise.cameras.sources.decoder_processes import acquire_fork_server, fork_server_prepared, release_fork_server
from tests.cameras.sources.cameras import children_of, cmdline, until


def fork_servers() -> list[int]:
    return [pid for pid in children_of(os.getpid()) if b"decoder_process.fork_server" in cmdline(pid)]


def loaded(pid: int) -> bool:
    try:
        return "libavcodec" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("kind", ["rtsp", "snapshot"])
def test_it_is_ready_before_a_source_wants_it_and_ends_with_the_block(kind: str) -> None:
    with fork_server_prepared({kind, "folder"}):
        (pid,) = fork_servers()
        if kind == "rtsp":
            until(lambda: loaded(pid), 60, "PyAV is loaded")
        acquire_fork_server()
    assert fork_servers() == [pid]  # a source still has it
    release_fork_server()
    assert fork_servers() == []


def test_sites_without_network_cameras_start_none() -> None:
    with fork_server_prepared({"folder", "video"}):
        assert fork_servers() == []


def test_a_child_that_was_not_prepared_for_runs_too() -> None:
    with fork_server_prepared({"mjpeg"}):
        server = acquire_fork_server()
        child = server.spawn("rtsp")
        (pid,) = fork_servers()
        until(lambda: children_of(pid) != [], 60, "the child runs")
        child.kill()
        release_fork_server()
    assert fork_servers() == []
