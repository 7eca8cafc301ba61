"""The places of the lot: each once, however many cameras see it.

A slot is what one camera sees; a place is where a car stands. Two cameras of which each numbers its slots from 1 see
different places, so a place is a camera and a slot, unless the site file says that cameras share slots
(``shared_slots``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lotwise.cameras.slots.state import SlotNow
from lotwise.node.state import CameraNow, NodeNow


@dataclass(frozen=True)
class Place:
    """One place of the lot.

    Attributes:
        name: ``gate/7`` of a slot that one camera has for itself; of shared ones the slot's id, or ``gate+roof/7``
            where only some of the cameras share slots.
        slot: its id in each of the cameras.
        cameras: that see it.
        now: what is known of it.
    """

    name: str
    slot: str
    cameras: tuple[str, ...]
    now: SlotNow


def shared_groups(shared: bool | Iterable[Iterable[str]], cameras: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Which cameras see the same places under the same ids: groups of two or more.

    Args:
        shared: what the site file says: all cameras, none, or groups of their ids.
        cameras: that run; others are left out of the groups.

    >>> shared_groups(True, ["gate", "roof"])
    (('gate', 'roof'),)
    >>> shared_groups([["gate", "roof", "yard"]], ["gate", "yard", "ramp"])
    (('gate', 'yard'),)
    >>> shared_groups(False, ["gate", "roof"])
    ()
    """
    if shared is False:
        return ()
    names = tuple(cameras)
    groups = (names,) if shared is True else (tuple(name for name in group if name in names) for group in shared)
    return tuple(group for group in groups if len(group) > 1)


def lot_places(now: NodeNow) -> dict[str, Place]:
    """Every place of the lot by its name, in the order of the cameras and their slots.

    Of several cameras that see a place, those whose source is live decide alone: what a video that has ended or a
    camera that is away saw last says nothing against a picture of this moment. Among them one that knows the place goes
    before one that does not, and the surer one before the other.
    """
    group_of = {camera: group for group in now.shared for camera in group}
    seen: dict[str, tuple[str, list[CameraNow]]] = {}
    for name, camera in now.cameras.items():
        group = group_of.get(name, (name,))
        prefix = "" if name in group_of and len(group) == len(now.cameras) else f"{'+'.join(group)}/"
        for slot in camera.slots:
            seen.setdefault(prefix + slot, (slot, []))[1].append(camera)
    return {
        name: Place(name, slot, tuple(camera.camera for camera in cameras), _believed(slot, cameras))
        for name, (slot, cameras) in seen.items()
    }


def place_states(places: Mapping[str, Place]) -> dict[str, SlotNow]:
    """What is known of each place, by its name."""
    return {name: place.now for name, place in places.items()}


def is_live(camera: CameraNow) -> bool:
    """Whether a camera shows this moment: its source is live, and no recording that was read to its end."""
    return camera.source.state == "live" and not camera.source.ended


def _believed(slot: str, cameras: Sequence[CameraNow]) -> SlotNow:
    if len(cameras) == 1:
        return cameras[0].slots[slot]

    def trust(camera: CameraNow) -> tuple[bool, bool, float]:
        told = camera.slots[slot]
        return is_live(camera), told.state != "unknown", told.score

    return max(cameras, key=trust).slots[slot]
