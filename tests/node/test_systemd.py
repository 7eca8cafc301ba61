"""systemd is told how the node is, and nobody where it did not start the node."""

import os
import socket
from pathlib import Path

import pytest

from lotwise.node import systemd
from lotwise.node.systemd import notify, watchdog_s, writes_to_journal


@pytest.mark.parametrize("abstract", [False, True])
def test_a_message_arrives_whole(tmp_path: Path, abstract: bool) -> None:
    name = f"lotwise-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}" if abstract else str(tmp_path / "notify"))
        listener.settimeout(60)
        address = f"@{name}" if abstract else str(tmp_path / "notify")
        assert notify("READY=1", {"NOTIFY_SOCKET": address})
        assert listener.recv(100) == b"READY=1"


def test_without_systemd_nobody_is_told(caplog) -> None:
    assert not notify("READY=1", {})
    assert not notify("READY=1", {"NOTIFY_SOCKET": ""})
    assert caplog.text == ""


def test_a_socket_that_is_gone_does_not_stop_the_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The warning itself, not what the process's logging makes of it: other tests run nodes that set that up.
    warnings: list[str] = []
    monkeypatch.setattr(systemd.log, "warning", lambda text, *parts: warnings.append(text % parts))
    assert not notify("WATCHDOG=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert warnings == [f"{tmp_path / 'gone'}: systemd cannot be told WATCHDOG=1 (No such file or directory)"]


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "90000000"}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": str(os.getpid())}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "1"}, None),  # it watches another process
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_how_often_systemd_wants_to_hear_of_the_node(environment, seconds) -> None:
    assert watchdog_s(environment) == seconds


def test_the_journal_adds_times_itself_only_where_it_reads_this_stderr(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as file:
        found = os.fstat(file.fileno())
        stream = f"{found.st_dev}:{found.st_ino}"
        assert writes_to_journal({"JOURNAL_STREAM": stream}, file.fileno())
        assert not writes_to_journal({"JOURNAL_STREAM": "8:1"}, file.fileno())  # of a terminal started by a service
        assert not writes_to_journal({}, file.fileno())
