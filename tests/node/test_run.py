"""``lotwise run`` as a process: to its end, until it is told to stop, killed and started again, and as a service."""

import io
import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from lotwise.cameras.registry.registry import Registry
from lotwise.node import run as module
from lotwise.node.run import run_site, summary
from tests.cameras.bundles import add
from tests.lotwise.running import refused, run
from tests.node.mqtt.brokers import Broker, Subscriber, retained, until
from tests.node.sites import LOT, history, slots, start, states, write_site

ENDLESS = {"repeat": True}
BUSY = {"schedule": {"period_s": 0.05}, "source": ENDLESS}


@pytest.fixture
def running() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts nodes, and kills those that the test leaves behind."""
    nodes = []

    def begin(*given, **options) -> subprocess.Popen[str]:
        nodes.append(start(*given, **options))
        return nodes[-1]

    yield begin
    for node in nodes:
        if node.poll() is None:
            node.kill()
        node.communicate()


def test_stored_frames_are_run_to_their_end_without_a_word_but_the_last(tmp_path: Path, running) -> None:
    # Trust samples a camera after two seconds: whether that comes before the end depends on the machine.
    site = write_site(tmp_path, change_detection={"enabled": False}, trust={"enabled": False})
    node = running(site, "--json", str(tmp_path / "out" / "end.json"))
    said, errors = node.communicate(timeout=120)
    assert node.returncode == 0
    assert errors == ""
    assert said == "lot: 8 frames looked at, 8 detected; 2 free, 2 occupied, 0 unknown\n"
    content = json.loads((tmp_path / "out" / "end.json").read_text())
    assert set(content["cameras"]) == {"C1", "C2"}
    assert content["last_event"] == 6
    for camera in content["cameras"].values():
        assert camera["looked"] == 4
        assert {name: slot["state"] for name, slot in camera["slots"].items()} == LOT
    assert states(site, "C1") == states(site, "C2") == LOT
    assert history(site, "SELECT subject, after FROM events WHERE subject = 'node'") == [
        ("node", "running"), ("node", "stopped"),
    ]  # fmt: skip


def test_told_to_stop_it_ends_in_order_and_a_second_one_is_kept_out(tmp_path: Path, running) -> None:
    broker = Broker(tmp_path).start()
    try:
        publish = {"api": {"enabled": False}, "mqtt": {"host": "127.0.0.1", "port": broker.port}}
        site = write_site(tmp_path, publish=publish, **BUSY)
        with Subscriber(broker.port) as subscriber:
            node = running(site)
            until(lambda: subscriber.payloads("lotwise/lot/available") == [b"online"], "the broker is told")
            until(lambda: states(site) == LOT, "slots are known")
            second = running(site)
            said, errors = second.communicate(timeout=120)
            assert (second.returncode, said) == (2, "")
            assert errors == (
                f"error: {tmp_path / 'state'}: a node runs here already (process {node.pid}); "
                "stop that, or set state: to another folder\n"
            )
            node.send_signal(signal.SIGTERM)
            said, errors = node.communicate(timeout=120)
            assert (node.returncode, errors) == (0, "")
            assert said.count("\n") == 1
            until(lambda: subscriber.payloads("lotwise/lot/available")[-1] == b"offline", "it says good-bye")
            numbers = [number for (number,) in history(site, "SELECT number FROM events ORDER BY number")]
            until(lambda: subscriber.numbers == numbers, "all was told, the end too")
        assert retained(broker.port)["lotwise/lot/available"] == b"offline"
        assert history(site, "SELECT subject, after FROM events ORDER BY number DESC LIMIT 1") == [("node", "stopped")]
    finally:
        broker.stop()


def test_killed_and_started_again_it_goes_on_where_it_was(tmp_path: Path, running) -> None:
    site = write_site(tmp_path, **BUSY)
    node = running(site)
    until(lambda: states(site, "C1") == states(site, "C2") == LOT, "slots are known")
    before = slots(site)
    node.kill()
    node.communicate()
    last = history(site, "SELECT max(number) FROM events")[0][0]
    assert slots(site) == before
    node = running(site)
    until(lambda: history(site, "SELECT max(number) FROM events")[0][0] > last, "it runs again")
    node.send_signal(signal.SIGINT)  # Ctrl-C
    node.communicate(timeout=120)
    assert node.returncode == 0
    assert slots(site) == before
    events = history(site, "SELECT number, subject, after FROM events ORDER BY number")
    assert [number for number, *_ in events] == list(range(1, len(events) + 1))
    assert [after for _, subject, after in events if subject == "node"] == ["running", "running", "stopped"]
    # No slot changed by the restart: it was never unknown.
    assert not [event for event in events[last:] if event[1] == "slot"]


def test_systemd_hears_of_start_loop_and_end(tmp_path: Path, running) -> None:
    site = write_site(tmp_path, **BUSY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(90)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        node = running(site, environment=environment)
        heard = [systemd.recv(100) for _ in range(4)]
        assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        node.send_signal(signal.SIGTERM)
        while heard[-1] == b"WATCHDOG=1":
            heard.append(systemd.recv(100))
        assert heard[-1] == b"STOPPING=1"
        _, errors = node.communicate(timeout=120)
        assert (node.returncode, errors) == (0, "")


def test_a_loop_that_hangs_is_told_once_and_systemd_hears_nothing_more(tmp_path: Path, monkeypatch, caplog) -> None:
    """Then systemd kills and restarts the node; until when its states held must not be prolonged meanwhile."""
    problems = iter([None, None, *(f"camera C1: one look takes {61 + n} s so far" for n in range(4))])
    service = SimpleNamespace(node=SimpleNamespace(), heartbeats=0)
    service.node.now = lambda: None
    service.node.wait = lambda timeout: False
    service.node.stuck = lambda: next(problems)
    service.heartbeat = lambda: setattr(service, "heartbeats", service.heartbeats + 1)
    looks = iter(range(6))
    stop = SimpleNamespace(wait=lambda tick: next(looks), is_set=lambda: looks.__length_hint__() == 0)
    monkeypatch.setattr(module, "HEARTBEAT_PERIOD_S", 0.0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setitem(os.environ, "NOTIFY_SOCKET", str(tmp_path / "notify"))
        module._serve(service, Console(file=io.StringIO()), deque(), stop)  # type: ignore[arg-type]
        systemd.setblocking(False)
        assert [systemd.recv(100) for _ in range(2)] == [b"WATCHDOG=1"] * 2
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
    assert [record.getMessage() for record in caplog.records] == ["camera C1: one look takes 61 s so far"]
    assert service.heartbeats == 2


def test_a_bundle_that_another_process_promotes_is_run_by_the_running_node(tmp_path: Path, running) -> None:
    registry = Registry(tmp_path / "bundles")
    first, second = add(registry, tmp_path, 0.9), add(registry, tmp_path, 0.7)
    registry.promote(first)
    site = write_site(tmp_path, cameras=1, **BUSY)
    site.write_text(site.read_text().replace("bundles: bundle", "bundles: bundles"))
    node = running(site)
    until(lambda: states(site) == LOT, "slots are known")
    assert run("promote", site, second[:6], "--no-probation") == 0
    told = "SELECT name, before, after FROM events WHERE subject = 'bundle'"
    until(lambda: history(site, told) == [(second, first, "live")], "it is live")
    assert run("rollback", site, "--why", "misses the far row") == 0
    until(lambda: history(site, told)[1:] == [(first, second, "live")], "and back")
    node.send_signal(signal.SIGTERM)
    node.communicate(timeout=120)
    assert states(site) == LOT


def test_a_camera_that_fails_is_told_of_on_stderr_and_the_others_run_on(tmp_path: Path, running) -> None:
    site = write_site(tmp_path, cameras=2)
    for number in range(4):
        (tmp_path / "frames1" / f"{number}.jpg").write_bytes(b"no picture")
    node = running(site)
    said, _ = node.communicate(timeout=120)
    assert node.returncode == 0
    assert "lot: 4 frames looked at" in said
    assert states(site, "C2") == LOT


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("folder", r"frames1: no such folder; give the folder of the images of camera C1"),
        ("empty", r"frames1: no images in it"),
        ("state", r"state: cannot be written (File exists)"),
        ("slots", r"slots.json"),
        ("bundle", r"C1: no bundle; give run:"),
        ("camera", r"no camera C7; it names C1, C2"),
    ],
)
def test_what_keeps_a_site_from_running_is_one_line(tmp_path: Path, capsys, change: str, why: str) -> None:
    site, options = write_site(tmp_path), []
    match change:
        case "folder":
            (tmp_path / "frames1").rename(tmp_path / "elsewhere")
        case "empty":
            for image in (tmp_path / "frames1").iterdir():
                image.unlink()
        case "state":
            (tmp_path / "state").write_text("")
        case "slots":
            site.write_text(site.read_text().replace("bundles: bundle", "bundles: bundle\n    slots: slots.json"))
        case "bundle":
            site.write_text(site.read_text().replace("    bundles: bundle\n", "", 1))
        case "camera":
            options = ["--cameras", "C7"]
    assert why in refused(capsys, "run", site, *options)
    assert history(site, "SELECT * FROM events") == []


def test_a_port_that_is_taken_is_one_line_and_nothing_was_looked_at(tmp_path: Path, capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        site = write_site(tmp_path, publish={"api": {"port": port}})
        assert f"publish.api: 127.0.0.1:{port} is in use by another program" in refused(capsys, "run", site)
    assert history(site, "SELECT * FROM events") == []
    assert run("run", site) == 0  # and the state folder is free again


def test_a_state_folder_on_a_disk_that_is_read_only_is_one_line(tmp_path: Path, capsys, small_disk) -> None:
    folder = small_disk("1m")
    site = write_site(tmp_path, state=str(folder / "state"))
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    assert f"{folder / 'state'}: cannot be written (Read-only file system); set state:" in refused(capsys, "run", site)


def test_on_a_terminal_there_is_a_live_view(tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, height=30)
    node = run_site(write_site(tmp_path), None, console)
    shown = screen.getvalue()
    assert "C1" in shown and "C2" in shown and "camera" in shown
    assert "node: stopped -> running" in shown
    assert summary(node.now()).startswith("lot: 8 frames")


def test_what_is_written_is_for_its_user_and_group_only(tmp_path: Path, running) -> None:
    site = write_site(tmp_path, **BUSY)
    node = running(site)
    until(lambda: states(site) == LOT, "slots are known")
    until(lambda: (tmp_path / "state" / "views" / "C1.npz").exists(), "the view is kept")
    state = tmp_path / "state"
    node.send_signal(signal.SIGSTOP)  # no file that is being written goes away between two looks
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in (state, *state.rglob("*"))}
    node.send_signal(signal.SIGCONT)
    node.send_signal(signal.SIGTERM)
    node.communicate(timeout=120)
    assert {path: mode for path, mode in found.items() if mode != (0o750 if path.is_dir() else 0o640)} == {}
    assert len(found) > 5


def test_only_the_cameras_that_were_asked_for_run(tmp_path: Path, capsys) -> None:
    assert run("run", write_site(tmp_path), "--cameras", "C2") == 0
    assert capsys.readouterr().out.startswith("lot: 4 frames looked at")


def test_with_verbose_every_slot_is_told(tmp_path: Path, capsys) -> None:
    assert run("run", write_site(tmp_path, cameras=1), "-v") == 0
    said = capsys.readouterr().err
    time = r"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d "
    assert re.search(time + "DEBUG slot C1 1: unknown -> occupied$", said, re.MULTILINE)
    assert re.search(time + "INFO node: stopped -> running$", said, re.MULTILINE)
