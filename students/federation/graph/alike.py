"""Neighbours by how alike their views are: cameras that see cars from the same height and side have most to share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.students.federation.graph.topologies import Graph, of_edges
from lotwise.students.federation.listening import listen

Description = NDArray[np.float16]
"""(D,) what a camera tells of its view, once: 448 numbers of a nano, 896 bytes."""


@torch.no_grad()
def describe_view(nano: DetectionModel, pictures: Sequence[Image]) -> Description:
    """The mean latents of a camera's frames, of all levels one after the other.

    They hold no positions, so no picture can be made of them; but they tell roughly what the camera sees, such as how
    large its cars are and how full its lot.

    Args:
        nano: the untouched nano, the same on all cameras.
        pictures: of the camera, fitted to the input.
    """
    means = []
    for picture in pictures:
        latents = listen(nano, [picture]).latents
        means.append(torch.cat([level[0].flatten(1).mean(1) for level in latents]).cpu().numpy())
    return np.asarray(np.mean(means, axis=0), np.float16)


def likeness(descriptions: Mapping[str, Description]) -> NDArray[np.float64]:
    """(N, N) correlation of the descriptions, -1..1, after what all cameras have in common is taken out."""
    rows = np.stack([np.asarray(one, np.float64) for one in descriptions.values()])
    rows = rows - rows.mean(0)
    scale = rows.std(0)
    rows = rows / np.where(scale > 1e-9, scale, 1.0)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray(rows @ rows.T)


def alike(descriptions: Mapping[str, Description], degree: int) -> Graph:
    """Each camera with the ``degree`` others that are most like it, and as many edges more as hold all together.

    First the edges that join everything with the greatest likeness (a maximum spanning tree), so that no camera and no
    group is left alone; then each camera's most alike, in either direction, so a camera like many has more.

    Raises:
        InputError: fewer than two cameras, or no neighbours.
    """
    nodes = list(descriptions)
    if len(nodes) < 2 or degree < 1:
        raise InputError(f"{len(nodes)} cameras with {degree} neighbours each: at least two, and one, are needed")
    like = likeness(descriptions)
    edges = [(nodes[a], nodes[b]) for a, b in _spanning_tree(like)]
    np.fill_diagonal(like, -np.inf)
    for place, node in enumerate(nodes):
        nearest = np.argsort(-like[place], kind="stable")[: min(degree, len(nodes) - 1)]
        edges += [(node, nodes[other]) for other in nearest]
    return of_edges(nodes, edges)


def _spanning_tree(like: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Prim's tree of greatest likeness."""
    joined, edges = [0], []
    while len(joined) < len(like):
        outside = [place for place in range(len(like)) if place not in joined]
        part = like[np.ix_(joined, outside)]
        a, b = np.unravel_index(int(part.argmax()), part.shape)
        edges.append((joined[int(a)], outside[int(b)]))
        joined.append(outside[int(b)])
    return edges
