"""What a hub bears: many simulated nodes report and send frames at once.

python benchmarks/hub/load.py [--nodes 200] [--minutes 5] [--cameras 2] [--mb-a-day 50] [--json F] [--plot F]
    [--postgresql postgresql://user@host/name]

The hub is a process of its own, as it is served; the nodes are threads of another one, with real keys, over real HTTP
on loopback. No student is made meanwhile. Latency is from the first byte of the request to the last of the answer, as
a node sees it, on a machine whose load stands in the table. A request is lost where the hub has not done it in the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from benchmarks.hub.nodes import TRIES, Load, Request, SimulatedNode

KINDS = ("enrol", "report", "frame")
HUB_FILE = """name: load
listen: {port: 0}
codes: [{code: {env: LOAD_CODE}}]
report_s: REPORT_S
"""
PASSWORD = "LOAD_PASSWORD"  # noqa: S105 the variable's name
"""Variable of the environment with the password at the PostgreSQL server."""
DAY_S = 86_400


def serve(path: Path) -> None:
    """The hub's server until standard input ends; the port is written to standard output."""
    from lotwise.hub.http.server import HubServer
    from lotwise.hub.hub import empty_uploads, open_hub
    from lotwise.hub.reading import read_hub

    hub = open_hub(read_hub(path))
    empty_uploads(hub.folders)
    server = HubServer(hub)
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()
    server.close()
    hub.close()


def measure(
    nodes: int,
    minutes: float,
    cameras: int,
    slots: int,
    report_s: float,
    frame_kb: float,
    mb: float,
    url: str | None = None,
) -> Any:
    """Serve, load, and look at what is left; tables are SQLite, or at ``url``, where they are empty."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.yaml"
        text = HUB_FILE.replace("REPORT_S", str(report_s))
        if url is not None:
            text += f"database: {{url: {json.dumps(url)}, password: {{env: {PASSWORD}}}}}\n"
        path.write_text(text, encoding="utf-8")
        code = secrets.token_hex(16)
        hub = subprocess.Popen(
            [sys.executable, __file__, "--serve", str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"LOAD_CODE": code},
        )  # fmt: skip
        assert hub.stdout is not None
        port, begin = int(hub.stdout.readline()), time.monotonic()
        done: list[Request] = []
        frame_s = frame_kb * 1e3 * DAY_S / (mb * 1e6)
        load = Load(port, code, cameras, slots, report_s, frame_s, frame_kb, begin, begin + minutes * 60)
        threads = [SimulatedNode(number, load, done.append) for number in range(nodes)]
        for thread in threads:
            thread.start()
        memory = _watch(hub.pid, begin, threads)
        used = _cpu_s(hub.pid)
        wall = time.monotonic() - begin
        hub.communicate()
        database_mb, growth = _size(path), _growth(path, nodes)
        return {
            "database": "SQLite" if url is None else "PostgreSQL",
            "nodes": nodes, "cameras_a_node": cameras, "slots_a_camera": slots, "minutes": round(wall / 60, 2),
            "report_s": report_s, "frame_kb": frame_kb, "mb_a_day": mb,
            "load_average": os.getloadavg()[1], "cores": os.cpu_count(),
            "kinds": {kind: _figures([one for one in done if one.kind == kind]) for kind in KINDS},
            "lost": sum(one.kind == "lost" for one in done),
            "hub_cpu_s": round(used, 1), "hub_cpu_ms_a_request": round(used * 1000 / max(1, len(done)), 2),
            "hub_cpu_share_of_a_core": round(used / wall, 3),
            "hub_memory_mb": memory,
            "database_mb": round(database_mb / 1e6, 2),
            "database_mb_a_day": growth,
            "requests": [(one.kind, round(one.at, 2), round(one.took, 4)) for one in done if one.status == 200],
        }  # fmt: skip


def _watch(pid: int, begin: float, threads: list[SimulatedNode]) -> list[tuple[float, float]]:
    """(seconds, MB) of the hub's memory until all nodes are done."""
    seen = []
    while any(thread.is_alive() for thread in threads):
        said = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        seen.append((round(time.monotonic() - begin, 1), round(int(said[1]) / 1000, 1) if said else 0.0))
        threading.Event().wait(5)
    return seen


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _figures(requests: list[Request]) -> dict[str, Any]:
    took = [one.took * 1000 for one in requests if one.status == 200]
    p50, p95, p99 = (round(float(one), 1) for one in np.percentile(took, (50, 95, 99))) if took else (0.0, 0.0, 0.0)
    statuses = Counter(str(one.status) for one in requests)
    return {"done": len(took), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "max_ms": round(max(took, default=0), 1),
            "statuses": dict(statuses)}  # fmt: skip


def _size(path: Path) -> int:
    """Bytes of the tables, once what is written has come there."""
    from sqlalchemy import text

    from lotwise.hub.database.database import open_database
    from lotwise.hub.reading import read_hub

    os.environ.setdefault("LOAD_CODE", secrets.token_hex(16))
    database = open_database(read_hub(path))
    try:
        if database.engine.dialect.name == "postgresql":
            with database.reading() as session:
                return int(session.scalar(text("SELECT pg_database_size(current_database())")))
        with contextlib.closing(database.engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (path.parent / "hub-data" / "hub.sqlite").stat().st_size
    finally:
        database.close()


def _growth(path: Path, nodes: int) -> float:
    """MB that the history of one day adds to the tables, written as reports write it, for all cameras."""
    from lotwise.hub.database.cameras import cameras_of
    from lotwise.hub.database.database import open_database
    from lotwise.hub.database.reports import HISTORY_PERIOD, Said, note_report
    from lotwise.hub.reading import read_hub

    os.environ.setdefault("LOAD_CODE", secrets.token_hex(16))
    database, now = open_database(read_hub(path)), datetime.now(UTC) + timedelta(days=1)
    sizes = []
    with database.reading() as session:
        some = [(one.node, one.camera) for one in cameras_of(session)]
    share = some[: max(1, len(some) // 10)]  # a tenth of them tells as much
    for day in range(2):
        with database.writing() as session:
            for step in range(int(timedelta(days=1) / HISTORY_PERIOD)):
                moment = now + timedelta(days=day) + step * HISTORY_PERIOD
                for node, camera in share:
                    said = Said(camera, "0" * 16, "", "good", 0.97, "good", 5, 15, 0, {"verdict": "good"})
                    note_report(session, node, said, moment, None)
        sizes.append(_size(path))
    database.close()
    return round((sizes[1] - sizes[0]) / 1e6 * len(some) / len(share), 2)


def table(found: dict[str, Any]) -> Table:
    """What was measured, for people."""
    made = Table(title=f"{found['database']}, {found['nodes']} nodes, {found['minutes']} minutes, "
                 f"load average {found['load_average']:.0f} on {found['cores']} cores")  # fmt: skip
    for heading in ("request", "done", "p50 ms", "p95 ms", "p99 ms", "longest ms", "answers"):
        made.add_column(heading)
    for kind, row in found["kinds"].items():
        made.add_row(kind, str(row["done"]), *(f"{row[name]:.0f}" for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")),
                     str(row["statuses"]))  # fmt: skip
    return made


def plot(found: dict[str, Any], path: Path) -> None:
    """Latency of reports and frames and memory of the hub, over the time of the load."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (top, bottom) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 5), layout="constrained")
    for kind, colour in (("report", "tab:blue"), ("frame", "tab:orange")):
        some = [(at, took) for one, at, took in found["requests"] if one == kind]
        top.scatter([at for at, _ in some], [took for _, took in some], s=3, color=colour, label=kind)
    top.set(yscale="log", ylabel="seconds", title=f"{found['nodes']} nodes: time to the answer")
    top.legend()
    bottom.plot([at for at, _ in found["hub_memory_mb"]], [mb for _, mb in found["hub_memory_mb"]])
    bottom.set(ylim=(0, None), xlabel="seconds", ylabel="MB", title="memory of the hub")
    figure.savefig(path, dpi=90)


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--slots", type=int, default=20)
    parser.add_argument("--report-s", type=float, default=10)
    parser.add_argument("--frame-kb", type=float, default=200)
    parser.add_argument("--mb-a-day", type=float, default=50)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--postgresql", metavar="URL", help=f"of an empty database; its password in {PASSWORD}")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
        return
    found = measure(given.nodes, given.minutes, given.cameras, given.slots, given.report_s, given.frame_kb,
                    given.mb_a_day, given.postgresql)  # fmt: skip
    Console().print(table(found))
    peak = max((mb for _, mb in found["hub_memory_mb"]), default=0)
    print(f"lost: {found['lost']} (a request is tried {TRIES} times at most while the hub says to come again)")
    print(
        f"hub: {found['hub_cpu_ms_a_request']} ms of processor a request, {found['hub_cpu_share_of_a_core']} of a core"
    )
    print(f"hub: {peak} MB at most; tables grow by {found['database_mb_a_day']} MB a day")
    if given.plot:
        plot(found, given.plot)
    if given.json:
        kept = {name: value for name, value in found.items() if name != "requests"}
        given.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
