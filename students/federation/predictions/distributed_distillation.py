"""Distributed Distillation: on any connected graph each camera tracks what all of them say, and keeps near it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lotwise.students.federation.graph.mixing import metropolis_weights
from lotwise.students.federation.graph.topologies import Graph
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.predictions.peers_hook import PeersHook, detector
from lotwise.students.federation.predictions.reference_method import ReferenceMethod
from lotwise.students.federation.predictions.soft_detections import (
    DenseDetections,
    best,
)
from lotwise.students.federation.predictions.soft_loss import peers_say
from lotwise.students.federation.predictions.student_says import predict


@dataclass(frozen=True, kw_only=True)
class DistributedDistillation(ReferenceMethod):
    """Dynamic average consensus on soft detections, and a loss term that keeps the student near it.

        z_n <- z_n + sum_m P_nm (c_m - c_n)           what was sent in the last round is mixed
        w_n <- steps on  f_n(w_n) + rho * distance of the soft detections s_n(w_n) from z_n
        z_n <- z_n + s_n(new) - s_n(old)              z_n = s_n in the first round
        c_n  = the K best anchors of z_n              is sent to the neighbours

    with P of ``metropolis_weights``. The mean of all z_n is that of all s_n at all times, exactly, however much the
    messages c leave out: P is symmetric, so what one side of an edge adds the other takes away. Where a node did not
    reply that is no longer so, and all begin anew with z_n = s_n.

    Source: Bistritz, Mann, Bambos, "Distributed Distillation for On-Device Learning", NeurIPS 2020. No code is public
    and the symbols above are a reconstruction by dynamic average consensus. Mixing sent copies (c) rather than the
    states is that of CHOCO-Gossip (Koloskova et al. 2019), without its memory. The distance is ``soft_loss``, in place
    of the squared one for which convergence is proven.

    Attributes:
        graph: who talks to whom.
        rho: weight of the distance.
        keep: anchors sent of each picture.
    """

    graph: Graph
    rho: float = 1.0
    keep: int = 100

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        whole = set(state.arrays) == set(self.graph.nodes)
        weights = metropolis_weights(self.graph)
        told = {}
        for node in nodes:
            near = weights.get(node, {}) if whole else {}
            numbers = {f"weight {other}": weight for other, weight in near.items()}
            told[node] = Parcel(
                {other: state.arrays[other] for other in near}, {**numbers, "round": round, "anew": float(not whole)}
            )
        return told

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        if kept is not None:
            local.load(kept.group("weights"))
        anew = kept is None or bool(incoming.number("anew"))
        state = None if anew or kept is None else self._mixed(incoming, kept)
        hook = None
        if state is not None and self.rho > 0:
            seed = (self.seed, int(incoming.number("round")))
            hook = PeersHook(self.reference.pictures, peers_say(state), self.rho, self.batch, seed=seed)
        self.train_own(incoming, local, hook)
        said = predict(detector(local.student), self.reference.pictures)
        state = said if state is None or kept is None else state + said - _dense(kept.group("said"))
        sent = best(state, self.keep).arrays()
        keep = {"weights": local.weights(), "state": _arrays(state), "said": _arrays(said), "sent": sent}
        return Parcel({"soft": sent}, {"examples": local.examples}), Parcel(keep)

    def check(self, state: Parcel, reply: Parcel) -> None:
        self.read(reply.group("soft"))

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        return Parcel({node: self.read(reply.group("soft")).arrays() for node, reply in replies.items()})

    def _mixed(self, incoming: Parcel, kept: Parcel) -> DenseDetections:
        own = self.read(kept.group("sent")).dense(self.anchors)
        state = _dense(kept.group("state"))
        for other, arrays in incoming.arrays.items():
            heard = self.read(arrays).dense(self.anchors)
            state = state + (heard - own) * incoming.number(f"weight {other}")
        return state


def _arrays(said: DenseDetections) -> Arrays:
    return {"score": said.scores, "box": said.weighted}


def _dense(arrays: Arrays) -> DenseDetections:
    return DenseDetections(np.asarray(arrays["score"], np.float32), np.asarray(arrays["box"], np.float32))
