"""What a soak has shown: its figures, what had to hold, and memory over time as a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.soak.faults import KINDS, Fault
from benchmarks.soak.samples import Sample, slope

WARM_UP_SHARE = 0.2
"""Share of a soak after which memory must be flat."""
MAX_GROWTH_MB_PER_HOUR = 5.0
"""Memory that grows by less is flat: a day then costs 120 MB, and nodes are updated more often than every week."""
MAX_GROWTH_SHARE = 0.02
"""Memory that grew by less than this share of its level over what was measured is flat too: that is noise."""
SWAP_THREADS = 3
"""Threads that the first exchange of a bundle adds: the node's loader, which stays, and two of OpenVINO for the second
model while it is on probation. Measured with one camera; twelve more exchanges added none."""
MAX_MEMORY_MB = 600.0
"""The goal for nine cameras, PSS of the node and its children."""
MAX_START_S = 3.0
"""The goal from the start of the process until the first frame is detected."""


@dataclass(frozen=True)
class Soak:
    """All that was seen.

    Attributes:
        calm_s: without faults, at the start and at the end.
        crash: why it ended too early.
        exit_code: of the node that was stopped in order. left: its children that outlived it.
        cold_s, warm_s: from the start of the process until its API tells of a detected frame: at the first start, which
            compiles the models, and at a later one.
        told_s: from when the node runs to the first slot that is known, at the first start.
        last_event: number of the last event in the history. numbers: of all that the subscriber was told, in order.
        asked, unanswered: requests to the API, and those that were not answered with 200 or 503.
        log: lines.
    """

    seconds: float
    calm_s: float
    period_s: float
    cameras: tuple[str, ...]
    faults: tuple[Fault, ...]
    samples: tuple[Sample, ...]
    crash: str
    exit_code: int | None
    left: int
    cold_s: float
    warm_s: float
    told_s: float
    last_event: int
    numbers: tuple[int, ...]
    asked: int
    unanswered: tuple[str, ...]
    bundle_events: int
    log: tuple[str, ...]

    @property
    def warm(self) -> list[Sample]:
        return [one for one in self.samples if one.seconds >= WARM_UP_SHARE * self.seconds]

    @property
    def first_calm(self) -> list[Sample]:
        """From when all cameras were live until the first fault."""
        return [one for one in self.samples if one.seconds < self.calm_s and one.live == len(self.cameras)]

    @property
    def last_calm(self) -> list[Sample]:
        """The second half of the calm at the end."""
        return [one for one in self.samples if one.seconds >= self.seconds - self.calm_s / 2]


ERROR_WORDS = ("ERROR", "CRITICAL", "Traceback", "Exception")


@dataclass(frozen=True)
class Check:
    """Something that had to hold."""

    name: str
    holds: bool
    found: str


def growth(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    """Of a value, per hour; robust."""
    return slope([one.seconds for one in samples], [value(one) for one in samples]) * 3600


def figures(soak: Soak) -> dict[str, float]:
    """Name to value, in the order in which they are shown."""
    first, last = soak.samples[0], soak.samples[-1]
    looked = sum(last.looked.values()) - sum(first.looked.values())
    detected = last.detected - first.detected
    cpu = last.cpu_s - first.cpu_s
    totals = [one.total_mb for one in soak.samples]
    return {
        "minutes": soak.seconds / 60,
        "cameras": len(soak.cameras),
        "faults": len(soak.faults),
        "PSS of node and children, median, MB": median(totals),
        "PSS of node and children, peak, MB": max(totals),
        "PSS of the node's process, median, MB": median(one.node_mb for one in soak.samples),
        "PSS of fork server and decoders, median, MB": median(one.children_mb for one in soak.samples),
        "growth of all, MB/h": growth(soak.warm, lambda one: one.total_mb),
        "growth of the node's process, MB/h": growth(soak.warm, lambda one: one.node_mb),
        "start to first detection, s": soak.warm_s,
        "the same at the first start ever, s": soak.cold_s,
        "then to the first slot's state, s": soak.told_s,
        "frames looked at": looked,
        "frames detected": detected,
        "CPU a frame looked at, ms": 1000 * cpu / max(1, looked),
        "CPU a frame detected, ms": 1000 * cpu / max(1, detected),
        "CPU, share of one core": cpu / (last.seconds - first.seconds),
        "unknown slots, mean share": sum(one.unknown for one in soak.samples) / len(soak.samples),
        "events": soak.last_event,
        "events told twice": len(soak.numbers) - len(set(soak.numbers)),
        "most events waiting for the broker": max(one.undelivered for one in soak.samples),
        "bundle events": soak.bundle_events,
        "journal at the end, MB": last.journal_mb,
        "API requests": soak.asked,
        "log lines": len(soak.log),
    }


def checks(soak: Soak) -> list[Check]:
    """All that had to hold, and what was found."""
    found = [
        Check("no crash", not soak.crash, soak.crash or "none"),
        Check("stops in order, leaves nobody", soak.exit_code == 0 and not soak.left,
              f"exit code {soak.exit_code}, {soak.left} children left"),
        _no_errors(soak.log),
    ]  # fmt: skip
    if soak.crash:
        return found
    peak = max(one.total_mb for one in soak.samples)
    return [
        *found,
        _flat("memory of all flat", soak, lambda one: one.total_mb),
        _flat("memory of the node's process flat", soak, lambda one: one.node_mb),
        Check(f"within {MAX_MEMORY_MB:g} MB", peak < MAX_MEMORY_MB, f"peak {peak:.0f} MB"),
        Check(f"first detection within {MAX_START_S:g} s", soak.warm_s < MAX_START_S, f"{soak.warm_s:.1f} s"),
        _no_more("threads", soak, lambda one: one.threads, 2 + SWAP_THREADS),
        _no_more("file descriptors", soak, lambda one: one.files, 3),
        _no_more("child processes", soak, lambda one: one.children, 0),
        _events(soak),
        Check("every request answered", not soak.unanswered,
              f"{len(soak.unanswered)} of {soak.asked} not: {', '.join(soak.unanswered[:3])}"),
        *_live_again(soak),
    ]  # fmt: skip


def _flat(name: str, soak: Soak, value: Callable[[Sample], float]) -> Check:
    hourly = growth(soak.warm, value)
    grown = hourly * (soak.warm[-1].seconds - soak.warm[0].seconds) / 3600
    level = median(map(value, soak.warm))
    flat = hourly < MAX_GROWTH_MB_PER_HOUR or grown < MAX_GROWTH_SHARE * level
    return Check(name, flat, f"{hourly:+.1f} MB/h, {grown:+.1f} of {level:.0f} MB")


def _no_more(name: str, soak: Soak, value: Callable[[Sample], float], slack: int) -> Check:
    before = median(map(value, soak.first_calm)) if soak.first_calm else math.nan
    after = median(map(value, soak.last_calm)) if soak.last_calm else math.nan
    return Check(f"no more {name}", after <= before + slack, f"{before:g} before, {after:g} after")


def _no_errors(log: Sequence[str]) -> Check:
    errors = [number for number, line in enumerate(log) if line.startswith(ERROR_WORDS)]
    if not errors:
        return Check("no error in the log", True, "none")
    first = errors[0]
    # A traceback's last line, which alone is not indented, says what it was.
    why = next((line for line in log[first + 1 :] if line and not line.startswith((" ", *ERROR_WORDS))), "")
    return Check("no error in the log", False, f"{len(errors)}: {log[first]} {why}".rstrip())


def _events(soak: Soak) -> Check:
    missing = set(range(1, soak.last_event + 1)) - set(soak.numbers)
    jumps = sum(b > a + 1 for a, b in pairwise(soak.numbers))
    said = f"{soak.last_event} events, {len(missing)} missing, {jumps} out of order"
    return Check("every event, in order", not missing and not jumps and soak.last_event > 0, said)


def _live_again(soak: Soak) -> list[Check]:
    calm = soak.last_calm
    live = bool(calm) and calm[-1].live == len(soak.cameras)
    back = Check("all cameras live again", live, f"{calm[-1].live if calm else 0} of {len(soak.cameras)}")
    if len(calm) < 2:  # a machine so busy that the sampler never came to it
        return [back, Check("all keep their rate", False, f"{len(calm)} samples at the end, too few to tell")]
    seconds = calm[-1].seconds - calm[0].seconds
    rates = [(calm[-1].looked[name] - calm[0].looked[name]) / seconds for name in soak.cameras]
    kept = min(rates) > 0.8 / soak.period_s
    return [back, Check("all keep their rate", kept, f"{min(rates):.2f} to {max(rates):.2f} frames a second")]


def show(console: Console, soak: Soak, verdicts: Sequence[Check]) -> None:
    for lines in (
        [(name, f"{value:.4g}") for name, value in figures(soak).items()] if soak.samples else [],
        [(one.name, f"{'holds' if one.holds else 'FAILS'}: {one.found}") for one in verdicts],
    ):
        table = Table(box=None, show_header=False, pad_edge=False)
        for line in lines:
            table.add_row(*line)
        console.print(table)
        console.print()


def write_markdown(soak: Soak, verdicts: Sequence[Check], path: Path) -> None:
    lines = ["| | |", "|---|---:|", *(f"| {name} | {value:.4g} |" for name, value in figures(soak).items()), ""]
    lines += ["| check | | found |", "|---|---|---|"]
    lines += [f"| {one.name} | {'holds' if one.holds else '**fails**'} | {one.found} |" for one in verdicts]
    path.write_text("\n".join(lines) + "\n")


def plot(soak: Soak, path: Path) -> None:
    """Memory, what is unknown or waits, and files and threads, over one line of faults for each kind."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    minutes = [one.seconds / 60 for one in soak.samples]
    figure, (memory, work, held, faults) = plt.subplots(
        4, 1, figsize=(11, 10), sharex=True, height_ratios=(3, 1.5, 1.5, 1.5)
    )
    memory.plot(minutes, [one.total_mb for one in soak.samples], label="node and children")
    memory.plot(minutes, [one.node_mb for one in soak.samples], label="node's process")
    memory.plot(minutes, [one.children_mb for one in soak.samples], label="fork server and decoders")
    memory.set(ylabel="PSS, MB", ylim=(0, None), title=f"{len(soak.cameras)} RTSP cameras, {len(soak.faults)} faults")
    work.plot(minutes, [one.unknown for one in soak.samples], label="share of slots unknown")
    work.set(ylim=(0, 1))
    waiting = work.twinx()
    waiting.plot(minutes, [one.undelivered for one in soak.samples], color="tab:orange", label="events waiting")
    waiting.set(ylim=(0, None))
    held.plot(minutes, [one.files for one in soak.samples], label="open files")
    held.plot(minutes, [one.threads for one in soak.samples], label="threads")
    held.plot(minutes, [one.children for one in soak.samples], label="children")
    held.set(ylim=(0, None))
    for place, kind in enumerate(KINDS):
        for fault in soak.faults:
            if fault.kind == kind:
                width = max(fault.end_s - fault.begin_s, soak.seconds / 400) / 60
                faults.barh(place, width, left=fault.begin_s / 60, color=f"C{place}")
    faults.set_yticks(range(len(KINDS)), KINDS)
    faults.set(xlabel="minutes", xlim=(0, soak.seconds / 60))
    memory.legend(loc="lower right")
    held.legend(loc="center right")
    handles = [*work.get_legend_handles_labels()[0], *waiting.get_legend_handles_labels()[0]]
    work.legend(handles=handles, loc="center right")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
