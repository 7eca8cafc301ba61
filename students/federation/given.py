"""What some methods have to be given beside their settings: the reference set, and who talks to whom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError
from lotwise.students.federation.graph.alike import alike
from lotwise.students.federation.graph.topologies import Graph, complete, random_regular, ring, star
from lotwise.students.federation.methods import needs
from lotwise.students.federation.reference_set import ReferenceSet, read_reference_set
from lotwise.students.federation.settings import FederationSettings

Descriptions = Mapping[str, NDArray[np.float16]]
"""What each camera tells of its view, by node."""


def checked(settings: FederationSettings) -> None:
    """Whether method, topology and reference set go together, before anything is begun.

    Raises:
        InputError: they do not.
    """
    wanted = needs(settings.method)
    if "reference" in wanted and settings.reference is None:
        raise InputError(
            f"--method {settings.method} exchanges what cameras see on public pictures; give a folder of them with a "
            "manifest as --reference"
        )
    if "reference" not in wanted and settings.reference is not None:
        raise InputError(f"--reference: --method {settings.method} looks at no public pictures; leave it out")
    if "graph" not in wanted and settings.topology != "star":
        raise InputError(
            f"--topology {settings.topology}: --method {settings.method} has a server in the middle, so only star fits"
        )
    if settings.reference is not None:
        opened_reference(settings.reference)


def graph_of(settings: FederationSettings, nodes: Sequence[str], descriptions: Descriptions) -> Graph:
    """Who talks to whom.

    Args:
        settings: of the federation.
        nodes: that take part.
        descriptions: of their views; only ``alike`` looks at them.

    Raises:
        InputError: there is no such graph.
    """
    if settings.topology == "random":
        return random_regular(nodes, settings.degree, settings.seed)
    if settings.topology == "alike":
        return alike({node: descriptions[node] for node in nodes}, settings.degree)
    return {"star": star, "ring": ring, "complete": complete}[settings.topology](nodes)


def opened_reference(folder: Path | None, identity: str = "") -> ReferenceSet:
    """A reference set, and whether it is the one that all others have.

    Args:
        folder: of this machine's copy.
        identity: that it must have; empty where any will do.

    Raises:
        InputError: there is none, or it is another one.
    """
    if folder is None:
        raise InputError("this node has no reference set; give its folder as reference= in --node-config")
    found = read_reference_set(folder)
    if identity and found.identity != identity:
        raise InputError(
            f"{folder}: holds the reference set {found.identity}, the federation's is {identity}; copy its whole folder"
        )
    return found


def given_for(settings: FederationSettings, nodes: Sequence[str], descriptions: Descriptions) -> dict[str, Any]:
    """What the method of a federation has to be given."""
    wanted, given = needs(settings.method), dict[str, Any]()
    if "reference" in wanted:
        given["reference"] = opened_reference(settings.reference)
    if "graph" in wanted:
        given["graph"] = graph_of(settings, nodes, descriptions)
    return given


def text_of_graph(graph: Graph | None) -> str:
    return json.dumps({} if graph is None else {node: list(others) for node, others in graph.neighbours.items()})


def graph_of_text(text: str) -> Graph:
    return Graph({node: tuple(others) for node, others in json.loads(text).items()})
