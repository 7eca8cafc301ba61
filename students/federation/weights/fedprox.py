"""FedProx: FedAvg whose cameras are held near the server's weights (Li et al. 2020, arXiv 1812.06127)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from lotwise.students.distillation.step import StepHook
from lotwise.students.federation.method import Arrays, Parcel
from lotwise.students.federation.weights.fedavg import FedAvg
from lotwise.students.federation.weights.tensors import as_tensors


@dataclass(frozen=True)
class FedProx(FedAvg):
    """Each camera minimises F_i(w) + mu/2 ||w - x||^2.

    Attributes:
        mu: weight of the squared distance to the server's weights x; with 0 this is FedAvg.
    """

    mu: float = 0.1

    def hook(self, incoming: Parcel) -> StepHook | None:
        return Proximal(incoming.group("weights"), self.mu)


class Proximal(StepHook):
    """After each step w <- (w + eta mu x) / (1 + eta mu), the exact step of the squared distance.

    Its gradient instead, mu (w - x), would diverge where eta mu > 2, and AdamW would scale it away.
    """

    def __init__(self, towards: Arrays, mu: float) -> None:
        self._towards, self._mu = towards, mu

    def after_step(self, student: nn.Module, step: int, rate: float) -> None:
        if not self._mu:
            return
        share = rate * self._mu / (1 + rate * self._mu)
        parameters = {name: p for name, p in student.named_parameters() if p.requires_grad and name in self._towards}
        with torch.no_grad():
            for name, x in as_tensors(self._towards, parameters).items():
                parameters[name].lerp_(x, share)
