"""What a node does with a message, whatever carried it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.students.federation.camera import FederatedCamera
from lotwise.students.federation.given import graph_of_text, opened_reference
from lotwise.students.federation.methods import make_method, needs
from lotwise.students.federation.node import Node
from lotwise.students.federation.node_side import NodeSide
from lotwise.students.federation.parcel import Parcel
from lotwise.students.federation.reference_set import refuse_private
from lotwise.students.federation.results import save_student
from lotwise.students.pipeline.records import FederationRecord
from lotwise.students.pipeline.run import Run

About = Mapping[str, Any]
"""What the server's every message says: method, settings (JSON), rounds, identity, students (JSON), exchange, and, for
methods that need them, reference (its identity) and graph (JSON)."""


def work(node: Node, about: About, incoming: Parcel) -> Parcel:
    """A node's part of one exchange.

    Raises:
        InputError: what was said does not fit this node.
    """
    return _side(node, about).exchange(int(about["exchange"]), incoming)


def finish(node: Node, about: About, incoming: Parcel) -> str:
    """Write the student that this node deploys; its fingerprint.

    Args:
        node: this node.
        about: of the federation; ``told`` holds the server's counts of this node's messages (JSON).
        incoming: what the server would say in a next exchange.

    Raises:
        InputError: what was said does not fit this node.
    """
    side = _side(node, about)
    local, weights = side.student(int(about["exchange"]), incoming)
    local.load(weights)
    told = json.loads(str(about["told"]))
    how = FederationRecord(
        method=str(about["method"]), rounds=int(about["rounds"]), identity=str(about["identity"]), **told
    )
    steps = int(local.state().number("batches"))
    return save_student(Run(node.run), _camera(node, about), local.student, how, steps, side.seconds)


def _side(node: Node, about: About) -> NodeSide:
    camera = _camera(node, about)
    folder = Run(node.run).camera(node.camera) / "federation" / str(about["identity"])
    given = _given(node, about)
    if "reference" in given and not folder.exists():
        # Once, before the first word: nobody else can tell, as the camera shows nobody its frames.
        refuse_private(given["reference"], camera.frames, camera.read)
    method = make_method(str(about["method"]), json.loads(str(about["settings"])), given)
    return NodeSide(folder, method, camera.local, int(about["rounds"]))


def _given(node: Node, about: About) -> dict[str, Any]:
    """What the server's method has to be given: this node's own copy of the reference set, and the graph."""
    given = dict[str, Any]()
    for need in needs(str(about["method"])):
        if need == "reference":
            given[need] = opened_reference(node.reference, str(about["reference"]))
        else:
            given[need] = graph_of_text(str(about["graph"]))
    return given


_cameras: dict[tuple[Path, str, str], FederatedCamera] = {}
"""Opened ones of this process: on the simulation engine it serves many messages."""


def _camera(node: Node, about: About) -> FederatedCamera:
    student = str(json.loads(str(about["students"])).get(node.camera, ""))
    key = (node.run, node.camera, student)
    if key not in _cameras:
        _cameras[key] = FederatedCamera(Run(node.run), node.camera, student or None)
    return _cameras[key]
