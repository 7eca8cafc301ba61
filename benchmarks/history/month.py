"""How long ``lotwise history`` takes for a month of nine cameras.

python benchmarks/history/month.py [--cameras 9] [--slots 45] [--changes 16] [--days 30] [--json F]

A node's history is written as the node writes it: in each camera ``--slots`` slots, each with about ``--changes``
changes a day (a lot in a town centre), a fault of each camera every second day, and a restart every night. Then the
command is run as its user runs it, each question in a process of its own, and timed as a whole: start of Python,
reading, adding up, files. The processor's time stands beside it, which other programs of the machine change less.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from lotwise.cameras.slots.state import SlotNow
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event

BATCH = 200
"""Events written at once, of some forty minutes. A node writes them one by one, which takes longer. Events that were
written a day after their frame or later would be those of a recording."""
QUESTIONS = {
    "by camera": ["--by", "camera"],
    "by row, CSV and plot": ["--by", "row", "--csv", "rows.csv", "--plot", "week.svg"],
    "by hour": ["--by", "hour"],
    "all stays as CSV": ["--by", "stay", "--csv", "stays.csv"],
    "everything as JSON": ["--json", "all.json"],
    "one day, by slot": ["--by", "slot", "--to", "29d"],
}


def write_month(path: Path, cameras: int, slots: int, changes: float, days: int) -> tuple[datetime, int]:
    """A month that ends now. Returns its begin and the number of events."""
    chance = np.random.default_rng(0)
    end = datetime.now(UTC)
    begin = end - timedelta(days=days)
    moments: list[tuple[datetime, Event]] = []
    states: dict[str, dict[str, SlotNow]] = {}
    for camera in (f"C{number}" for number in range(1, cameras + 1)):
        faults = [begin + timedelta(days=float(day) + chance.random()) for day in range(0, days, 2)]
        for slot in (f"A{number}" for number in range(1, slots + 1)):
            state, since, lost = "free", begin, 0
            at = begin
            while True:
                at += timedelta(days=float(chance.exponential(1 / changes)))
                if at >= end:
                    break
                if lost < len(faults) and faults[lost] < at:
                    down, up = faults[lost], faults[lost] + timedelta(minutes=10)
                    lost += 1
                    moments.append((down, _change(down, camera, slot, state, "unknown", down, "down")))
                    moments.append((up, _change(up, camera, slot, "unknown", state, since, "")))
                    at = max(at, up + timedelta(seconds=10))
                after = "occupied" if state == "free" else "free"
                moments.append((at, _change(at, camera, slot, state, after, at - timedelta(seconds=3), "")))
                state, since = after, at - timedelta(seconds=3)
            states.setdefault(camera, {})[slot] = SlotNow(state, since, 0.9)  # type: ignore[arg-type]
    about = {"cameras": list(states)}
    for day in range(days):
        at = begin + timedelta(days=day)
        until = (at - timedelta(seconds=30)).isoformat()
        moments.append((at, Event(at, "node", "", "", "stopped", "running", {**about, "until": until})))
    events = [event for _, event in sorted(moments, key=lambda pair: pair[0])]
    clock = begin

    def written() -> datetime:
        return clock

    journal = Journal(path, clock=written)
    for place in range(0, len(events), BATCH):
        clock = events[place].time
        journal.record(events[place : place + BATCH])
    journal.record([], states)
    journal.close()
    return begin, len(events)


def _change(at: datetime, camera: str, slot: str, before: str, after: str, since: datetime, why: str) -> Event:
    details = {"since": since.isoformat(), "score": 0.0 if after == "unknown" else 0.8731, "why": why}
    return Event(at, "slot", camera, slot, before, after, details)


def timed(site: Path, begin: datetime, options: list[str], repeats: int = 3) -> list[tuple[float, float]]:
    """Seconds of each run of the whole command: that passed, and of the processor."""
    command = [sys.executable, "-m", "lotwise", "history", str(site), "--from", begin.isoformat(), *options]
    seconds = []
    for _ in range(repeats):
        start, used = time.perf_counter(), _used()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=site.parent)
        seconds.append((time.perf_counter() - start, _used() - used))
    return seconds


def _used() -> float:
    """Seconds of the processor of all commands that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cameras", type=int, default=9)
    parser.add_argument("--slots", type=int, default=45)
    parser.add_argument("--changes", type=float, default=16)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site.yaml"
        cameras = "\n".join(f"  C{number}: {{source: frames}}" for number in range(1, asked.cameras + 1))
        site.write_text(f"name: lot\nschedule: {{timezone: Europe/Rome}}\ncameras:\n{cameras}\n")
        journal = Path(folder) / "state" / "history.sqlite"
        begin, events = write_month(journal, asked.cameras, asked.slots, asked.changes, asked.days)
        (Path(folder) / "state" / "heartbeat").touch()
        size_mb = sum(file.stat().st_size for file in journal.parent.iterdir()) / 1e6
        rows = {name: timed(site, begin, options) for name, options in QUESTIONS.items()}
    table = Table("question", "best s", "worst s", "CPU s", title=f"{events} events, {size_mb:.0f} MB")
    for name, seconds in rows.items():
        passed, used = zip(*seconds, strict=True)
        table.add_row(name, f"{min(passed):.2f}", f"{max(passed):.2f}", f"{min(used):.2f}")
    Console().print(table)
    if asked.json is not None:
        content = {
            "cameras": asked.cameras, "slots_a_camera": asked.slots, "days": asked.days, "events": events,
            "size_mb": round(size_mb, 1), "load_average": os.getloadavg()[0],
            "seconds": {name: [round(passed, 3) for passed, _ in each] for name, each in rows.items()},
            "cpu_seconds": {name: [round(used, 3) for _, used in each] for name, each in rows.items()},
        }  # fmt: skip
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
