"""Multi-headed distillation: further heads learn from neighbours' heads; the main head sees its own camera only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import nn

from lotwise.students.distillation.step import MAX_GRADIENT_NORM, BatchLoss, StepHook
from lotwise.students.federation.graph.topologies import Graph
from lotwise.students.federation.listening import PICTURES_AT_ONCE
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.predictions.auxiliary_heads import AuxiliaryHeads, in_place_of_head
from lotwise.students.federation.predictions.peers_hook import detector, drawn
from lotwise.students.federation.predictions.reference_method import ReferenceMethod
from lotwise.students.federation.predictions.soft_detections import (
    DenseDetections,
    best,
    mean,
)
from lotwise.students.federation.predictions.soft_loss import PeersSay, peers_say, soft_loss
from lotwise.students.federation.predictions.student_says import dense


@dataclass(frozen=True, kw_only=True)
class MultiHeaded(ReferenceMethod):
    """Head m learns what the neighbours' heads m - 1 say of the reference pictures; head 0 is the student's own.

        L_k = f_k(main head) + nu sum_{m=1..heads} distance( head m of k, mean over neighbours j of head m-1 of j )

    The further heads read the neck with gradient, so what the neighbours know shapes it; the main head gets no
    gradient from them. At the end the further heads are left out, or the last takes the main one's place.

    Source: Zhmoginov et al., "Decentralized Learning with Multi-Headed Distillation", CVPR 2023, arXiv 2211.15774. The
    mean over neighbours has the gradient of their sum but for its size, as cross-entropy is linear in the target. The
    paper's distance of embeddings is left out, and so is its choice of the surest neighbour.

    Attributes:
        graph: who talks to whom.
        heads: further heads.
        nu: weight of what the neighbours say.
        keep: anchors sent of each picture and head.
        deploy: ``own`` head, or the last further one (``shared``), which knows more of other cameras.
    """

    graph: Graph
    heads: int = 1
    nu: float = 1.0
    keep: int = 100
    deploy: Literal["own", "shared"] = "own"

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = {}
        for node in nodes:
            near = set(self.graph.neighbours.get(node, ()))
            heard = {group: arrays for group, arrays in state.arrays.items() if group.partition(" ")[2] in near}
            told[node] = Parcel(heard, {"round": round})
        return told

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        student = detector(local.student)
        if kept is not None:
            local.load(kept.group("weights"))
        auxiliary = AuxiliaryHeads(student, self.heads).to(next(student.parameters()).device)
        if kept is not None:
            auxiliary.load(dict(kept.arrays))
        rate = self.work.rate * local.decay
        peers = self._peers(incoming)
        hook = HeadsHook(auxiliary, self, peers, rate, (self.seed, int(incoming.number("round")))) if peers else None
        self.train_own(incoming, local, hook)
        reply = {
            f"head {number}": best(said, self.keep).arrays() for number, said in enumerate(self._say(auxiliary, local))
        }
        return Parcel(reply, {"examples": local.examples}), Parcel({"weights": local.weights(), **auxiliary.arrays()})

    def check(self, state: Parcel, reply: Parcel) -> None:
        for number in range(self.heads):
            self.read(reply.group(f"head {number}"))

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        return Parcel(
            {
                f"{number} {node}": self.read(reply.group(f"head {number}")).arrays()
                for node, reply in replies.items()
                for number in range(self.heads)
            }
        )

    def student(self, incoming: Parcel, kept: Parcel | None, local: Local) -> Arrays:
        if kept is not None and self.deploy == "shared":
            return in_place_of_head(kept.group("weights"), kept.group(f"auxiliary {self.heads}"))
        return super().student(incoming, kept, local)

    def _peers(self, incoming: Parcel) -> list[PeersSay]:
        """What each further head is to learn; empty before anybody has said anything."""
        told = []
        for number in range(self.heads):
            said = [self.read(a) for group, a in incoming.arrays.items() if group.startswith(f"{number} ")]
            if said:
                told.append(peers_say(mean([one.dense(self.anchors) for one in said]), said))
        return told

    @torch.no_grad()
    def _say(self, auxiliary: AuxiliaryHeads, local: Local) -> list[DenseDetections]:
        """What the main head and all further ones but the last say of the reference pictures."""
        pictures = self.reference.pictures
        parts = [
            [dense(said) for said in auxiliary.say(detector(local.student), pictures[start : start + PICTURES_AT_ONCE])]
            for start in range(0, len(pictures), PICTURES_AT_ONCE)
        ]
        return [
            DenseDetections(
                np.concatenate([part[number].scores for part in parts]),
                np.concatenate([part[number].weighted for part in parts]),
            )
            for number in range(self.heads)
        ]


class HeadsHook(StepHook):
    """Teaches the further heads within each step; they have an optimizer of their own, as they are not the student."""

    def __init__(
        self,
        auxiliary: AuxiliaryHeads,
        method: MultiHeaded,
        peers: Sequence[PeersSay],
        rate: float,
        seed: tuple[int, ...],
    ) -> None:
        """``peers``: what each further head is taught."""
        self._auxiliary, self._method, self._peers, self._seed = auxiliary, method, peers, seed
        self._adamw = torch.optim.AdamW(auxiliary.parameters(), lr=rate)

    def extra_loss(self, student: nn.Module, step: int) -> Mapping[str, torch.Tensor]:
        pictures = self._method.reference.pictures
        places = drawn(len(pictures), step, self._method.batch, self._seed)
        _, *further = self._auxiliary.say(detector(student), [pictures[place] for place in places])
        losses = [soft_loss(said, peers.of(places)) for said, peers in zip(further, self._peers, strict=True)]
        return {"peers": self._method.nu * torch.stack(losses).sum()}

    def before_step(self, student: nn.Module, step: int, again: BatchLoss) -> None:
        nn.utils.clip_grad_norm_(self._auxiliary.parameters(), MAX_GRADIENT_NORM)
        self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)
