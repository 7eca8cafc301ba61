"""A weak node and its neighbour as processes: the neighbour reads, is killed, comes back, becomes slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.offloading.line import Line
from tests.node.mqtt.brokers import until
from tests.node.offloading.two_nodes import Running, free_port, write_strong, write_weak
from tests.node.sites import LOT, history, states

WAIT_S = 120.0


@pytest.fixture
def running() -> Iterator[Callable[[Path], Running]]:
    """Starts nodes, and kills those that the test leaves behind."""
    nodes: list[Running] = []

    def begin(site: Path) -> Running:
        nodes.append(Running(site))
        return nodes[-1]

    yield begin
    for node in nodes:
        node.close()


def test_the_neighbour_reads_until_it_is_killed_and_again_when_it_is_back(tmp_path: Path, running) -> None:
    port = free_port()
    strong_site = write_strong(tmp_path / "strong", port)
    strong, weak = running(strong_site), running(write_weak(tmp_path / "weak", port))
    until(lambda: weak.offload.get("last") == "neighbour", "the neighbour reads", WAIT_S)
    now = weak.camera()
    assert now["offload"]["reader"] == "neighbour" and "the neighbour reads: it answers within" in now["offload"]["why"]
    assert now["offload"]["last_bundle"] == now["offload"]["bundle"] != now["bundle"]
    assert [one["score"] for one in now["detections"]] == [0.7, 0.6]  # the neighbour's bundle says so, not the own
    assert {name: slot["state"] for name, slot in now["slots"].items()} == LOT
    strong.kill()
    until(lambda: weak.offload.get("reader") == "local", "its own student takes over", WAIT_S)
    until(lambda: weak.offload.get("last") == "local", "and reads", WAIT_S)
    now = weak.camera()
    assert "reads here, as the neighbour does not answer (" in now["offload"]["why"]
    assert now["offload"]["last_bundle"] == now["bundle"]
    assert [one["score"] for one in now["detections"]] == [0.9, 0.8]
    assert {name: slot["state"] for name, slot in now["slots"].items()} == LOT  # never unknown for it
    strong = running(strong_site)
    until(lambda: weak.offload.get("reader") == "neighbour", "it reads again", WAIT_S)
    metrics = weak.text("/metrics")
    assert 'lotwise_camera_reader{camera="C1",reader="neighbour"} 1.0' in metrics
    assert 'lotwise_camera_offload_read_frames_total{camera="C1"}' in metrics
    assert "Detection: the neighbour reads" in weak.text("/")
    assert "lotwise_served_frames_total" in strong.text("/metrics")
    said = weak.stop()
    assert "camera C1 reader: local -> neighbour (the neighbour reads" in said
    assert "camera C1 reader: neighbour -> local (reads here, as the neighbour does not answer" in said
    assert states(weak.site) == LOT
    changes = history(weak.site, "SELECT before, after FROM events WHERE subject = 'slot' AND after = 'unknown'")
    assert changes == []


def test_a_slow_line_is_found_out_and_a_quick_one_again(tmp_path: Path, running) -> None:
    port = free_port()
    running(write_strong(tmp_path / "strong", port))
    line = Line(port)
    try:
        weak = running(write_weak(tmp_path / "weak", line.port))
        until(lambda: weak.offload.get("reader") == "neighbour", "the neighbour reads", WAIT_S)
        line.delay_s = 1.0
        until(lambda: weak.offload.get("reader") == "local", "it is let go", WAIT_S)
        until(lambda: "would be of use" in weak.offload.get("why", ""), "and why", WAIT_S)
        line.delay_s = 0.0
        until(lambda: weak.offload.get("reader") == "neighbour", "it is taken again", WAIT_S)
        assert states(weak.site) == LOT
    finally:
        line.close()
