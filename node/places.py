"""The places of the lot: each once, however many cameras see it.

A slot is what one camera sees; a place is where a car stands. Two cameras of which each numbers its slots from 1 see
different places, so a place is a camera and a slot, unless the site file says that cameras share slots
(``shared_slots``). What those say together is worked out in :mod:`lotwise.node.shared_places`.
"""

from __future__ import annotations

from collections.abc import Mapping

from lotwise.cameras.slots.state import SlotNow
from lotwise.node.bay_now import BayNow
from lotwise.node.place import Place
from lotwise.node.state import CameraNow, NodeNow


def lot_places(now: NodeNow) -> dict[str, Place]:
    """Every place of the lot by its name, in the order of the cameras and their slots."""
    name_of = {key: name for name, place in now.shared.items() for key in place.seen_as.items()}
    places: dict[str, Place] = {}
    for camera, known in now.cameras.items():
        for slot, state in known.slots.items():
            name = name_of.get((camera, slot))
            if name is not None:
                places.setdefault(name, now.shared[name])
            else:
                bay = known.bays.get(slot, BayNow())
                places[f"{camera}/{slot}"] = Place(f"{camera}/{slot}", {camera: slot}, state, known.time, bay)
    return places


def place_states(places: Mapping[str, Place]) -> dict[str, SlotNow]:
    """What is known of each place, by its name."""
    return {name: place.now for name, place in places.items()}


def is_live(camera: CameraNow) -> bool:
    """Whether a camera shows this moment: its source is live, and no recording that was read to its end."""
    return camera.source.state == "live" and not camera.source.ended


def is_trusted(camera: CameraNow) -> bool:
    """Whether a camera's slots are known at this moment: it shows this moment, and its view is good."""
    return is_live(camera) and camera.view.verdict == "good"
