"""Which frames each node of a federation learns from, and on which its student is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.federation.world import World
from lotwise.datasets.frame import Frame
from lotwise.datasets.load import load
from lotwise.students.federation.heterogeneity import dirichlet_split, scarce, scene_classes

OWN = "own"
"""Each node is a camera and has its frames: as unlike as cameras are."""


@dataclass(frozen=True)
class Split:
    """Frames by node.

    Attributes:
        learned: what each node learns from.
        private: test frames of each node's own camera, or of the scenes that it has learned from.
    """

    learned: Mapping[str, tuple[Frame, ...]]
    private: Mapping[str, tuple[Frame, ...]]


def split_of(world: World, kind: str, count: int, seed: int) -> Split:
    """``count`` frames for each node: ``own``, or the alpha of a Dirichlet split over light, occupancy and camera.

    Of a Dirichlet split, the test frames of a node show scenes of which it has learned a frame, or where there are
    none, come from the cameras of which it has. Occupancy is by the truth, which is known of all frames.
    """
    if kind == OWN:
        names = {camera: [frame.name for frame in frames] for camera, frames in world.learnable.items()}
        by_name = {frame.name: frame for frames in world.learnable.values() for frame in frames}
        chosen = scarce(names, count, seed)
        private = {camera: world.tested[camera] for camera in chosen}
        return Split({camera: tuple(by_name[name] for name in few) for camera, few in chosen.items()}, private)
    learnable = [frame for frames in world.learnable.values() for frame in frames]
    tested = [frame for frames in world.tested.values() for frame in frames]
    classes = _classes(world, [*learnable, *tested])
    nodes = list(world.learnable)
    given = dirichlet_split({f.name: classes[f.name] for f in learnable}, nodes, float(kind), count, seed)
    learned = {node: tuple(f for f in learnable if f.name in set(names)) for node, names in given.items()}
    private = {}
    for node, frames in learned.items():
        scenes, cameras = {classes[f.name] for f in frames}, {f.camera for f in frames}
        of_scenes = tuple(f for f in tested if classes[f.name] in scenes)
        private[node] = of_scenes or tuple(f for f in tested if f.camera in cameras)
    return Split(learned, private)


def _classes(world: World, frames: list[Frame]) -> Mapping[str, tuple[str, str, str]]:
    vehicles = {}
    for frame in frames:
        truth = world.dataset.truth[frame.name].vehicles
        vehicles[frame.name] = 0.0 if truth is None else float(len(truth.boxes))
    brightness = {frame.name: float(np.mean(load(frame, 8))) for frame in frames}
    return scene_classes({frame.name: frame.camera for frame in frames}, brightness, vehicles)
