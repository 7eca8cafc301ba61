"""The node's benchmark: streams that look like a camera's, honest counting, and a whole run on a rendered site."""

import json
import math
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.node_speed.compare import cameras_of, main, possible
from benchmarks.node_speed.machine import machine
from benchmarks.node_speed.memory_streams import Streams, write_streams
from benchmarks.node_speed.process_memory import counted
from benchmarks.node_speed.processed_frames import ProcessedFrame, Window, figures
from benchmarks.node_speed.systems import SYSTEMS, Job, System, full_size
from benchmarks.node_speed.table import Row, cells, refused, targets
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.load import load

ULTRALYTICS = System("ultralytics-openvino", "Ultralytics", "openvino")
INT8 = System("lotwise-int8", "int8", precision="int8")
FLOAT = System("lotwise-float", "float")
AUTO = System("lotwise-auto", "auto", precision="auto", backend="auto", number_format="auto", probe=True)


@pytest.fixture(scope="module")
def streams(site: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Streams:
    folder = tmp_path_factory.mktemp("streams")
    write_streams(site.frames, 3, folder)
    return Streams(folder)


def test_a_stream_holds_a_frame_and_never_shows_the_same_picture_twice_in_a_row(
    streams: Streams, site: Dataset
) -> None:
    camera = site.cameras[1]
    truth = [load(frame).astype(int) for frame in site.of_camera(camera)]
    stream = streams.stream(camera, hold=5)
    shown = [stream.take().astype(int) for _ in range(5 * len(truth) + 1)]
    assert all((a != b).mean() > 0.5 for a, b in pairwise(shown))
    for look, image in enumerate(shown):
        off = image - truth[look // 5 % len(truth)]
        assert abs(off.mean()) < 1 and 1 < off.std() < 3, look


def test_frames_are_kept_as_they_were_taken(streams: Streams, site: Dataset) -> None:
    assert streams.frames == [(frame.camera, frame.name) for frame in site.frames]
    assert np.array_equal(streams.clean(4), load(site.frames[4]))


def test_figures_count_the_window_alone() -> None:
    looks = [
        ProcessedFrame("C1", 12.0, "detected", 9.0),  # before the window: the first result
        ProcessedFrame("C2", 13.5, "detected", 9.0),
        ProcessedFrame("C1", 20.0, "detected", 0.010),
        ProcessedFrame("C2", 21.0, "detected", 0.030),
        ProcessedFrame("C2", 22.0, "same", 0.0),
        ProcessedFrame("C1", 23.0, "refused", 0.0),
        ProcessedFrame("C1", 24.0, "detected", 9.0),  # after it
    ]
    found = figures(looks, Window(20.0, 24.0, 0.2), started=10.0)
    assert (found["frames"], found["detected"], found["same"], found["refused"]) == (4, 2, 1, 1)
    assert (found["frames_per_s"], found["first_s"], found["all_s"]) == (1.0, 2.0, 3.5)
    assert (found["latency_p50_ms"], found["cpu_ms"]) == (pytest.approx(20.0), pytest.approx(50.0))


def test_memory_is_of_all_mappings_but_the_streams() -> None:
    text = "00-10 r--p 0 0:0 1    /w/pool.npy\nRss: 900 kB\nPss: 900 kB\n10-20 rw-p 0 0:0 0 \nRss: 30 kB\nPss: 20 kB\n"
    again = text + "20-30 r-xp 0 0:0 5    /lib/a-b.so\nRss: 8 kB\nPss: 1 kB\nVmFlags: rd\n"
    assert counted(again, "pool.npy") == pytest.approx((21 * 1.024e-3, 38 * 1.024e-3))


def row(system: System, speed: list[float], right: int = 100, **other: float) -> Row:
    base = {
        "frames": 10,
        "detected": 10,
        "refused": 0,
        "latency_p50_ms": 1.0,
        "latency_p99_ms": math.nan,
        "cpu_ms": 1.0,
    }
    start = {"pss_mb": 500.0, "rss_mb": 600.0, "first_s": 1.0, "all_s": 2.0, "told_s": math.nan}
    return Row(system, [{**base, **start, "frames_per_s": one, **other} for one in speed], right, 100, 0.99)


@pytest.mark.parametrize(
    ("rows", "missed"),
    [
        ([row(ULTRALYTICS, [10.0]), row(INT8, [20.0]), row(FLOAT, [9.0])], set()),
        (
            [row(ULTRALYTICS, [10.0]), row(ULTRALYTICS, [11.0]), row(INT8, [20.0])],
            {"int8 / Ultralytics OpenVINO"},
        ),  # the best of its rows
        ([row(ULTRALYTICS, [10.0]), row(INT8, [19.0, 20.0, 90.0])], set()),  # median, not mean
        ([row(INT8, [20.0], pss_mb=600.0)], {"peak memory, MB"}),
        ([row(INT8, [20.0], all_s=3.5)], {"start to a result of every camera, s"}),
        ([row(INT8, [20.0], right=99), row(FLOAT, [9.0])], {"slots right, points under float"}),
        ([row(FLOAT, [9.0], right=99), row(INT8, [20.0])], set()),  # better than float is no loss
        ([row(INT8, [19.0]), row(AUTO, [20.0]), row(ULTRALYTICS, [10.0])], set()),  # the node as it comes
        # Of a reduced size: against Ultralytics at both sizes.
        ([row(ULTRALYTICS, [10.0]), row(full_size(ULTRALYTICS), [6.0]), row(AUTO, [18.5])], set()),
        (
            [row(ULTRALYTICS, [10.0]), row(full_size(ULTRALYTICS), [6.5]), row(AUTO, [15.5])],
            {"auto / Ultralytics at the full size", "auto / Ultralytics at the same size"},
        ),
        (
            [row(FLOAT, [9.0], right=99), row(full_size(FLOAT), [4.0]), row(AUTO, [20.0], right=99)],
            {"slots right, points under float at the full size"},
        ),
    ],
)
def test_targets_say_what_was_missed(rows: list[Row], missed: set[str]) -> None:
    assert {target.what for target in targets(rows) if not target.reached} == missed


def test_a_row_shows_its_spread_and_frames_that_were_not_detected() -> None:
    one = row(INT8, [9.0, 12.0, 10.0], detected=8, refused=2)
    assert cells(one)[:3] == ["int8", "80%", "10.0 (9.0 - 12.0)"]
    assert "6 of 30 frames were refused" in refused([one])[0]
    assert refused([row(INT8, [9.0])]) == []


def test_the_cameras_of_a_run_are_measured_where_none_is_named(tmp_path: Path) -> None:
    for camera in ("C3", "C1"):
        (tmp_path / "cameras" / camera / "bundles").mkdir(parents=True)
    (tmp_path / "cameras" / "C9").mkdir()
    assert cameras_of(tmp_path) == ["C1", "C3"]
    with pytest.raises(InputError, match="no bundles"):
        cameras_of(tmp_path / "cameras")


def test_bundles_without_int8_leave_those_rows_out_and_say_so(adapted: Path) -> None:
    bundles = {"C1": next((adapted / "cameras" / "C1" / "bundles").glob("*/"))}
    kept, notes = possible(SYSTEMS, bundles)
    assert {system.precision for system in kept} == {"float", "auto"}  # auto runs what there is
    assert "C1" in notes[0]


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    job = Job(ULTRALYTICS, {"C1": "b"}, {"C1": "m"}, "streams", "state", 1.0, 2.0, 100, accuracy=True, started=3.5)
    job.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == job


def test_the_machine_is_named() -> None:
    assert machine()["python"] == sys.version.split()[0]
    assert int(machine()["cores"]) > 0


def test_systems_that_do_not_exist_are_told(site: Dataset, adapted: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing to measure.*lotwise-int8"):
        main([*arguments(site, adapted, tmp_path), "--systems", "magic"])


@pytest.mark.slow
def test_a_whole_comparison(site: Dataset, adapted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--systems", "ultralytics-pt,lotwise-auto", "--quick", "--full", str(adapted)]
    main([*arguments(site, adapted, tmp_path), *wanted])
    found = json.loads((tmp_path / "o.json").read_text())
    rows = {one["system"]["key"]: one for one in found["rows"]}
    assert list(rows) == ["ultralytics-pt-full", "lotwise-auto-full", "ultralytics-pt", "lotwise-auto"]
    for one in rows.values():
        figures = one["rounds"][0]
        assert figures["frames"] == figures["detected"] > 0
        assert 0 < figures["first_s"] <= figures["all_s"] and figures["pss_mb"] > 20
        assert one["slots"] > 0
    assert found["profile"]["network"][0] > 0
    assert "Lotwise, as the machine decides, full size" in capsys.readouterr().out
    assert "| Ultralytics .pt".replace("| ", "|") in (tmp_path / "o.md").read_text()
    # What was measured is not measured again.
    main([*arguments(site, adapted, tmp_path), *wanted])
    again = json.loads((tmp_path / "o.json").read_text())
    assert [one["rounds"] for one in again["rows"]] == [one["rounds"] for one in found["rows"]]


def arguments(site: Dataset, adapted: Path, folder: Path) -> list[str]:
    return [
        "--dataset", "synthetic", "--root", str(site.root), "--run", str(adapted), "--work", str(folder / "work"),
        "--json", str(folder / "o.json"), "--markdown", str(folder / "o.md"),
    ]  # fmt: skip
