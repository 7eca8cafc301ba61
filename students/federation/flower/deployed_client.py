"""A camera's app on a deployment: what Flower's node configuration says, as what the app needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flwr.app import Context

from lotwise.datasets.errors import InputError
from lotwise.students.federation.flower.client_app import make_client_app
from lotwise.students.federation.node import Node


def node_of(context: Context) -> Node:
    """Which camera this node is, by ``--node-config 'camera="C1" run="/var/lib/lotwise/run"'``.

    Raises:
        InputError: it does not say.
    """
    told: Mapping[str, Any] = context.node_config
    missing = [name for name in ("camera", "run") if not told.get(name)]
    if missing:
        raise InputError(f"--node-config: {missing[0]}= is missing; give the camera's id and its run folder")
    reference = str(told.get("reference", ""))
    return Node(Path(str(told["run"])), str(told["camera"]), Path(reference) if reference else None)


client_app = make_client_app(node_of)
