"""Who reads a camera, as page, API and metrics tell it."""

from __future__ import annotations

from dataclasses import replace

from lotwise.node.http.api_models import camera_detail
from lotwise.node.http.metrics import exposition, node_registry
from lotwise.node.http.page import page
from lotwise.node.offload_now import OffloadNow
from tests.node.nodes import FakeNode, camera, lot

NOW = OffloadNow(
    "https://strong.local:8770",
    "neighbour",
    "the neighbour reads: it answers within 60 ms of the <700> ms it has",
    "b" * 16,
    "local",
    "a" * 16,
    local_s=0.3,
    neighbour_s=None,
    limit_s=0.7,
    read=41,
    late=2,
    trials=3,
    failures=1,
    sent_bytes=123_456,
)
READ = replace(camera("C1"), offload=NOW)


def test_the_page_says_it_in_one_line() -> None:
    shown = page(lot([READ, camera("C2")]), [], None)
    assert shown.count("Detection: ") == 1
    assert "Detection: the neighbour reads: it answers within 60 ms of the &lt;700&gt; ms it has" in shown


def test_the_api_says_who_reads_and_who_has_read_the_last_frame() -> None:
    answer = camera_detail(READ).model_dump()["offload"]
    assert (answer["reader"], answer["last"], answer["last_bundle"]) == ("neighbour", "local", "a" * 16)
    assert answer["neighbour_s"] is None and answer["sent_bytes"] == 123_456
    assert camera_detail(camera("C2")).offload is None


def test_metrics_count_it_and_leave_out_what_is_not_known() -> None:
    told = exposition(node_registry(FakeNode([READ, camera("C2")])), "")[0].decode()
    assert 'lotwise_camera_reader{camera="C1",reader="neighbour"} 1.0' in told
    assert 'lotwise_camera_reader{camera="C1",reader="local"} 0.0' in told
    assert 'lotwise_camera_reading_seconds{camera="C1",of="local"} 0.3' in told
    assert 'of="neighbour"' not in told and 'reader{camera="C2"' not in told
    for name, value in {"read_frames": 41, "late_frames": 2, "trial_frames": 3, "failures": 1}.items():
        assert f'lotwise_camera_offload_{name}_total{{camera="C1"}} {value}.0' in told
    assert 'lotwise_camera_offload_sent_bytes_total{camera="C1"} 123456.0' in told
    assert "lotwise_camera_reader" not in exposition(node_registry(FakeNode([camera("C2")])), "")[0].decode()
