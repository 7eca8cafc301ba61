"""A weak node alone, one that always asks its neighbour, and one that asks it where that pays, over several lines.

python benchmarks/offloading/compare.py --work DIR [--share 0.1] [--lines 20:5,20:50] --json docs/offloading.json

Two real nodes as processes. The weak one may use a share of a core (a control group, which needs root) and has a
student of a 320 px input; the strong one has what is left of the machine and the same network at 640 px. The line
between them is a relay of a given rate and delay (``line.py``). All rows look at the same frames in the same order,
PKLot's camera UFPR05 with its official slot states, each held for some looks with fresh noise, as fast as it goes and
once a second. Both students are the untouched nano: what is compared is who reads, not how well a student was taught.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import numpy as np
import psutil
import yaml

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from benchmarks.node_speed.machine import machine
from benchmarks.node_speed.memory_streams import LIST, write_streams
from benchmarks.offloading.bundles import write_bundles
from benchmarks.offloading.line import Line
from lotwise.datasets.frame import Dataset
from lotwise.datasets.readers.open import open_dataset

CAMERA = "UFPR05"
SIZES = {"weak": 320, "strong": 640}
TOKEN = "a token of this comparison"  # noqa: S105
HOLD, SETTLE = 3, 12
"""Looks at each frame, and at the first one before anything counts: until then who reads has been found out."""
TIMEOUT_S = 600.0
CGROUP = Path("/sys/fs/cgroup/cpu")
STRONG_SHARES = 8192
"""Weight of the strong node against each other process of the machine, 1024 each: it is to be the strong one also where
others are at work."""


@dataclass(frozen=True)
class Way:
    """One way to read frames.

    Attributes:
        offload: whether the neighbour may be asked. always: whether it alone reads. cache: with change detection.
        period_s: between two looks; 0 for as fast as it goes.
    """

    name: str
    offload: bool = True
    always: bool = False
    cache: bool = False
    period_s: float = 0.0


LOCAL, LOCAL_CACHED = Way("here only", offload=False), Way("here only, change detection", offload=False, cache=True)
WAYS = (
    Way("neighbour only", always=True),
    Way("automatic"),
    Way("automatic, change detection", cache=True),
)


@dataclass(frozen=True)
class Row:
    """What came of one way over one line.

    Attributes:
        mbit_s, delay_ms: of the line in each direction; None without one.
        fps: looks a second. p50_ms, p95_ms: of detected frames, from taking one to its slot states.
        right: share of the labelled slots that are told rightly after the last look at each frame.
        detected: share of the looks that were detected. there: share of these that the neighbour has read.
        bytes_a_look: of frames that left.
        weak_cpu_ms, strong_cpu_ms: processor time a look.
    """

    way: str
    period_s: float
    mbit_s: float | None
    delay_ms: float | None
    fps: float
    p50_ms: float
    p95_ms: float
    right: float
    detected: float
    there: float
    bytes_a_look: float
    weak_cpu_ms: float
    strong_cpu_ms: float


class Comparison:
    """Everything that the rows share.

    Args:
        work: folder for bundles, frames and state.
        data: frames with slot states.
        weights: of the network.
        share: of a core for the weak node.
        hold: looks at each frame.
        quality: JPEG quality of what leaves.
    """

    def __init__(self, work: Path, data: Dataset, weights: Path, share: float, hold: int, quality: int) -> None:
        self._work, self._share, self._hold, self._quality = work, share, hold, quality
        frames = data.of_camera(CAMERA)
        self._truth = [
            dict((data.truth[frame.name].slots if frame.name in data.truth else None) or {}) for frame in frames
        ]
        self._bundles = write_bundles(data, CAMERA, weights, SIZES, work / "bundles")
        if not (work / "streams" / LIST).is_file():
            write_streams(frames, hold, work / "streams")

    @contextmanager
    def strong(self) -> Iterator[tuple[int, psutil.Process]]:
        """The strong node, with its bundle loaded; its port and process."""
        folder = self._work / "strong"
        folder.mkdir(exist_ok=True)
        (folder / "token").write_text(TOKEN)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        site = {
            "name": "strong",
            "cameras": {"own": {"source": "http://127.0.0.1:9/none.jpg", "bundles": str(self._bundles["strong"])}},
            "detector": {"probe": False},
            "publish": {"api": {"port": port}},
            "serve_detection": {"cameras": {CAMERA: str(self._bundles["strong"])}, "tokens": [{"file": "token"}]},
        }
        (folder / "site.yaml").write_text(yaml.safe_dump(site))
        command = [sys.executable, "-m", "lotwise", "run", str(folder / "site.yaml")]
        with _group("strong", {"cpu.shares": STRONG_SHARES} if self._share < 1 else {}) as group:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                _wait_for_card(port)
                if group is not None:
                    (group / "cgroup.procs").write_text(str(process.pid))
                yield port, psutil.Process(process.pid)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)

    def row(self, way: Way, port: int | None, strong: psutil.Process | None, line: Line | None) -> Row:
        """Run the weak node once."""
        before = _cpu_s(strong)
        looks = self._weak(way, port)
        strong_s = _cpu_s(strong) - before
        detected = [look for look in looks if look["kind"] == "detected"]
        took_s = looks[-1]["at_s"] - looks[0]["at_s"]
        counted = len(looks) - 1  # from the end of the first look on
        latencies = np.array([look["latency_s"] for look in detected]) * 1000
        return Row(
            way.name,
            way.period_s,
            None if line is None or line.bytes_per_s is None else line.bytes_per_s * 8e-6,
            None if line is None else line.delay_s * 1000,
            counted / took_s,
            float(np.percentile(latencies, 50)),
            float(np.percentile(latencies, 95)),
            self._right(looks),
            len(detected) / len(looks),
            sum(look["reader"] == "neighbour" for look in detected) / len(detected),
            (looks[-1]["sent_bytes"] - looks[0]["sent_bytes"]) / counted,
            1000 * (looks[-1]["cpu_s"] - looks[0]["cpu_s"]) / counted,
            1000 * strong_s / (len(looks) + SETTLE),
        )

    def _right(self, looks: Sequence[Mapping[str, Any]]) -> float:
        right = total = 0
        for look in looks:
            if not look["last"]:
                continue
            truth = self._truth[look["place"]]
            right += sum(look["states"].get(name) == state for name, state in truth.items())
            total += len(truth)
        return right / total

    def _weak(self, way: Way, port: int | None) -> list[dict[str, Any]]:
        folder = self._work / "weak"
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        folder.mkdir()
        (folder / "token").write_text(TOKEN)
        detector: dict[str, Any] = {"probe": False}
        if way.offload:
            detector["offload"] = {
                "url": f"http://127.0.0.1:{port}",
                "token": {"file": str(folder / "token")},
                "frames": {"allow": True, "quality": self._quality},
            }
        job = {
            "site": {
                "name": "weak",
                "cameras": {CAMERA: {"source": str(folder), "bundles": str(self._bundles["weak"])}},
                "schedule": {"period_s": way.period_s},
                "detector": detector,
                "view": {"enabled": False},  # the camera was turned a little between days, which is not measured here
                "change_detection": {"enabled": way.cache},
                "hysteresis": {"confirm_frames": 2, "confirm_s": 0},
                "trust": {"enabled": False},
                "publish": {"api": {"enabled": False}},
                "state": str(folder / "state"),
            },
            "folder": str(folder),
            "streams": str(self._work / "streams"),
            "hold": self._hold,
            "settle": SETTLE,
            "always": way.always,
            "timeout_s": TIMEOUT_S,
            "out": str(folder / "looks.json"),
        }
        command = [sys.executable, str(Path(__file__).with_name("weak_node.py")), str(folder / "job.json")]
        # Short periods: in the usual 100 ms a process runs its share and then stands still for the rest.
        limits = {"cpu.cfs_period_us": 10000, "cpu.cfs_quota_us": round(10000 * self._share)}
        with _group("weak", limits if self._share < 1 else {}) as group:
            # It enters by itself once it is loaded: loading is not what is measured.
            (folder / "job.json").write_text(json.dumps({**job, "group": None if group is None else str(group)}))
            if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
                raise SystemExit(f"the weak node has failed; see {folder}")
        found: list[dict[str, Any]] = json.loads((folder / "looks.json").read_text())
        return found


@contextmanager
def _group(name: str, limits: Mapping[str, int]) -> Iterator[Path | None]:
    """A control group with limits; None where there are none."""
    if not limits:
        yield None
        return
    group = CGROUP / f"lotwise-{name}-{os.getpid()}"
    group.mkdir()
    try:
        for file, value in limits.items():
            (group / file).write_text(str(value))
        yield group
    finally:
        group.rmdir()


def _wait_for_card(port: int) -> None:
    request = Request(
        f"http://127.0.0.1:{port}/api/v1/detection/{CAMERA}", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    end = time.monotonic() + 120
    while True:
        try:
            build_opener(ProxyHandler({})).open(request, timeout=60).read()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def _cpu_s(process: psutil.Process | None) -> float:
    if process is None:
        return 0.0
    times = process.cpu_times()
    return float(times.user + times.system)


def _shown(rows: Sequence[Row]) -> Table:
    table = Table(
        "reads", "every s", "Mbit/s", "delay ms", "frames/s", "p50 ms", "p95 ms", "slots right", "detected", "there",
        "bytes", "CPU ms weak", "strong",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.way, _number(row.period_s), _number(row.mbit_s), _number(row.delay_ms), f"{row.fps:.1f}",
            f"{row.p50_ms:.0f}", f"{row.p95_ms:.0f}", f"{row.right:.3f}", f"{row.detected:.0%}", f"{row.there:.0%}",
            f"{row.bytes_a_look:.0f}", f"{row.weak_cpu_ms:.0f}", f"{row.strong_cpu_ms:.0f}",
        )  # fmt: skip
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _lines(text: str) -> list[tuple[float, float]]:
    pairs = [one.partition(":") for one in text.split(",")]
    return [(float(rate), float(delay)) for rate, _, delay in pairs]


def main(arguments: Sequence[str] | None = None) -> None:
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=shared / "data" / "pklot")
    parser.add_argument("--weights", type=Path, default=shared / "weights" / "yolo11n.pt")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--share", type=float, default=0.1, help="of a core, for the weak node; 1: the whole machine")
    parser.add_argument("--lines", type=_lines, default=_lines("50:2,20:20,5:20,20:100,1:20,20:300"))
    parser.add_argument("--slow-lines", type=_lines, default=_lines("20:20,5:100,1:100"), help="at one look a second")
    parser.add_argument("--hold", type=int, default=HOLD, help="looks at each frame")
    parser.add_argument("--quality", type=int, default=90, help="JPEG quality of what leaves")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    asked = parser.parse_args(arguments)
    asked.work.mkdir(parents=True, exist_ok=True)
    data = open_dataset("pklot", asked.root, (CAMERA,))
    comparison = Comparison(asked.work.resolve(), data, asked.weights, asked.share, asked.hold, asked.quality)
    console = Console(width=160)
    rows: list[Row] = []
    told = {"machine": machine(), "share": asked.share, "sizes": SIZES, "hold": asked.hold, "quality": asked.quality}

    def keep(row: Row) -> None:
        rows.append(row)
        console.print(
            f"{row.way}, {row.mbit_s} Mbit/s, {row.delay_ms} ms: {row.fps:.2f} frames/s, load {os.getloadavg()[0]:.1f}"
        )
        if asked.json:
            kept = {**told, "load": os.getloadavg(), "rows": [asdict(row) for row in rows]}
            asked.json.write_text(json.dumps(kept, indent=1) + "\n")

    for way in (LOCAL, LOCAL_CACHED, replace(LOCAL, period_s=1.0)):
        keep(comparison.row(way, None, None, None))
    with comparison.strong() as (port, process):
        for lines, ways in ((asked.lines, WAYS), (asked.slow_lines, (replace(WAYS[1], period_s=1.0),))):
            for rate, delay in lines:
                for way in ways:
                    line = Line(port, delay / 1000, rate * 1e6 / 8)
                    keep(comparison.row(way, line.port, process, line))
                    line.close()
    console.print(_shown(rows))


if __name__ == "__main__":
    main()
