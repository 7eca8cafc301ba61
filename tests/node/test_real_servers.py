"""The whole node against real servers: RTSP cameras that fail, a broker that goes away, processes that are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cameras.sources.cameras import RtspServer, cmdline, needs_gstreamer, parent_of
from tests.free_port import free_port
from tests.node.installation import Installation
from tests.node.mqtt.brokers import in_order, until
from tests.node.streams import lot, pattern, write_reading_bundle, write_stream

pytestmark = pytest.mark.slow

CAMERAS = tuple(f"C{number}" for number in range(1, 10))
PERIOD_S, STALE_S, RESTART_S = 0.5, 5.0, 8.0
SOURCE = {"stale_s": STALE_S, "restart_s": RESTART_S, "backoff": {"first_s": 0.2, "cap_s": 1.0}}
SLACK_S = 60.0
"""More than what any step may take on a machine that has other work too."""
PASSWORD = "Ge/heim:4711%x"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A stream of each camera in which nothing happens, one whose cars all move, one that changes its resolution."""
    needs_gstreamer()
    folder = tmp_path_factory.mktemp("films")
    made = {
        name: write_stream(folder / f"{name}.h264", [lot(seed, pattern(seed))] * 16)
        for seed, name in enumerate(CAMERAS)
    }
    turns = [lot(20, pattern(20, turn)) for turn in (0, 1) for _ in range(4)]
    sizes = [lot(0, pattern(0), *size) for size in ((480, 360), (640, 480)) for _ in range(16)]
    return made | {"turns": write_stream(folder / "t.h264", turns), "sizes": write_stream(folder / "s.h264", sizes)}


@pytest.fixture
def installed(tmp_path: Path, films: dict[str, Path]) -> Iterator[Callable[..., Installation]]:
    """Makes a site of nine cameras; its node is not started. ``streams`` are others than a camera's own."""
    with ExitStack() as ends:

        def install(streams: dict[str, str] | None = None, **more: Any) -> Installation:
            files = {name: films[(streams or {}).get(name, name)] for name in CAMERAS}
            bundle = write_reading_bundle(tmp_path / "bundle")
            site = {
                "schedule": {"period_s": PERIOD_S},
                "detector": {"backend": "onnxruntime"},
                "hysteresis": {"confirm_frames": 1, "confirm_s": 0},
            } | more.pop("site", {})
            site["cameras"] = {name: {"bundles": str(bundle)} for name in CAMERAS} | site.get("cameras", {})
            return ends.enter_context(Installation(tmp_path, files, site, source=SOURCE, **more))

        yield install


def expected(camera: str) -> list[str]:
    return ["occupied" if taken else "free" for taken in pattern(CAMERAS.index(camera))]


def read(node: Installation, camera: str) -> list[str]:
    return [slot["state"] for slot in node.camera(camera)["slots"].values()]


def since(node: Installation) -> dict[str, list[str]]:
    return {
        name: [slot["since"] for slot in camera["slots"].values()] for name, camera in node.now()["cameras"].items()
    }


def looked(node: Installation) -> dict[str, int]:
    """Frames looked at, by camera."""
    return {name: camera["looked"] for name, camera in node.now()["cameras"].items()}


def test_two_of_nine_are_dead_and_the_others_get_their_turns(installed: Callable[..., Installation]) -> None:
    nobody = {"kind": "rtsp", "url": f"rtsp://127.0.0.1:{free_port()}/C2", **SOURCE}
    node = installed(site={"cameras": {"C2": {"bundles": "bundle", "source": nobody}}})
    dead, live = CAMERAS[:2], CAMERAS[2:]
    node.networks["C1"].frozen.set()  # it takes the connection and says nothing
    node.start()
    until(lambda: node.status("/healthz") == 200, "healthy")
    node.ready()
    until(lambda: node.known(*live), "the seven are read")
    assert {name: read(node, name) for name in live} == {name: expected(name) for name in live}
    began, before = time.monotonic(), looked(node)

    def more() -> dict[str, int]:
        return {name: count - before[name] for name, count in looked(node).items()}

    # However busy the machine is: the dead take no turns from the others, and none of those takes another's.
    until(lambda: min(more()[name] for name in live) >= 12, "twelve more looks at each live camera")
    after, took = more(), time.monotonic() - began
    assert after["C1"] == after["C2"] == 0
    assert max(after.values()) <= took / PERIOD_S + 2
    assert max(after[name] for name in live) <= 2 * min(after[name] for name in live), after
    for name in dead:
        camera = node.camera(name)
        assert camera["source"]["state"] == "down"
        assert {(slot["state"], slot["why"]) for slot in camera["slots"].values()} == {("unknown", "down")}
        assert len(camera["slots"]) == 8
    assert node.status("/readyz") == 200


def test_unplugged_and_back(installed: Callable[..., Installation]) -> None:
    node = installed()
    node.start()
    node.ready()
    until(node.known, "all are read")
    before = since(node)
    node.networks["C4"].frozen.set()
    until(lambda: node.camera("C4")["counts"]["unknown"] == 8, "unknown", STALE_S + SLACK_S)
    camera = node.camera("C4")
    if camera["source"]["state"] == "stale":
        silent = datetime.fromisoformat(camera["source"]["since"]) - datetime.fromisoformat(camera["time"])
        assert silent.total_seconds() >= STALE_S
    why = {slot["why"] for slot in node.camera("C4")["slots"].values()}
    assert why <= {"stale", "down"}
    until(lambda: node.camera("C4")["source"]["state"] == "down", "down", RESTART_S + SLACK_S)
    until(lambda: {slot["why"] for slot in node.camera("C4")["slots"].values()} == {"down"}, "it says so")
    assert node.known(*(name for name in CAMERAS if name != "C4"))
    node.networks["C4"].frozen.clear()
    until(node.known, "read again", SLACK_S)
    assert since(node) == before


def test_the_camera_server_is_killed_and_restarted(installed: Callable[..., Installation]) -> None:
    node = installed()
    node.start()
    node.ready()
    until(node.known, "all are read")
    before = since(node)
    node.server.kill()
    until(lambda: node.now()["counts"]["unknown"] == 8 * len(CAMERAS), "all unknown", SLACK_S)
    node.server.start()
    until(node.known, "all read again", SLACK_S)
    assert since(node) == before


def test_garbage_and_another_resolution(installed: Callable[..., Installation]) -> None:
    node = installed({"C1": "sizes"})
    rng = random.Random(3)

    def spoil(data: bytes) -> bytes:
        spoiled = bytearray(data)
        for _ in range(max(1, len(data) // 50)):
            spoiled[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(spoiled)

    node.start()
    node.ready()
    until(node.known, "all are read")
    node.networks["C2"].spoil = spoil
    node.networks["C3"].spoil = lambda data: bytes(len(data))
    widths = set()

    def both_sizes() -> bool:
        assert node.lives
        widths.add(jpeg_width(node.get("/api/v1/cameras/C1/snapshot.jpg?plain=true")))
        assert read(node, "C1") == expected("C1")
        return widths >= {480, 640}

    until(both_sizes, "both resolutions were seen")
    until(lambda: node.camera("C3")["counts"]["unknown"] == 8, "nothing is known of garbage", STALE_S + SLACK_S)
    assert node.known("C4", "C5", "C6", "C7", "C8", "C9")
    assert set(read(node, "C2")) <= {*expected("C2"), "unknown"}
    for name in ("C2", "C3"):
        node.networks[name].spoil = lambda data: data
    until(node.known, "read again", SLACK_S)
    assert {name: read(node, name) for name in CAMERAS} == {name: expected(name) for name in CAMERAS}
    assert node.lives


def jpeg_width(data: bytes) -> int:
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return 0 if image is None else int(image.shape[1])


def test_broker_is_away_under_load(installed: Callable[..., Installation]) -> None:
    node = installed(dict.fromkeys(CAMERAS, "turns"), site={"schedule": {"period_s": 0.2}})
    node.start()
    node.ready()
    told = node.subscriber.numbers
    until(lambda: len(told) > 200, "events come", 90)
    last = node.now()["last_event"]
    node.broker_leaves()
    until(lambda: node.now()["last_event"] > last + 300, "events pile up")
    node.broker.start()
    last = node.now()["last_event"]
    until(lambda: told and max(told) >= last, "all are delivered")
    told = list(told)  # its cars move on
    assert in_order(told)
    assert sorted(set(told)) == list(range(1, max(told) + 1))
    assert node.status("/healthz") == 200


def test_node_is_killed_and_started_again(installed: Callable[..., Installation]) -> None:
    node = installed()
    node.start()
    node.ready()
    until(node.known, "all are read")
    before, last, family = since(node), node.now()["last_event"], node.children()
    assert len(family) == 1 + len(CAMERAS)
    until(lambda: max(node.subscriber.numbers, default=0) >= last, "all told")
    node.kill()
    until(lambda: not any(cmdline(pid) for pid in family), "its children end with it", 60)
    available = "lotwise/lot/available"
    until(lambda: node.subscriber.payloads(available)[-1:] == [b"offline"], "the broker tells that it is gone")
    node.start()
    until(lambda: node.status("/healthz") == 200, "it answers")
    assert node.known()  # before any camera was asked
    assert since(node) == before
    node.ready()
    until(lambda: all(camera["looked"] for camera in node.now()["cameras"].values()), "all are looked at")
    assert node.known()
    assert since(node) == before
    until(lambda: node.subscriber.payloads(available) == [b"online", b"offline", b"online"], "and that it is back")
    until(lambda: node.subscriber.numbers[-1] == node.now()["last_event"] > last, "later events are told")
    history = node.events()
    assert [event["number"] for event in history] == list(range(1, len(history) + 1))
    assert [event["after"] for event in history if event["subject"] == "node"] == ["running", "running"]
    assert not [event for event in history[last:] if event["subject"] == "slot"]
    assert in_order(list(node.subscriber.numbers))
    until(lambda: set(node.subscriber.numbers) == {one["number"] for one in node.events()}, "each of them is told")
    held = node.subscriber.state()
    told = [json.loads(held[f"lotwise/lot/C1/slot/{place + 1}"])["state"] for place in range(8)]
    assert told == expected("C1")


@pytest.mark.parametrize("victim", ["decoders", "fork server", "all"])
def test_children_are_killed(victim: str, installed: Callable[..., Installation]) -> None:
    node = installed()
    node.start()
    node.ready()
    until(node.known, "all are read")
    before, family = since(node), node.children()
    fork_servers = [pid for pid in family if node.node and parent_of(pid) == node.node.pid]
    decoders = [pid for pid in family if pid not in fork_servers]
    victims = {"decoders": decoders, "fork server": fork_servers, "all": family}[victim]
    frames = {name: camera["looked"] for name, camera in node.now()["cameras"].items()}
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(cmdline(pid) for pid in victims), "they are gone")
    until(
        lambda: all(camera["looked"] > frames[name] + 4 for name, camera in node.now()["cameras"].items()),
        "all cameras go on",
        SLACK_S,
    )
    until(node.known, "all are read again")
    assert since(node) == before
    until(lambda: len(node.children()) == 1 + len(CAMERAS) or victim == "fork server", "one child a camera")


def test_password_is_told_nowhere(installed: Callable[..., Installation]) -> None:
    with RtspServer("--user", f"operator:{PASSWORD}") as right, RtspServer("--user", "operator:other") as wrong:
        account = {"username": "operator", "password": {"env": "CAMERA_PASSWORD"}}
        bundle = {"bundles": "bundle"}
        site = {
            "cameras": {
                "right": bundle | {"source": {"kind": "rtsp", "url": right.url(), **account, **SOURCE}},
                "wrong": bundle | {"source": {"kind": "rtsp", "url": wrong.url(), **account, **SOURCE}},
            }
        }
        node = installed(site=site, environment={"CAMERA_PASSWORD": PASSWORD})
        node.start()
        node.ready()
        until(lambda: node.camera("right")["looked"] > 2, "it has logged in")
        until(lambda: "refuses" in node.camera("wrong")["source"]["why"], "the other one refuses")
        wrong.kill()
        right.kill()
        until(lambda: node.camera("right")["source"]["state"] != "live", "it is away", SLACK_S)
        until(lambda: node.subscriber.state().get("lotwise/lot/right/available") == b"offline", "told")
        told = [payload for _, payload, _ in node.subscriber.messages]
        told += [node.get(path) for path in ("/", "/metrics", "/api/v1/state", "/api/v1/events", "/openapi.json")]
        told += [node.get(f"/api/v1/cameras/{name}") for name in ("right", "wrong")]
        told += [cmdline(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()
                 if b"rtsp_server" not in cmdline(int(entry.name))]  # fmt: skip
        assert node.stop() == 0
        told += [path.read_bytes() for path in (node.log, *(node.folder / "state").glob("*")) if path.is_file()]
    assert len(told) > 100
    assert not [text[:300] for text in told if PASSWORD.encode() in text]


def test_stopped_in_order_and_started_again(installed: Callable[..., Installation]) -> None:
    node = installed({"C1": "turns"})
    node.start()
    node.ready()
    until(node.known, "all are read")
    family = node.children()
    assert node.stop() == 0
    until(lambda: node.subscriber.payloads("lotwise/lot/available")[-1] == b"offline", "it says good-bye")
    until(lambda: not any(cmdline(pid) for pid in family), "its children end with it")
    told = list(node.subscriber.numbers)
    node.start()
    node.ready()
    until(lambda: node.subscriber.numbers[-1] == node.now()["last_event"] > told[-1], "later events are told")
    numbers = list(node.subscriber.numbers)  # the cars of C1 move on
    assert numbers == list(range(1, numbers[-1] + 1))
