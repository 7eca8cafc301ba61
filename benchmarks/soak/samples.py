"""What the soak measures every few seconds: memory, files, threads, CPU and work of the node and its children."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.node_speed.process_memory import PROC, family
from tests.node.installation import Installation

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """The node at one moment.

    Attributes:
        seconds: since the start of the soak.
        node_mb, children_mb: PSS of the node's own process, and of its fork server and decoders; MB (10^6 bytes).
        threads, files: of the node's own process. children: processes.
        cpu_s: of node and children since the start, with those that have ended.
        looked: frames looked at, by camera. detected: frames detected, of all cameras.
        live: cameras whose source is live.
        unknown: share of slots.
        journal_mb: history on the disk.
        undelivered: events that wait for the broker.
    """

    seconds: float
    node_mb: float
    children_mb: float
    threads: int
    files: int
    children: int
    cpu_s: float
    looked: Mapping[str, int]
    detected: int
    live: int
    unknown: float
    journal_mb: float
    undelivered: int

    @property
    def total_mb(self) -> float:
        return self.node_mb + self.children_mb


class Sampler:
    """Looks at a node again and again; knows of its children that have lost their parent or ended."""

    def __init__(self, site: Installation) -> None:
        assert site.node is not None
        self._site, self._node = site, site.node.pid
        self._sessions: set[int] = set()
        self._cpu_s: dict[int, float] = {}

    def children(self) -> list[int]:
        """The fork server and decoders; also those decoders whose fork server was killed."""
        found = family(self._node)[1:]
        # The fork server leads a session of its own.
        self._sessions |= {process for process in found if _stat(process)[3:4] == [str(process)]}
        lost = [process for process in _processes() if _stat(process)[3:4] in [[str(one)] for one in self._sessions]]
        return list(dict.fromkeys([*found, *lost]))

    def sample(self, seconds: float) -> Sample:
        """The node now.

        Raises:
            OSError: it has ended, or does not answer.
        """
        site, node, children = self._site, self._node, self.children()
        self._cpu_s |= {process: cpu_s(process) for process in (node, *children)}
        now = site.now()
        waiting = re.search(rb"^lotwise_mqtt_undelivered_events (\S+)", site.get("/metrics"), re.MULTILINE)
        slots = [slot["state"] for camera in now["cameras"].values() for slot in camera["slots"].values()]
        return Sample(
            seconds=round(seconds, 1),
            node_mb=pss_mb(node),
            children_mb=sum(map(pss_mb, children)),
            threads=len(os.listdir(PROC / str(node) / "task")),
            files=len(os.listdir(PROC / str(node) / "fd")),
            children=len(children),
            cpu_s=sum(self._cpu_s.values()),
            looked={name: camera["looked"] for name, camera in now["cameras"].items()},
            detected=sum(camera["detected"] for camera in now["cameras"].values()),
            live=sum(camera["source"]["state"] == "live" for camera in now["cameras"].values()),
            unknown=slots.count("unknown") / max(1, len(slots)),
            journal_mb=sum(path.stat().st_size for path in (site.folder / "state").glob("history.sqlite*")) / 1e6,
            undelivered=int(float(waiting[1])) if waiting else 0,
        )


def pss_mb(process: int) -> float:
    """PSS of a process; 0 where it has ended meanwhile."""
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", (PROC / str(process) / "smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def cpu_s(process: int) -> float:
    """That a process has used; 0 where it has ended."""
    return sum(map(int, _stat(process)[11:13])) / TICKS


def _stat(process: int) -> list[str]:
    """State, parent, group, session and so on; empty where it has ended."""
    try:
        return (PROC / str(process) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _processes() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Change of a value per second: the median over all pairs (Theil 1950, Sen 1968), which no dip can bend.

    >>> slope([0, 1, 2, 3], [5, 7, 0, 11])
    2.0
    """
    t, v = np.asarray(times, float), np.asarray(values, float)
    first, second = np.triu_indices(len(t), 1)
    return float(np.median((v[second] - v[first]) / (t[second] - t[first]))) if len(first) else 0.0
