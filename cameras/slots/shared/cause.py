"""Why two cameras may contradict each other on a place: a guess for the person who looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from lotwise.cameras.slots.shared.agreement import Agreement
from lotwise.datasets.frame import SlotState

TURNED_PLACES, TURNED_SHARE = 3, 0.3
"""So many places, and such a share of those that two cameras see now, contradict where one of them was turned. Chosen:
by chance alone three of ten are not wrong at once."""
HOUR_COUNTS, HOUR_RATIO, HOUR_DAYS = 30.0, 3.0, 2
"""Comparisons in an hour of the day and in all others from which on they are held against each other, how many times as
often cameras must differ in it, and on how many days."""
SLOT_COUNTS, SLOT_SHARE, OTHERS_SHARE = 100.0, 0.3, 0.1
"""Comparisons of a slot from which on it is judged, the share that must be wrong, and the share of all slots of its
camera that may differ at most: else it is not this slot that is bad."""

Kind = Literal["turned", "hour", "slot", "unclear"]


@dataclass(frozen=True)
class Cause:
    """A guess.

    Attributes:
        kind: ``turned``: one camera contradicts on many places at once; ``hour``: a camera differs at this time of
            day; ``slot``: this slot has differed for long; ``unclear``.
        cameras: which ones it may be; the first one where that can be told.
    """

    kind: Kind
    cameras: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For people."""
        which = " or ".join(self.cameras)
        match self.kind:
            case "turned":
                return f"perhaps {which} was turned: many of its places are contradicted"
            case "hour":
                return f"perhaps the detector of {which} fails at this time of day"
            case "slot":
                return f"perhaps this slot is drawn badly at {which}"
        return "look at both pictures"


def likely_cause(place: str, said: Mapping[str, Mapping[str, SlotState]], agreement: Agreement, hour: int) -> Cause:
    """A guess at why the cameras of one place contradict each other.

    Args:
        place: its name.
        said: of all places that two cameras or more know now, what each camera says, by place and camera.
        agreement: what was compared before.
        hour: local hour of the day.
    """
    cameras = tuple(said[place])
    by_hour = tuple(camera for camera in cameras if _fails_at(agreement, camera, hour))
    if by_hour:
        return Cause("hour", by_hour)
    if turned := _turned(cameras, said):
        return Cause("turned", turned)
    bad = tuple(camera for camera in cameras if _is_bad_slot(agreement, camera, place))
    wrong = tuple(camera for camera in bad if (agreement.wrong_of_slot(camera, place).share or 0.0) > SLOT_SHARE)
    return Cause("slot", wrong or bad) if bad else Cause("unclear")


def _turned(cameras: Sequence[str], said: Mapping[str, Mapping[str, SlotState]]) -> tuple[str, ...]:
    for one, other in combinations(cameras, 2):
        both = [of for of in said.values() if one in of and other in of]
        differ = sum(of[one] != of[other] for of in both)
        if differ >= TURNED_PLACES and differ >= TURNED_SHARE * len(both):
            shares = {camera: _share_elsewhere(camera, {one, other}, said) for camera in (one, other)}
            guilty = tuple(camera for camera, share in shares.items() if share is not None and share >= TURNED_SHARE)
            fine = tuple(camera for camera, share in shares.items() if share is not None and share < TURNED_SHARE)
            # Only a third camera can tell which of two it is.
            return guilty if len(guilty) == 1 else tuple(camera for camera in (one, other) if camera not in fine)
    return ()


def _share_elsewhere(camera: str, pair: set[str], said: Mapping[str, Mapping[str, SlotState]]) -> float | None:
    """Of the places that a camera sees with any third camera, the share on which they contradict."""
    differ = [
        of[camera] != of[third] for of in said.values() if camera in of for third in of if third not in pair
    ]  # fmt: skip
    return sum(differ) / len(differ) if differ else None


def _fails_at(agreement: Agreement, camera: str, hour: int) -> bool:
    near = agreement.of_camera(camera, range(hour, hour + 1))
    far = agreement.of_camera(camera, range(hour + 3, hour + 22))
    if near.compared < HOUR_COUNTS or far.compared < HOUR_COUNTS or near.share is None or far.share is None:
        return False
    often = near.share > OTHERS_SHARE and near.share > HOUR_RATIO * far.share
    return often and agreement.days_in_hour(camera, hour) >= HOUR_DAYS


def _is_bad_slot(agreement: Agreement, camera: str, place: str) -> bool:
    slot, whole = agreement.of_slot(camera, place), agreement.of_camera(camera)
    if slot.compared < SLOT_COUNTS or slot.share is None or whole.share is None:
        return False
    return slot.share > SLOT_SHARE and whole.share < OTHERS_SHARE
