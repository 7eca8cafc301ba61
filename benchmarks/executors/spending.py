"""What a command spends, by part: processor time and memory of itself, of its tasks, and of Ray beside them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

Part = Literal["command", "tasks", "Ray"]
PARTS: tuple[Part, ...] = ("command", "tasks", "Ray")
LOOK_EVERY_S = 0.1
"""How often all processes are looked at. What one spends after the last look before its end is not counted."""
WORKER = "lotwise.students.executors.worker"
"""Module of a task's process."""
RAY = ("gcs_server", "raylet", "ray::", "/ray/")
"""What a command line of Ray's own processes has in it."""


@dataclass(frozen=True)
class Spent:
    """Of one run of a command.

    Attributes:
        seconds: by the clock.
        cpu_s: processor time of each part.
        memory: most bytes of each part at a time; pages that processes share count for each of them.
        code: that it ended with.
    """

    seconds: float
    cpu_s: Mapping[Part, float]
    memory: Mapping[Part, int]
    code: int

    @property
    def all_cpu_s(self) -> float:
        return sum(self.cpu_s.values())


def spending(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Spent:
    """Run a command to its end.

    Args:
        command: program and arguments.
        environment: of its process.
        log: file that gets what it prints.
    """
    begun = time.monotonic()
    spent: dict[tuple[int, float], tuple[Part, float]] = {}
    memory = dict.fromkeys(PARTS, 0)
    with log.open("wb") as printed:
        process = subprocess.Popen(command, env=dict(environment), stdout=printed, stderr=subprocess.STDOUT)
        root = psutil.Process(process.pid)
        while process.poll() is None:
            held = dict.fromkeys(PARTS, 0)
            for one, part in _parts(root):
                try:
                    times, key = one.cpu_times(), (one.pid, one.create_time())
                    held[part] += one.memory_info().rss
                except psutil.Error:  # it has ended meanwhile
                    continue
                # Its first look may be at a copy of its parent that has not become itself yet.
                spent[key] = (part, times.user + times.system)
            memory = {part: max(memory[part], held[part]) for part in PARTS}
            time.sleep(LOOK_EVERY_S)
    cpu = {part: sum(seconds for of, seconds in spent.values() if of == part) for part in PARTS}
    return Spent(time.monotonic() - begun, cpu, memory, process.returncode)


def part_of(command: Sequence[str], above: Part) -> Part:
    """Which part a process belongs to.

    >>> part_of(["python", "-P", "-m", "lotwise.students.executors.worker"], "Ray")
    'tasks'
    >>> part_of(["ray::run_on_node"], "command"), part_of(["nproc"], "tasks")
    ('Ray', 'tasks')

    Args:
        command: its command line.
        above: part of the process that began it.
    """
    if above == "tasks" or WORKER in command:
        return "tasks"
    return "Ray" if any(mark in word for word in command for mark in RAY) else above


def _parts(root: psutil.Process) -> list[tuple[psutil.Process, Part]]:
    """A process and all that it has begun, each with its part."""
    found: list[tuple[psutil.Process, Part]] = [(root, "command")]
    for process, part in found:
        try:
            children = process.children()
        except psutil.Error:
            continue
        for child in children:
            try:
                found.append((child, part_of(child.cmdline(), part)))
            except psutil.Error:
                continue
    return found
