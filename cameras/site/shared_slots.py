"""Which slots of which cameras are the same place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

CameraId = Annotated[
    str,
    Field(
        pattern=r"^[^./\\][^/\\]*$",
        description="Id of a camera, which also names its folder, so no / or \\ in it and no . at its start.",
    ),
]


_EXPECTED = "expected true, false, lists of cameras such as [[gate, roof]], or places such as {A7: {gate: 7, roof: 31}}"


def _checked(given: Any) -> Any:
    """Ids as texts, also where YAML made numbers of them; one message for whatever else is wrong."""

    def text(one: Any) -> str:
        if isinstance(one, bool) or not isinstance(one, str | int) or not str(one):
            raise ValueError(_EXPECTED)
        return str(one)

    if isinstance(given, Mapping) and all(isinstance(slots, Mapping) for slots in given.values()):
        places = {text(place): {text(name): text(slot) for name, slot in of.items()} for place, of in given.items()}
        if name := next((place for place in places if "/" in place), ""):
            raise ValueError(f"place {name}: a name without / is needed")
        return places
    if isinstance(given, list | tuple) and all(isinstance(group, list | tuple) for group in given):
        return tuple(tuple(text(name) for name in group) for group in given)
    if isinstance(given, bool):
        return given
    raise ValueError(_EXPECTED)


SharedSlotSettings = bool | tuple[tuple[CameraId, ...], ...] | dict[str, dict[CameraId, str]]
"""As the site file says it: all cameras or none, lists of cameras that use the same ids, or each place with the slot
that it is at each camera."""
CheckedSharedSlots = Annotated[SharedSlotSettings, BeforeValidator(_checked)]


@dataclass(frozen=True)
class SharedSlots:
    """Which slots belong to a place of the site, rather than to their camera alone.

    Attributes:
        groups: prefix of the place's name by camera, of cameras whose ids mean the same places.
        listed: the place's name by camera and slot id, of places that the site file lists.
    """

    groups: Mapping[str, str]
    listed: Mapping[tuple[str, str], str]

    def __bool__(self) -> bool:
        return bool(self.groups or self.listed)

    def place_of(self, camera: str, slot: str) -> str | None:
        """Name of the place that a slot is; None where it is a place of its camera alone.

        All slots of a group's cameras are places of the site, also those that one camera sees alone: a slot file that
        changes must not give a place another name.
        """
        if camera in self.groups:
            return self.groups[camera] + slot
        return self.listed.get((camera, slot))


def shared_slots(given: SharedSlotSettings, cameras: Iterable[str]) -> SharedSlots:
    """The rule of a site file.

    Args:
        given: what the site file says.
        cameras: that run; a place is what these see of it.

    >>> shared_slots(True, ["gate", "roof"]).place_of("roof", "7")
    '7'
    >>> shared_slots([["gate", "roof"]], ["gate", "roof", "yard"]).place_of("roof", "7")
    'gate+roof/7'
    >>> shared_slots({"A7": {"gate": "7", "roof": "31"}}, ["gate", "roof"]).place_of("roof", "31")
    'A7'
    >>> shared_slots(False, ["gate", "roof"]).place_of("roof", "7") is None
    True
    """
    names = tuple(cameras)
    if isinstance(given, Mapping):
        listed = {(camera, slot): place for place, slots in given.items() for camera, slot in slots.items()}
        return SharedSlots({}, {key: place for key, place in listed.items() if key[0] in names})
    groups: dict[str, str] = {}
    for group in shared_groups(given, names):
        prefix = "" if len(group) == len(names) else "+".join(group) + "/"
        groups |= dict.fromkeys(group, prefix)
    return SharedSlots(groups, {})


def shared_groups(given: bool | Iterable[Iterable[str]], cameras: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Which cameras see the same places under the same ids: groups of two or more.

    Args:
        given: what the site file says: all cameras, none, or groups of their ids.
        cameras: that run; others are left out of the groups.

    >>> shared_groups(True, ["gate", "roof"])
    (('gate', 'roof'),)
    >>> shared_groups([["gate", "roof", "yard"]], ["gate", "yard", "ramp"])
    (('gate', 'yard'),)
    >>> shared_groups(False, ["gate", "roof"])
    ()
    """
    if given is False:
        return ()
    names = tuple(cameras)
    groups = (names,) if given is True else (tuple(name for name in group if name in names) for group in given)
    return tuple(group for group in groups if len(group) > 1)


def shared_slot_mistake(given: SharedSlotSettings, cameras: Iterable[str]) -> str:
    """What is wrong with the setting, in one line; "" where nothing is."""
    known = tuple(cameras)
    if isinstance(given, bool):
        return ""
    if isinstance(given, Mapping):
        keys = [(camera, slot) for slots in given.values() for camera, slot in slots.items()]
        named = [camera for camera, _ in keys]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            return f"shared_slots has slot {twice[1]} of {twice[0]} in two places; a slot is one place"
        alone = next((place for place, slots in given.items() if len(slots) < 2), None)
        if alone is not None:
            return f"shared_slots: place {alone} is seen by fewer than two cameras; leave it out"
    else:
        named = [name for group in given for name in group]
    for name in named:
        if name not in known:
            return f"shared_slots names {name}, but the cameras are {', '.join(known)}"
    if not isinstance(given, Mapping):
        twice_named = next((name for name in named if named.count(name) > 1), None)
        if twice_named is not None:
            return f"shared_slots names {twice_named} twice; a camera can be in one group only"
    return ""


def in_common(given: SharedSlotSettings, ids: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Places that two cameras or more see, with these cameras, of slots with these ids by camera."""
    rule = shared_slots(given, ids)
    seen: dict[str, list[str]] = {}
    for camera, slots in ids.items():
        for slot in slots:
            if (place := rule.place_of(camera, slot)) is not None:
                seen.setdefault(place, []).append(camera)
    return {place: tuple(by) for place, by in seen.items() if len(by) > 1}
