"""A training step with a thread for each core, whose threads spin while they wait, spin for a moment, or sleep.

python benchmarks/distillation/waiting_threads.py [--steps 8] [--rounds 3] [--json docs/waiting-threads.json]

Each row is a process of its own, as libgomp reads its settings when it is loaded; rows take turns, on a quiet machine
and on a busy one, on which one process a core does nothing but count. A step is forward, backward and optimizer of the
embedded nano on two frames of 640x480. Where other work runs anyway, the quiet rows say nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from lotwise.command_line import SPINS
from lotwise.terminal import plain_table, print_table

POLICIES = {
    "spinning (libgomp's default)": {},
    "spinning for a moment (lotwise's default)": {"GOMP_SPINCOUNT": SPINS},
    "sleeping": {"OMP_WAIT_POLICY": "PASSIVE"},
}
VARIABLES = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "GOMP_SPINCOUNT")
HEADINGS = ("machine", "threads wait by", "seconds a step", "lowest to highest", "CPU s a step")
COUNTING = "while True: pass"


def step_seconds(steps: int) -> tuple[float, float]:
    """Median seconds of a step by the clock, and of the processor."""
    import torch

    from lotwise.students.model.student import make_student
    from lotwise.students.pretrained import NANO

    student = make_student(NANO).train()
    optimizer = torch.optim.SGD(student.parameters(), 1e-5)
    pixels = torch.rand(2, 3, 480, 640)
    spent = []
    for _ in range(steps + 1):
        clock, processor = time.perf_counter(), time.process_time()
        optimizer.zero_grad()
        torch.autograd.backward(torch.stack([one.square().mean() for one in _tensors(student(pixels))]).sum())
        optimizer.step()
        spent.append((time.perf_counter() - clock, time.process_time() - processor))
    clocks, processors = zip(*spent[1:], strict=True)
    return median(clocks), median(processors)


def _tensors(output: Any) -> Iterator[Any]:
    """The tensors of an output, however deep they lie in it."""
    if hasattr(output, "square"):
        yield output
        return
    for one in output.values() if isinstance(output, dict) else output:
        yield from _tensors(one)


@contextmanager
def others(count: int) -> Iterator[None]:
    """Other work on the machine: so many processes that only count."""
    running = [subprocess.Popen([sys.executable, "-c", COUNTING]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def measured(policy: dict[str, str], steps: int, busy: int) -> tuple[float, float]:
    """The step in a process of its own, with a thread for each core."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES} | policy
    command = [sys.executable, __file__, "--one", "--steps", str(steps)]
    with others(busy):
        said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    clock, processor = json.loads(said.splitlines()[-1])
    return clock, processor


def _texts(machine: str, threads: str, rows: list[tuple[float, float]]) -> tuple[str, ...]:
    clocks, processors = zip(*rows, strict=True)
    spread = f"{min(clocks):.2f} to {max(clocks):.2f}"
    return machine, threads, f"{median(clocks):.2f}", spread, f"{median(processors):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", action="store_true", help="measure in this process, and print seconds as JSON")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(step_seconds(asked.steps)))
        return
    cores = len(os.sched_getaffinity(0))
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for _ in range(asked.rounds):
        for machine, busy in (("quiet", 0), ("busy", cores)):
            for name, policy in POLICIES.items():
                found.setdefault((machine, name), []).append(measured(policy, asked.steps, busy))
    print_table(plain_table(HEADINGS, [_texts(*key, rows) for key, rows in found.items()]))
    if asked.json:
        lines = [{"machine": machine, "threads": name, "seconds": rows} for (machine, name), rows in found.items()]
        about = {"processor": platform.processor() or platform.machine(), "cores": cores, "steps": asked.steps}
        asked.json.write_text(json.dumps({**about, "lines": lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
