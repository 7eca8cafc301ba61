"""A camera node that runs for long while everything around it fails: does it leak, lose events, or stop?

python benchmarks/soak/run.py --run RUN [--minutes 30] [--seed 0] [--json F] [--plot P.png] [--markdown F]

RUN is a run folder of ``lotwise adapt --dataset cnr-ext``. Its cameras are played over RTSP from their real frames, the
node runs their bundles and publishes to a real broker. Faults come all the time (``faults.py``), but for a calm
minute at the start and at the end. Exit code 1 where a check fails.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.update(OPENVINO_TELEMETRY_OPT_OUT="1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.progress import track

from benchmarks.soak.faults import Fault, Mend, begin, schedule
from benchmarks.soak.films import write_films
from benchmarks.soak.report import Soak, checks, figures, plot, show, write_markdown
from benchmarks.soak.samples import Sample, Sampler
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.open import open_dataset
from tests.cameras.sources.cameras import cmdline
from tests.node.installation import Installation

CAMERA_PERIOD_S = 1.0
"""Seconds between two looks at a camera, as an operator would set them."""
SAMPLE_PERIOD_S = 5.0
"""Seconds between two samples of memory and counters: 360 of them in half an hour."""
HTTP_PERIOD_S = 1.0
"""Seconds between two requests to the node's HTTP API."""
POLL_S = 0.2
"""Seconds between two looks at what is due."""
START_TIMEOUT_S = 60.0
"""Seconds within which the node must detect something, and notice what was mended at the end."""
CALM_S = 60.0
"""Seconds without faults at the start and at the end."""
MAX_CALM_SHARE = 0.2
"""Share of a short soak that each of the two calm times takes at most."""
SOURCE_SETTINGS = {"backoff": {"cap_s": 10}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, required=True, help="run folder of lotwise adapt")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=2, help="frames a second of each stream")
    parser.add_argument("--hold", type=float, default=20, help="seconds for which a real frame is held")
    parser.add_argument("--precision", choices=("auto", "float", "int8"), default="auto")
    parser.add_argument("--json", type=Path, help="write figures, checks and all samples here")
    parser.add_argument("--plot", type=Path, help="write a picture of memory over time here")
    parser.add_argument("--markdown", type=Path, help="write the tables here")
    arguments = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soak = run(arguments, Path(folder), console)
    if arguments.json:  # the samples first: whatever becomes of the report, an hour must not be lost with it
        raw = {"faults": [asdict(one) for one in soak.faults], "samples": [asdict(one) for one in soak.samples]}
        arguments.json.write_text(json.dumps({**raw, "log": soak.log}) + "\n")
    verdicts = checks(soak)
    show(console, soak, verdicts)
    if arguments.json:
        content = {
            "figures": figures(soak), "checks": [asdict(one) for one in verdicts],
            "faults": [asdict(one) for one in soak.faults], "samples": [asdict(one) for one in soak.samples],
        }  # fmt: skip
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")
    if arguments.plot:
        plot(soak, arguments.plot)
    if arguments.markdown:
        write_markdown(soak, verdicts, arguments.markdown)
    sys.exit(0 if all(one.holds for one in verdicts) else 1)


def run(arguments: argparse.Namespace, folder: Path, console: Console) -> Soak:
    """The whole soak: streams, node, faults, end."""
    said = json.loads((arguments.run / "run.json").read_text())
    dataset = open_dataset(said["dataset"], Path(said["root"]))
    cameras = tuple(sorted(path.parent.name for path in (arguments.run / "cameras").glob("*/bundles")))
    console.print(f"streams of {len(cameras)} cameras …")
    held, key = round(arguments.hold * arguments.rate), max(1, round(2 * arguments.rate))
    films = write_films(dataset.frames, cameras, folder / "films", held, key, arguments.seed)
    for camera in cameras:
        bundles = folder / "run" / "cameras" / camera / "bundles"
        shutil.copytree(arguments.run / "cameras" / camera / "bundles", bundles)
        # A bundle that went live just now would be watched by the one before, and both be in memory.
        Registry(bundles).end_probation(Registry(bundles).state().live or "")
    site = {
        "run": "run", "schedule": {"period_s": CAMERA_PERIOD_S}, "detector": {"precision": arguments.precision},
        "swap": {"probation_s": 20}, "shared_slots": True,
    }  # fmt: skip
    with Installation(folder, films, site, arguments.rate, source=SOURCE_SETTINGS) as installed:
        return _soak(installed, folder / "run", arguments)


def _soak(site: Installation, registries: Path, arguments: argparse.Namespace) -> Soak:
    seconds = arguments.minutes * 60
    calm = min(CALM_S, MAX_CALM_SHARE * seconds)
    faults = schedule(site.cameras, calm, seconds - calm, arguments.seed)
    samples: list[Sample] = []
    cold_s = _first_detection(site)  # models are compiled, and kept for the next start
    told_s = _first_state(site)
    site.stop()
    warm_s = _first_detection(site)
    sampler = Sampler(site)
    with Clients(site, arguments.seed) as clients:
        crash = ""
        try:
            course = _misfortune(site, registries, faults, seconds, arguments.seed)
            for now in track(course, "soaking", seconds / POLL_S):
                if now >= len(samples) * SAMPLE_PERIOD_S:
                    samples.append(sampler.sample(now))
        except OSError as error:
            crash = f"{error}; its log ends: {site.said()}"
    last, changes = (0, 0) if crash else _told(site)
    children = sampler.children()
    code = site.stop() if site.node is not None and site.lives else None
    return Soak(
        seconds=seconds,
        calm_s=calm,
        period_s=CAMERA_PERIOD_S,
        cameras=site.cameras,
        faults=tuple(faults),
        samples=tuple(samples),
        crash=crash,
        exit_code=code,
        left=len([process for process in children if cmdline(process)]),
        cold_s=cold_s,
        warm_s=warm_s,
        told_s=told_s,
        last_event=last,
        numbers=tuple(site.subscriber.numbers),
        asked=clients.asked,
        unanswered=tuple(clients.unanswered),
        bundle_events=changes,
        log=tuple(site.log.read_text(errors="replace").splitlines()),
    )


def _misfortune(
    site: Installation, registries: Path, faults: Sequence[Fault], seconds: float, seed: int
) -> Iterator[float]:
    """Let faults begin and end when they are due; gives the seconds since the start, every now and then."""
    rng, began, due = random.Random(seed), time.monotonic(), deque(faults)
    mends: list[tuple[float, Mend]] = []
    while (now := time.monotonic() - began) < seconds:
        for pair in [pair for pair in mends if pair[0] <= now]:
            pair[1]()
            mends.remove(pair)
        while due and due[0].begin_s <= now:
            fault = due.popleft()
            mends.append((fault.end_s, begin(fault, site, registries, rng)))
        yield now
        time.sleep(POLL_S)


def _told(site: Installation) -> tuple[int, int]:
    """Number of the last event, once the subscriber was told it or half a minute is over; how many are of bundles."""
    end, last = time.monotonic() + 30, site.now()["last_event"]
    while max(site.subscriber.numbers, default=0) < last and time.monotonic() < end:
        time.sleep(POLL_S)
    return last, sum(event["subject"] == "bundle" for event in site.events())


def _first_detection(site: Installation) -> float:
    """Start the node; seconds until its API tells of a detected frame.

    Raises:
        InputError: not within a minute.
    """
    started = time.monotonic()
    site.start()
    while (seconds := time.monotonic() - started) < START_TIMEOUT_S:
        with suppress(OSError, ValueError, KeyError):
            if any(camera["detected"] for camera in site.now()["cameras"].values()):
                return seconds
        time.sleep(0.02)
    raise InputError(f"the node detected nothing within {START_TIMEOUT_S:.0f} s; its log says: {site.said()}")


def _first_state(site: Installation) -> float:
    """Seconds from the first event of the history, which says that the node runs, to the first slot that is known."""
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        history = site.events()
        known = [event for event in history if event["subject"] == "slot" and event["after"] != "unknown"]
        if known:
            return (_time(known[0]) - _time(history[0])).total_seconds()
        time.sleep(POLL_S)
    return math.nan


def _time(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["time"])


class Clients:
    """Somebody who always asks for state, page, metrics, events and pictures; ends with the ``with`` block."""

    def __init__(self, site: Installation, seed: int) -> None:
        self.asked = 0
        self.unanswered: list[str] = []
        self._site, self._rng = site, random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Clients:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.wait(HTTP_PERIOD_S):
            camera = self._rng.choice(self._site.cameras)
            for path in (f"/api/v1/cameras/{camera}/snapshot.jpg", "/", "/metrics", "/api/v1/events?after=1"):
                self.asked += 1
                if (status := self._site.status(path)) not in (200, 503):
                    self.unanswered.append(f"{path}: {status}")


if __name__ == "__main__":
    main()
