"""The rows of the comparison: untouched nano, alone, each method, and all frames in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from benchmarks.federation.split import Split
from benchmarks.federation.world import World
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Image
from lotwise.datasets.load import load
from lotwise.students.federation.alone import Alone
from lotwise.students.federation.first_round import steps_told
from lotwise.students.federation.graph.alike import alike, describe_view
from lotwise.students.federation.graph.topologies import Graph, complete, ring
from lotwise.students.federation.latents.latent_distillation import LatentDistillation
from lotwise.students.federation.method import Local, Method, Parcel
from lotwise.students.federation.predictions.distributed_distillation import DistributedDistillation
from lotwise.students.federation.predictions.fedmd import FedMD
from lotwise.students.federation.predictions.multi_headed import MultiHeaded
from lotwise.students.federation.predictions.one_shot import OneShot
from lotwise.students.federation.weights.fedavg import FedAvg
from lotwise.students.federation.weights.fedprox import FedProx
from lotwise.students.federation.weights.scaffold import Scaffold
from lotwise.students.federation.work import Work

KEEP = 200
"""Anchors of each picture in a message: on the rendered lots some 110 of 1,008 have a score above 0.1."""
FIRST = 2
"""The first round, in which nobody has been heard, has so many times the steps of the others."""
NANO, ALONE, POOLED = "untouched nano", "alone", "pooled frames"
ANEW = "FedMD, one exchange, then anew"
HALF_ALONE, ONE_SHOT = "alone, half-way to the nano", "one-shot, half-way to the nano"
"""With averaged weights and a falling rate, as ``adapt`` trains; what is measured lies half-way to the student."""
SOUP = "one-shot, averaged with alone"
"""As ``--method one-shot`` deploys it: the mean of both students, ``OneShot.share`` of the way from the nano."""
TWICE = "alone twice, averaged"
"""What averaging does by itself: the same mean, of two trainings alone with other draws."""
AUXILIARY = "alone, teacher's word on the reference set"
"""Not a federation: each camera learns the reference set from the teacher, beside its own frames."""

NEAR = "half-way"
"""What a cell has beside itself: its figures once its students are taken half-way back to the untouched nano."""

ONE_SHOT_POWER = 2.0
"""Of students half-way, on the reference set against its truth: mAP50-95 0.303 with 2, 0.298 with 1 (one seed)."""

Maker = Callable[[World, Split, Work, int], Method]


@dataclass(frozen=True)
class AloneFirst(Alone):
    """Alone, with a first round as long as that of the methods beside it: the very same steps at the same rates."""

    first: int = 0

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        return {node: Parcel({}, {"round": round}) for node in nodes}

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        steps = steps_told(incoming, self.work, self.first, local)
        return replace(self, work=replace(self.work, steps=steps)).as_ever(incoming, kept, local)

    def as_ever(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        return Alone.on_node(self, incoming, kept, local)


def view_graph(world: World, split: Split) -> Graph:
    """Each node with the two that are most like it."""
    nano = world.student()
    pictures: dict[str, list[Image]] = {}
    for node, frames in split.learned.items():
        images = [load(frame) for frame in frames]
        pictures[node] = [
            Letterbox((image.shape[1], image.shape[0]), world.reference.input).image(image) for image in images
        ]
    return alike({node: describe_view(nano, images) for node, images in pictures.items()}, 2)


def evenly(work: Work) -> Work:
    """As many steps in each of three rounds, for methods that exchange something after the first one too."""
    return replace(work, steps=round(work.steps * (FIRST + 2) / 3))


def _nodes(split: Split) -> Sequence[str]:
    return list(split.learned)


def _fedmd(world: World, split: Split, work: Work, seed: int, power: float = 1.0) -> Method:
    return FedMD(digest_steps=work.steps, power=power, keep=KEEP, **_shared(world, work, seed))


def _distributed(graph_of: Callable[[World, Split], Graph]) -> Maker:
    return lambda world, split, work, seed: DistributedDistillation(
        graph=graph_of(world, split), keep=KEEP, **_shared(world, work, seed)
    )


def _shared(world: World, work: Work, seed: int) -> dict[str, Any]:
    """What is the same in all methods that speak about the reference set."""
    return {"reference": world.reference, "work": work, "first": FIRST * work.steps, "batch": 1, "seed": seed}


def one_shot(world: World, work: Work, seed: int) -> OneShot:
    """Its first round is a whole training alone, the second one with what the others have said; students go all the way
    from the nano, each by itself."""
    return OneShot(
        reference=world.reference, work=work, power=ONE_SHOT_POWER, keep=KEEP, batch=1, seed=seed, share=1.0, own=0.0
    )


METHODS: Mapping[str, Maker] = {
    ALONE: lambda world, split, work, seed: AloneFirst(work, first=FIRST * work.steps),
    "FedAvg": lambda world, split, work, seed: FedAvg(evenly(work)),
    "FedAvg, norms too": lambda world, split, work, seed: FedAvg(evenly(work), batch_norm="shared"),
    "FedProx": lambda world, split, work, seed: FedProx(evenly(work), mu=10.0),
    "SCAFFOLD": lambda world, split, work, seed: Scaffold(replace(evenly(work), optimizer="sgd", rate=0.01)),
    "FedMD": _fedmd,
    "FedMD, surer ones count more": partial(_fedmd, power=2.0),
    "Distributed Distillation, all neighbours": _distributed(lambda world, split: complete(_nodes(split))),
    "Distributed Distillation, ring": _distributed(lambda world, split: ring(_nodes(split))),
    "Distributed Distillation, alike views": _distributed(view_graph),
    "multi-headed, ring": lambda world, split, work, seed: MultiHeaded(
        graph=ring(_nodes(split)), keep=KEEP, **_shared(world, work, seed)
    ),
    "latents": lambda world, split, work, seed: LatentDistillation(**_shared(world, work, seed)),
}
OTHERS = (NANO, ANEW, HALF_ALONE, ONE_SHOT, SOUP, TWICE, AUXILIARY, POOLED)
