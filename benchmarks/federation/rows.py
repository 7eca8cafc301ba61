"""The rows of the comparison: untouched nano, alone, each method, and all frames in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from benchmarks.federation.split import Split
from benchmarks.federation.world import World
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Image
from lotwise.datasets.load import load
from lotwise.students.federation.alone import Alone
from lotwise.students.federation.graph.alike import alike, describe_view
from lotwise.students.federation.graph.topologies import Graph, ring
from lotwise.students.federation.latents.latent_distillation import LatentDistillation
from lotwise.students.federation.method import Method
from lotwise.students.federation.predictions.distributed_distillation import DistributedDistillation
from lotwise.students.federation.predictions.fedmd import FedMD
from lotwise.students.federation.predictions.multi_headed import MultiHeaded
from lotwise.students.federation.weights.fedavg import FedAvg
from lotwise.students.federation.weights.fedprox import FedProx
from lotwise.students.federation.weights.scaffold import Scaffold
from lotwise.students.federation.work import Work

KEEP = 200
"""Anchors of each picture in a message: on the rendered lots some 110 of 1,008 have a score above 0.1."""
NANO, ALONE, POOLED = "untouched nano", "alone", "pooled frames"
AUXILIARY = "alone, teacher's word on the reference set"
"""Not a federation: each camera learns the reference set from the teacher, beside its own frames."""

Maker = Callable[[World, Split, Work, int], Method]


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


def _nodes(split: Split) -> Sequence[str]:
    return list(split.learned)


METHODS: Mapping[str, Maker] = {
    ALONE: lambda world, split, work, seed: Alone(work),
    "FedAvg": lambda world, split, work, seed: FedAvg(work),
    "FedAvg, norms too": lambda world, split, work, seed: FedAvg(work, batch_norm="shared"),
    "FedProx": lambda world, split, work, seed: FedProx(work, mu=10.0),
    "SCAFFOLD": lambda world, split, work, seed: Scaffold(replace(work, optimizer="sgd", rate=0.01)),
    "FedMD": lambda world, split, work, seed: FedMD(
        world.reference, work, digest_steps=work.steps, keep=KEEP, seed=seed
    ),
    "Distributed Distillation, ring": lambda world, split, work, seed: DistributedDistillation(
        world.reference, ring(_nodes(split)), 1.0, work, KEEP, seed=seed
    ),
    "Distributed Distillation, alike views": lambda world, split, work, seed: DistributedDistillation(
        world.reference, view_graph(world, split), 1.0, work, KEEP, seed=seed
    ),
    "multi-headed, ring": lambda world, split, work, seed: MultiHeaded(
        world.reference, ring(_nodes(split)), 1, 1.0, work, KEEP, seed=seed
    ),
    "latents": lambda world, split, work, seed: LatentDistillation(world.reference, 1.0, work, seed=seed),
}
OTHERS = (NANO, AUXILIARY, POOLED)
