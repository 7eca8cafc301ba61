"""How the node is, in a hub's words: a report of all cameras, and the card of a camera where the hub needs it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.datasets.frame import Masks, Slot
from lotwise.node.hub.bundles import BundlesNow
from lotwise.node.hub.linked_node import LinkedNode
from lotwise.node.hub.messages import STATE_LETTERS, CameraCard, CameraReport, Report
from lotwise.node.hub.slot_orders import ToldSlots
from lotwise.node.state import CameraNow, Counts
from lotwise.node.version import software_version

LONGEST, MOST_REASONS, MOST_REFUSED = 500, 20, 200
"""Characters of a text, and entries, that a report may carry."""


class Reporting:
    """Makes reports. Used by one thread.

    Args:
        site: with absolute paths.
        node: asked how everything is.
        bundles: what is live and what was refused, by camera and by the identity of the bundle that runs.
        waiting: how many frames of a camera wait to be sent.
        declined: what people at the hub wanted of a camera and what is not done here, and why.
        slots: of a camera as its editor opens them; None where the hub may not change them.

    Raises:
        InputError: privacy masks that cannot be read.
    """

    def __init__(
        self,
        site: Site,
        node: LinkedNode,
        bundles: Callable[[str, str], BundlesNow],
        waiting: Callable[[str], int],
        declined: Callable[[str], Mapping[str, str]] = lambda camera: {},
        slots: Callable[[str], ToldSlots | None] = lambda camera: None,
    ) -> None:
        self._node, self._bundles, self._waiting = node, bundles, waiting
        self._declined, self._told_slots = declined, slots
        self._masks = {name: privacy_masks(one, f"cameras.{name}.privacy_masks") for name, one in site.cameras.items()}
        self._cards: dict[str, tuple[tuple[Slot, ...], tuple[IgnoreRegion, ...], CameraCard, str]] = {}
        self._known: dict[str, str] = {}

    def report(
        self, asked: Collection[str], frames_allowed: bool, bytes_left: int, documents: Collection[str] = ()
    ) -> Report:
        """How everything is at this moment.

        Args:
            asked: cameras whose card the hub wants; those that have changed since the last report are given too.
            frames_allowed: whether frames may leave.
            bytes_left: of today's budget for them.
            documents: cameras whose whole slots the hub wants.
        """
        now = self._node.now()
        cards = {name: self._card(of) for name, of in now.cameras.items()}
        wanted = {name for name, (_, stamp) in cards.items() if name in asked or self._known.get(name, stamp) != stamp}
        slots = {name: self._told_slots(name) for name in now.cameras}
        return Report(
            time=datetime.now(UTC),
            software=software_version(),
            cameras={name: self._camera(of, cards[name][1], slots[name]) for name, of in now.cameras.items()},
            cards={name: cards[name][0] for name in wanted},
            documents={name: told.slots for name, told in slots.items() if told is not None and name in documents},
            frames_allowed=frames_allowed,
            bytes_left=bytes_left,
        )

    def reported(self, report: Report) -> None:
        """The hub has taken this report, and knows the cards of which it tells, or asks for them."""
        self._known = {name: of.card for name, of in report.cameras.items()}

    def _camera(self, now: CameraNow, card: str, slots: ToldSlots | None) -> CameraReport:
        counts, bundles = Counts.of(now.slots), self._bundles(now.camera, now.bundle)
        refused = list(bundles.refused.items())[-MOST_REFUSED:]
        found = now.trust.verdict if now.trust is not None else None
        return CameraReport(
            card=card,
            verdict=found.word if found is not None else None,
            accuracy=_share(found.accuracy) if found is not None else None,
            low=_share(found.low) if found is not None else None,
            high=_share(found.high) if found is not None else None,
            reasons=tuple(why[:LONGEST] for why in found.reasons[:MOST_REASONS]) if found is not None else (),
            drift=now.trust.drift[:LONGEST] if now.trust is not None else "",
            view=now.view.verdict,
            source=now.source.state,
            free=counts.free,
            occupied=counts.occupied,
            unknown=counts.unknown,
            live=bundles.live,
            live_role=bundles.live_role,
            shadow=bundles.shadow,
            refused={identity: why[:LONGEST] for identity, why in refused},
            new_frames=self._waiting(now.camera),
            states=slot_states(now, self._node.slots(now.camera)),
            slots_version=None if slots is None else slots.version,
            declined={what: why[:LONGEST] for what, why in self._declined(now.camera).items()},
        )

    def _card(self, now: CameraNow) -> tuple[CameraCard, str]:
        slots, regions = self._node.slots(now.camera), now.regions
        kept = self._cards.get(now.camera)
        if kept is None or kept[0] is not slots or kept[1] is not regions:
            card = camera_card(slots, self._masks.get(now.camera, ()), regions)
            kept = self._cards[now.camera] = (slots, regions, card, card.stamp)
        return kept[2], kept[3]


def camera_card(slots: tuple[Slot, ...], masks: Masks, regions: tuple[IgnoreRegion, ...]) -> CameraCard:
    """What a hub must know of a camera."""
    return CameraCard(
        slots=tuple(SlotShape.of(slot) for slot in slots),
        masks=tuple(tuple((float(x), float(y)) for x, y in mask) for mask in masks),
        ignored=tuple(region.box for region in regions),
    )


def slot_states(now: CameraNow, slots: Sequence[Slot]) -> str:
    """A letter for the state of each slot, in their order; "" where no slot was read yet."""
    if not now.slots:
        return ""
    return "".join(STATE_LETTERS[now.slots[one.id].state if one.id in now.slots else "unknown"] for one in slots)


def bundles_with(found: BundlesNow, refused: Mapping[str, str]) -> BundlesNow:
    """What is known of a camera's bundles, with those that were refused before they came into its registry."""
    return BundlesNow(found.live, found.live_role, found.shadow, {**refused, **found.refused})


def _share(value: float | None) -> float | None:
    return None if value is None or value != value else min(max(value, 0.0), 1.0)
