"""Runs a federated method over cameras in one process: the rounds of ``students/federation``, without a network."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lotwise.students.federation.local_training import LocalTraining, decay_of
from lotwise.students.federation.method import Arrays, Local, Method
from lotwise.students.federation.rounds import Federated, exchange

Watch = Callable[[int, Mapping[str, Arrays]], None]
"""Told after each round its number, from 1, and the weights that each node would deploy."""


@dataclass(frozen=True)
class Cost:
    """What a method took.

    Attributes:
        up, down: bytes of a node and round, the mean over all.
        seconds: processor time of all nodes and the server, without measuring.
    """

    up: float
    down: float
    seconds: float


def run(
    method: Method, cameras: Mapping[str, LocalTraining], rounds: int, watch: Watch = lambda number, students: None
) -> tuple[dict[str, Arrays], Cost]:
    """The weights that each camera deploys after the rounds, and what they took."""
    nodes, locals_ = list(cameras), dict[str, Local](cameras)
    start, watching = time.process_time(), 0.0
    now = Federated(method.begin(nodes, cameras[nodes[0]].weights()))
    students: dict[str, Arrays] = {}
    for number in range(1, rounds + 1):
        for local in cameras.values():
            local.decay = decay_of(number, rounds)
        for step in range(method.exchanges):
            now = exchange(method, now, (number - 1) * method.exchanges + step + 1, locals_)
        since = time.process_time()
        told = method.outgoing(now.state, number * method.exchanges + 1, nodes)
        students = {node: method.student(told[node], now.kept.get(node), local) for node, local in cameras.items()}
        watch(number, students)
        watching += time.process_time() - since
    per = len(nodes) * rounds
    up, down = sum(now.received.values()) / per, sum(now.sent.values()) / per
    return students, Cost(up, down, time.process_time() - start - watching)
