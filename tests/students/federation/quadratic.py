"""A camera whose whole world is a parabola: a Local that learns by the same steps as a real one."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import nn

from lotwise.students.distillation.step import learn_step
from lotwise.students.federation.method import Local, Method, load_arrays, module_arrays
from lotwise.students.federation.rounds import Federated, federate


class Bowl(nn.Module):
    """f(w) = 1/2 sum_j a_j (w_j - b_j)^2, with a normalisation layer and a counter that nothing depends on."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.full((2,), start, dtype=torch.float64))
        self.norm = nn.BatchNorm1d(2, dtype=torch.float64)


class Quadratic:
    """One node: steep and its lowest point of its own."""

    def __init__(
        self, steep: tuple[float, float], lowest: tuple[float, float], examples: int = 10, start: float = 0.0
    ) -> None:
        self.a, self.b = (torch.tensor(values, dtype=torch.float64) for values in (steep, lowest))
        self.examples, self.decay, self.start = examples, 1.0, start
        self.student = Bowl(start)
        self.rates: list[float] = []

    @property
    def batches(self) -> int:
        return self.examples

    @property
    def trainable(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.student.named_parameters())

    def weights(self):
        return module_arrays(self.student)

    def load(self, arrays) -> None:
        load_arrays(self.student, arrays)

    def train(self, steps, hook=None, *, rate, optimizer="sgd", own=True) -> int:
        self.rates.append(rate)
        sgd = torch.optim.SGD(self.student.parameters(), lr=rate)
        for step in range(steps):
            learn_step(self.student, self.student, partial(self.loss, own), sgd, step, "bowl", "lower it", hook)
            self.student.norm.num_batches_tracked += 1
        return steps

    def loss(self, own=True):
        return {"bowl": 0.5 * (self.a * (self.student.w - self.b).square()).sum()} if own else {}

    def forget(self) -> None:
        """Plain SGD keeps nothing."""

    def gradient(self, batches):
        slope = (self.a * (self.student.w - self.b)).detach().numpy()
        return {name: slope if name == "w" else np.zeros(2) for name in self.trainable}

    def new_round(self, _: int) -> Local:
        """A node has nothing from the round before but what its method kept."""
        self.student = Bowl(self.start)
        return self


def optimum(nodes: dict[str, Quadratic], by_examples: bool = True) -> np.ndarray:
    """Where the weighted sum of all parabolas is lowest."""
    weights = [node.examples if by_examples else 1 for node in nodes.values()]
    steep = sum(w * node.a.numpy() for w, node in zip(weights, nodes.values(), strict=True))
    return sum(w * (node.a * node.b).numpy() for w, node in zip(weights, nodes.values(), strict=True)) / steep


def run(method: Method, nodes: dict[str, Quadratic], rounds: int) -> Federated:
    start = next(iter(nodes.values())).new_round(1).weights()
    return federate(method, method.begin(list(nodes), start), rounds, {n: q.new_round for n, q in nodes.items()})


def reached(federated: Federated) -> np.ndarray:
    return federated.state.group("weights")["w"]


def error(method: Method, nodes: dict[str, Quadratic], rounds: int, by_examples: bool = True) -> float:
    """Distance of the server's weights from the optimum."""
    return float(np.linalg.norm(reached(run(method, nodes, rounds)) - optimum(nodes, by_examples)))
