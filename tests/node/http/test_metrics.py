"""What Prometheus reads of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.http.metrics import exposition, node_registry
from lotwise.node.refusal import Refusal
from tests.node.http.asking import ask, served
from tests.node.nodes import NOON, FakeNode, camera, slot

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def node() -> FakeNode:
    return FakeNode(
        [
            replace(camera("C1"), shadow="b-2", refusal=Refusal("b-3", "sees ghosts")),
            camera("C2", {"7": slot("occupied", score=0.5)}, SourceHealth("down", NOON), ViewReport("moved")),
            replace(camera("C3", {}), time=None, detected=0, bundle=""),
        ],
        further={"lotwise_mqtt_connected": 1.0, "lotwise_events_lost_total": 3.0},
    )


def samples(of: FakeNode) -> Samples:
    text = exposition(node_registry(of), "")[0].decode()
    families = list(text_string_to_metric_families(text))
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("lotwise_camera_frames_total", {"camera": "C1"}, 70),
        ("lotwise_camera_dropped_frames_total", {"camera": "C1"}, 5),
        ("lotwise_camera_looked_frames_total", {"camera": "C1"}, 65),
        ("lotwise_camera_detected_frames_total", {"camera": "C1"}, 40),
        ("lotwise_camera_unchanged_frames_total", {"camera": "C1"}, 20),
        ("lotwise_camera_untrusted_frames_total", {"camera": "C1"}, 5),
        ("lotwise_camera_reconnects_total", {"camera": "C1"}, 2),
        ("lotwise_camera_stalls_total", {"camera": "C1"}, 1),
        ("lotwise_camera_latency_seconds", {"camera": "C1"}, 0.031),
        ("lotwise_camera_last_frame_timestamp_seconds", {"camera": "C1"}, NOON.timestamp()),
        ("lotwise_camera_source_up", {"camera": "C1"}, 1),
        ("lotwise_camera_source_up", {"camera": "C2"}, 0),
        ("lotwise_camera_source_state", {"camera": "C2", "state": "down"}, 1),
        ("lotwise_camera_source_state", {"camera": "C2", "state": "live"}, 0),
        ("lotwise_camera_view_state", {"camera": "C2", "verdict": "moved"}, 1),
        ("lotwise_camera_view_state", {"camera": "C2", "verdict": "good"}, 0),
        ("lotwise_slots", {"camera": "C1", "state": "unknown"}, 1),
        ("lotwise_slots", {"camera": "C2", "state": "occupied"}, 1),
        ("lotwise_slots", {"camera": "C3", "state": "free"}, 0),
        ("lotwise_lot_slots", {"state": "free"}, 1),
        ("lotwise_lot_slots", {"state": "occupied"}, 2),
        ("lotwise_bundle_info", {"camera": "C1", "bundle": "b-1"}, 1),
        ("lotwise_shadow_bundle_info", {"camera": "C1", "bundle": "b-2"}, 1),
        ("lotwise_refused_bundle_info", {"camera": "C1", "bundle": "b-3"}, 1),
        ("lotwise_node_ready", {}, 1),
        ("lotwise_node_stuck", {}, 0),
        ("lotwise_mqtt_connected", {}, 1),
        ("lotwise_events_lost_total", {}, 3),
    ],
)
def test_values(name: str, labels: dict[str, str], value: float) -> None:
    assert samples(node())[name, tuple(sorted(labels.items()))] == value


def test_what_is_not_known_is_left_out() -> None:
    found = samples(node())
    for name in ("lotwise_camera_latency_seconds", "lotwise_camera_last_frame_timestamp_seconds"):
        assert (name, (("camera", "C3"),)) not in found


def test_labels_stay_few() -> None:
    labels = {name for (metric, pairs) in samples(node()) if metric.startswith("lotwise") for name, _ in pairs}
    assert labels == {"camera", "row", "state", "verdict", "bundle", "version"}


def test_the_process_is_told_too() -> None:
    found = samples(node())
    assert found["process_resident_memory_bytes", ()] > 1e6
    assert found["process_cpu_seconds_total", ()] > 0


def test_each_scrape_reads_anew_in_the_format_asked_for() -> None:
    shown = node()
    with served(shown) as url:
        first = ask(f"{url}/metrics")
        shown.hangs = "no frame for 40 s"
        second = ask(f"{url}/metrics", {"Accept": "application/openmetrics-text; version=1.0.0"})
    assert first.headers["content-type"].startswith("text/plain")
    assert "lotwise_node_stuck 0.0" in first.text
    assert second.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name for family in openmetrics.text_string_to_metric_families(second.text)}
    assert {"lotwise_camera_frames", "lotwise_bundle"} <= families
    assert "lotwise_node_stuck 1.0" in second.text


def test_a_shared_place_counts_once_in_its_row_and_in_the_lot() -> None:
    cameras = [camera("C1", {"A7": slot("free"), "A8": slot("free")}), camera("C2", {"A7": slot("free")})]
    node = FakeNode(cameras, shared={"A7": {"C1": "A7", "C2": "A7"}})
    with served(node) as url:
        text = ask(f"{url}/metrics").text
    assert 'lotwise_lot_slots{state="free"} 2.0' in text
    assert 'lotwise_slots{camera="C1",state="free"} 2.0' in text  # its own view
    assert 'lotwise_row_slots{camera="",row="",state="free"} 1.0' in text
    assert 'lotwise_row_slots{camera="C1",row="",state="free"} 1.0' in text
    assert "lotwise_disagreements 0.0" in text
    assert 'lotwise_camera_compared_places_total{camera="C2"} 1.0' in text
