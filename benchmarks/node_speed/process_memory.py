"""Memory of a process and its children, without the streams' own pixels."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Memory(NamedTuple):
    """MB (10^6 bytes): pages that several processes share are divided among them in ``pss`` and not in ``rss``."""

    pss: float
    rss: float

    def most(self, other: Memory) -> Memory:
        return Memory(max(self.pss, other.pss), max(self.rss, other.rss))


def memory(process: int, without: str) -> Memory:
    """Of a process and all its descendants now; nothing of one that has ended.

    Args:
        process: its id.
        without: mappings of a file of this name are not counted.
    """
    pss = rss = 0.0
    for one in family(process):
        try:
            text = (PROC / str(one) / "smaps").read_text()
        except OSError:  # it has ended meanwhile
            continue
        p, r = counted(text, without)
        pss, rss = pss + p, rss + r
    return Memory(pss, rss)


def family(process: int) -> list[int]:
    """A process and its descendants."""
    found = [process]
    for one in found:
        for task in (PROC / str(one) / "task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def counted(smaps: str, without: str) -> Memory:
    """The sums over a text in the form of ``/proc/<pid>/smaps``.

    >>> counted("00-10 r--p 0 0:0 1 /a/pool\\nRss: 8 kB\\n10-20 rw-p 0 0:0 0\\nRss: 2 kB\\nPss: 1 kB", "pool")
    Memory(pss=0.001024, rss=0.002048)
    """
    sums = {"Pss:": 0, "Rss:": 0}
    counts = True
    for line in smaps.splitlines():
        key, _, rest = line.partition(" ")
        if "-" in key:
            counts = Path(rest).name != without
        elif counts and key in sums:
            sums[key] += int(rest.split()[0])
    return Memory(sums["Pss:"] * 1024 / 1e6, sums["Rss:"] * 1024 / 1e6)
