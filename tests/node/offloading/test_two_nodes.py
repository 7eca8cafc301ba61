"""A weak node and its neighbour as processes: the neighbour reads, is killed, comes back, becomes slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.offloading.line import Line
from tests.free_port import free_port
from tests.hub_fleet.program import wait_for
from tests.node.offloading.two_nodes import Running, write_strong, write_weak
from tests.node.sites import LOT, history, states

pytestmark = pytest.mark.slow


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
    told: list[dict[str, Any]] = []

    def neighbour_reads() -> bool:
        # Now and then a frame is read here all the same: of one answer all is looked at.
        told.append(weak.camera())
        return (told[-1].get("offload") or {}).get("last") == "neighbour"

    wait_for(neighbour_reads, "the neighbour reads")
    now = told[-1]
    assert now["offload"]["reader"] == "neighbour" and "the neighbour reads: it answers within" in now["offload"]["why"]
    assert now["offload"]["last_bundle"] == now["offload"]["bundle"] != now["bundle"]
    assert [one["score"] for one in now["detections"]] == [0.7, 0.6]  # the neighbour's bundle says so, not the own
    assert {name: slot["state"] for name, slot in now["slots"].items()} == LOT
    strong.kill()
    wait_for(lambda: weak.offload.get("reader") == "local", "its own student takes over")
    wait_for(lambda: weak.offload.get("last") == "local", "and reads")
    now = weak.camera()
    assert "reads here, as the neighbour does not answer (" in now["offload"]["why"]
    assert now["offload"]["last_bundle"] == now["bundle"]
    assert [one["score"] for one in now["detections"]] == [0.9, 0.8]
    assert {name: slot["state"] for name, slot in now["slots"].items()} == LOT  # never unknown for it
    strong = running(strong_site)
    wait_for(lambda: weak.offload.get("reader") == "neighbour", "it reads again")
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
        wait_for(lambda: weak.offload.get("reader") == "neighbour", "the neighbour reads")
        line.delay_s = 1.0
        wait_for(lambda: weak.offload.get("reader") == "local", "it is let go")
        wait_for(lambda: "would be of use" in weak.offload.get("why", ""), "and why")
        line.delay_s = 0.0
        wait_for(lambda: weak.offload.get("reader") == "neighbour", "it is taken again")
        assert states(weak.site) == LOT
    finally:
        line.close()
