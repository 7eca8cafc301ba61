"""The hub's registry of a camera follows its node's word: the hub's gate compares with what is live there."""

from __future__ import annotations

from lotwise.cameras.registry.registry import Registry
from lotwise.hub.database.tables import CameraRow

REFUSED_BY_NODE = "refused by the node"


def follow_node(registry: Registry, camera: CameraRow) -> str:
    """Make live at the hub what is live at the node, and take back what the node has refused.

    Args:
        registry: the hub's own, of this camera.
        camera: as its node told last.

    Returns:
        One line where the two cannot be brought together, else "".

    Raises:
        InputError: the registry cannot be changed.
    """
    here, known = registry.state(), registry.identities()
    refused = (camera.report or {}).get("refused") or {}
    if here.live and here.live != camera.live and here.live in refused:
        why = f"{REFUSED_BY_NODE}: {refused[here.live]}"
        if here.before is not None:
            registry.roll_back(why, of=here.live)
            here = registry.state()
    if not camera.live or camera.live == here.live:
        return ""
    if camera.live not in known:
        return (
            f"the node runs bundle {camera.live}, which this hub has not made; a new one is compared with {here.live}"
        )
    registry.promote(camera.live, probation=False)
    return ""
