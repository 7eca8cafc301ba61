"""The ways of adapting cameras are run by the command line, and what they cost stands beside one process."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.executors.cost import BASE, PARTS, Sizes, measure, summary


def run_of(way: str, cpu: float, seconds: float) -> dict[str, Any]:
    of_parts = {"command": 1.0, "tasks": cpu - 1.0, "Ray": 0.0}
    return {"way": way, "all_cpu_s": cpu, "seconds": seconds, "cpu_s": of_parts, "mb": dict.fromkeys(PARTS, cpu)}


def test_costs_are_medians_beside_those_of_one_process() -> None:
    local = "local, 2 workers"
    runs = [run_of(BASE, cpu, cpu) for cpu in (40, 44, 42)] + [run_of(local, cpu, cpu / 2) for cpu in (62, 70, 60)]
    alone, side_by_side = summary(runs, cameras=4)
    assert (alone["way"], alone["more_cpu_s_a_camera"]) == (BASE, 0)
    assert side_by_side["more_cpu_s_a_camera"] == 5
    assert side_by_side["all_cpu_s"] == [62, 60, 70]
    assert side_by_side["seconds"] == [31, 30, 35]
    assert side_by_side["mb"]["tasks"] == 70
    assert summary(runs[3:], cameras=4)[0]["more_cpu_s_a_camera"] is None


@pytest.mark.slow
def test_a_small_one_runs_and_tells_whose_time_it_was(tmp_path: Path) -> None:
    sizes = Sizes(cameras=2, steps=2, size=64)
    ways = (BASE, "local, 2 workers")
    found = measure(tmp_path, sizes, rounds=1, ways=ways)
    assert {one["way"] for one in found} == set(ways)
    by_way = {one["way"]: one for one in found}
    assert by_way[BASE]["cpu_s"]["tasks"] == 0 < by_way[BASE]["cpu_s"]["command"]
    assert by_way["local, 2 workers"]["cpu_s"]["tasks"] > 1
    assert (tmp_path / "run" / "report.json").is_file()
