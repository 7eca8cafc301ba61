"""How well it is known where cars stand on a site's slots, from the files of a node that has run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.ignore.region_file import read_regions
from lotwise.cameras.registry.site_bundles import live_bundle
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.site.slot_storage import slot_storage
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.seen_boxes import NO_BOXES, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import SEEN_BOXES, read_seen_boxes
from lotwise.cameras.slots.slot_knowledge import SlotKnowledge, slot_knowledge
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.node.slot_learning import learned_picture


@dataclass(frozen=True)
class StoredBundle:
    """What a bundle on the disk says of where cars park, without its model."""

    identity: str
    slots: tuple[Slot, ...]
    slot_model: SlotModel | None
    seen_boxes: SeenBoxes

    @staticmethod
    def read(folder: Path) -> StoredBundle:
        """The bundle of a folder.

        Raises:
            InputError: no bundle, or one that cannot be read.
        """
        manifest = parse_manifest(folder)
        seen = read_seen_boxes(folder / SEEN_BOXES) if SEEN_BOXES in manifest.files else None
        slots = tuple(shape.slot() for shape in manifest.slots)
        return StoredBundle(manifest.identity, slots, manifest.slot_model, seen or NO_BOXES)


def known_slots(site: Site, camera: str) -> dict[str, SlotKnowledge]:
    """What a node that starts now would know of each slot of a camera, by slot id.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        camera: its id.

    Raises:
        InputError: its slots, its ignore regions or its seen boxes cannot be read.
    """
    own = read_seen_boxes(site.seen_boxes_file(camera)) or NO_BOXES
    try:
        bundle = StoredBundle.read(live_bundle(site, camera))
    except InputError:
        bundle = StoredBundle("", (), None, NO_BOXES)  # lotwise run --check says what is wrong with it
    file = slot_storage(site, camera).read
    slots = bundle.slots if file is None else read_slot_file(file)
    picture = learned_picture(own, bundle, read_regions(site.ignore_file(camera)))
    return slot_knowledge(picture.learned(slots), slots)
