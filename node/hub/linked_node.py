"""What the node's side of the hub asks of the node."""

from __future__ import annotations

from typing import Protocol

from lotwise.datasets.frame import Image, Slot
from lotwise.node.hub_now import HubNow
from lotwise.node.state import CameraNow, NodeNow


class LinkedNode(Protocol):
    """A running node; every method is called from the thread that talks to the hub."""

    def now(self) -> NodeNow:
        """How everything is."""

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        """The last frame of a camera, which nobody changes any more, what is known of it, and its slots."""

    def slots(self, camera: str) -> tuple[Slot, ...]:
        """The slots of a camera, before its first frame too."""


class NodeWithHub(LinkedNode, Protocol):
    """A running node that tells how it stands with its hub."""

    hub: HubNow | None
