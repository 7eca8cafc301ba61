"""Latent-space distillation between cameras: on common pictures, necks keep near the mean of all necks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lotwise.datasets.frame import Image
from lotwise.students.distillation.step import StepHook
from lotwise.students.federation.latents.shared_latents import (
    SharedLatents,
    architecture,
    latent_loss,
    latents_to_send,
    mean_latents,
)
from lotwise.students.federation.listening import PICTURES_AT_ONCE, listen
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.predictions.peers_hook import detector, drawn
from lotwise.students.federation.predictions.reference_method import ReferenceMethod


@dataclass(frozen=True, kw_only=True)
class LatentDistillation(ReferenceMethod):
    """A star: node -> server the latents of the surest cells of each picture, server -> nodes their mean.

    Students of one architecture that began with the same weights have comparable latents; the server makes a mean of
    each architecture's own, and a camera that is alone in its architecture learns alone.

    Source: LKD, known from the KIT slides on latent space distillation only, with peers in place of the teacher. It has
    no projector to be learned, as both sides are of one shape.

    Attributes:
        weight: of the latents' distance, beside the camera's own loss.
        cells: sent of each picture.
        width: numbers a cell is brought down to.
    """

    weight: float = 1.0
    cells: int = 32
    width: int = 32

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        kinds = {name[5:]: int(kind) for name, kind in state.numbers.items() if name.startswith("kind ")}
        told = {}
        for node in nodes:
            group = f"mean {kinds[node]}" if node in kinds else ""
            arrays = {"mean": state.arrays[group]} if group in state.arrays else {}
            told[node] = Parcel(arrays, {"round": round})
        return told

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        if kept is not None:
            local.load(kept.group("weights"))
        hook = None
        if "mean" in incoming.arrays:
            peers = self._read(incoming.group("mean"))
            seed = (self.seed, int(incoming.number("round")))
            hook = LatentsHook(self.reference.pictures, peers, self.weight, self.batch, seed)
        self.train_own(incoming, local, hook)
        numbers = {"examples": local.examples, "kind": float(int(architecture(detector(local.student)), 16))}
        return Parcel({"latents": self._sent(local).arrays()}, numbers), Parcel({"weights": local.weights()})

    def check(self, state: Parcel, reply: Parcel) -> None:
        self._read(reply.group("latents"))
        reply.number("kind")

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        kinds = {node: int(reply.number("kind")) for node, reply in replies.items()}
        means = {}
        for kind in sorted(set(kinds.values())):
            sent = [self._read(replies[node].group("latents")) for node in replies if kinds[node] == kind]
            if len(sent) > 1:
                means[f"mean {kind}"] = mean_latents(sent, self.cells).arrays()
        return Parcel(means, {f"kind {node}": kind for node, kind in kinds.items()})

    @torch.no_grad()
    def _sent(self, local: Local) -> SharedLatents:
        pictures, student = self.reference.pictures, detector(local.student)
        parts = [
            latents_to_send(listen(student, pictures[start : start + PICTURES_AT_ONCE]), self.cells, self.width)
            for start in range(0, len(pictures), PICTURES_AT_ONCE)
        ]
        index, values = ([getattr(part, name) for part in parts] for name in ("index", "values"))
        return SharedLatents(np.concatenate(index), np.concatenate(values))

    def _read(self, arrays: Arrays) -> SharedLatents:
        return SharedLatents.of_arrays(arrays, len(self.reference), self.anchors)


@dataclass(frozen=True)
class LatentsHook(StepHook):
    """Adds the distance from the peers' latents of some reference pictures to the loss."""

    pictures: Sequence[Image]
    peers: SharedLatents
    weight: float
    batch: int
    seed: tuple[int, ...]

    def extra_loss(self, student: nn.Module, step: int) -> Mapping[str, torch.Tensor]:
        places = drawn(len(self.pictures), step, self.batch, self.seed)
        said = listen(detector(student), [self.pictures[place] for place in places])
        peers = SharedLatents(self.peers.index[places], self.peers.values[places])
        return {"peers": self.weight * latent_loss(said, peers)}


def latent_message_bytes(pictures: int, cells: int, width: int) -> int:
    """Bytes of one message of latents: a cell's index in four, each of its numbers in two.

    >>> latent_message_bytes(1, 32, 32)
    2176
    """
    return pictures * cells * (4 + 2 * width)
