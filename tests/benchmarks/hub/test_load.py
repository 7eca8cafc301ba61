"""A little load: every request is done and counted."""

from benchmarks.hub.load import measure


def test_two_nodes_lose_nothing() -> None:
    found = measure(nodes=2, minutes=0.05, cameras=2, slots=3, report_s=1, frame_kb=20, mb=2000)
    assert found["lost"] == 0
    assert found["kinds"]["enrol"]["done"] == 2
    assert found["kinds"]["report"]["done"] >= 2
    assert found["hub_memory_mb"] and found["hub_cpu_s"] > 0 and found["database_mb_a_day"] > 0
