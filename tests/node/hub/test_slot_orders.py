"""Slots that were drawn at the hub are taken where the owner allows it, and never over what was drawn here."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_file import read_slot_entries, write_slot_entries
from lotwise.cameras.site.slot_storage import SlotStorage
from lotwise.datasets.frame import Slot
from lotwise.node.hub import slot_orders
from lotwise.node.hub.messages import SlotOrder, slot_order_text
from lotwise.node.hub.signing import Keys, own_keys
from lotwise.node.hub.slot_orders import EARLIER, SlotOrders
from lotwise.node.hub.telling import Telling
from lotwise.node.slot_editing.document import as_saved, entries_version
from tests.node.nodes import square


@dataclass
class Slots:
    """The slots of a node whose slot file is ``C1.json``."""

    file: Path
    bundled: tuple[Slot, ...] = ()
    told: list[tuple[str, str, int, int]] = field(default_factory=list)

    def storage(self, camera: str) -> SlotStorage:
        return SlotStorage(self.file if self.file.exists() else None, self.file)

    def bundle_slots(self, camera: str) -> tuple[Slot, ...]:
        return self.bundled

    def saved(self, camera: str, by: str, before: int, after: int) -> None:
        self.told.append((camera, by, before, after))


@dataclass
class Box:
    """A node's side, and the hub that orders."""

    folder: Path
    keys: Keys
    slots: Slots

    def orders(self, allow: bool = True) -> SlotOrders:
        telling = Telling(logging.getLogger("hub"), "hub h")
        return SlotOrders(allow, self.slots, self.folder, lambda: self.keys.public, telling)

    def order(self, *entries: SlotEntry, seen: str, keys: Keys | None = None, camera: str = "C1") -> SlotOrder:
        saved = as_saved(entries)
        text = slot_order_text(camera, [seen], entries_version(saved), "user otto")
        return SlotOrder.model_validate(
            {
                "camera": camera, "seen": [seen], "version": entries_version(saved), "by": "user otto",
                "slots": [one.model_dump(mode="json") for one in saved], "signature": (keys or self.keys).sign(text),
            }
        )  # fmt: skip

    @property
    def version(self) -> str:
        told = self.orders().told("C1")
        assert told is not None
        return told.version


def entry(name: str, x: float = 0.1, **fields: object) -> SlotEntry:
    return SlotEntry.of(square(name, x, 0.1)).model_copy(update=fields)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    slots = Slots(tmp_path / "C1.json")
    write_slot_entries(slots.file, (entry("1"), entry("2", 0.5, status="proposed")))
    return Box(tmp_path / "hub", own_keys(tmp_path / "hub.pem"), slots)


def test_what_was_drawn_at_the_hub_is_saved_and_what_was_before_is_kept(box: Box) -> None:
    before, orders = box.version, box.orders()
    order = box.order(entry("1", 1 / 3), entry("3", 0.7), seen=before)
    assert orders.follow([order], ["C1"]) is True
    assert orders.declined("C1") == {} and box.version == order.version, "the hub knows it by the version that it gave"
    assert [one.id for one in read_slot_entries(box.slots.file)] == ["1", "3"]
    kept = read_slot_entries(box.folder / EARLIER / "C1" / f"{before}.json")
    assert [(one.id, one.status) for one in kept] == [("1", "accepted"), ("2", "proposed")]
    assert box.slots.told == [("C1", "user otto at the hub", 2, 2)]
    assert orders.follow([order], ["C1"]) and orders.declined("C1") == {}, "once more does no harm"
    assert len(box.slots.told) == 1
    assert orders.follow([], ["C1"]) is False


def test_nothing_that_was_drawn_here_meanwhile_is_lost(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    seen, orders = box.version, box.orders()
    write_slot_entries(box.slots.file, (entry("1"), entry("9", 0.6)))
    order = box.order(entry("1", 0.3), seen=seen)
    orders.follow([order], ["C1"])
    assert "changed at the node meanwhile" in orders.declined("C1")[order.version]
    assert [one.id for one in read_slot_entries(box.slots.file)] == ["1", "9"]
    assert "user otto" in caplog.text and not box.slots.told
    orders.follow([], ["C1"])
    assert orders.declined("C1") == {}, "of the last answer alone"


def test_an_owner_who_has_not_allowed_it_is_left_alone(box: Box) -> None:
    closed, order = box.orders(allow=False), box.order(entry("1", 0.3), seen=box.version)
    assert closed.told("C1") is None
    closed.follow([order], ["C1"])
    assert closed.declined("C1") == {order.version: "the node's site file does not say hub.slots.allow: true"}
    assert [one.id for one in read_slot_entries(box.slots.file)] == ["1", "2"]


def test_only_the_hub_s_own_word_counts(box: Box, tmp_path: Path) -> None:
    seen, orders = box.version, box.orders()
    forged = box.order(entry("1", 0.3), seen=seen, keys=own_keys(tmp_path / "other.pem"))
    orders.follow([forged], ["C1"])
    assert "not signed with the hub's key" in orders.declined("C1")[forged.version]
    swapped = box.order(entry("1", 0.3), seen=seen).model_copy(update={"slots": forged.slots[:0]})
    orders.follow([swapped], ["C1"])
    assert "not those that the hub has signed" in orders.declined("C1")[swapped.version]
    of_another = box.order(entry("1", 0.3), seen=seen, camera="C7")
    orders.follow([of_another], ["C1"])
    assert orders.declined("C7") == {of_another.version: "this node has no such camera"}
    assert [one.id for one in read_slot_entries(box.slots.file)] == ["1", "2"]


def test_slots_of_the_bundle_are_replaced_by_a_file(box: Box) -> None:
    box.slots.file.unlink()
    box.slots.bundled = (square("7", 0.2, 0.2),)
    order = box.order(entry("8", 0.3), seen=box.version)
    box.orders().follow([order], ["C1"])
    assert [one.id for one in read_slot_entries(box.slots.file)] == ["8"]


def test_a_file_is_read_again_once_it_has_changed(box: Box) -> None:
    orders = box.orders()
    first = orders.told("C1")
    assert first is not None and orders.told("C1") is first and [one.id for one in first.slots] == ["1", "2"]
    write_slot_entries(box.slots.file, (entry("5", 0.4),))
    second = orders.told("C1")
    assert second is not None and [one.id for one in second.slots] == ["5"] and second.version != first.version


@pytest.mark.parametrize("content", ["{", None], ids=["broken", "too many corners"])
def test_what_cannot_be_told_is_not_offered_to_the_hub(
    box: Box, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is None:
        around = tuple((0.5 + 0.004 * x, 0.1 if x < 50 else 0.5) for x in (*range(50), *range(50, 0, -1)))
        write_slot_entries(box.slots.file, (SlotEntry(id="1", polygon=around),))
    else:
        box.slots.file.write_text(content)
    assert box.orders().told("C1") is None
    assert "its slots are not told to the hub" in caplog.text


def test_a_disk_that_cannot_be_written_is_told(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(slot_orders, "save_document", full)
    orders, order = box.orders(), box.order(entry("1", 0.3), seen=box.version)
    orders.follow([order], ["C1"])
    assert "No space left on device" in orders.declined("C1")[order.version]


def test_earlier_slots_are_not_kept_without_end(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_orders, "KEPT", 2)
    versions = []
    for number in range(4):
        versions.append(box.version)
        box.orders().follow([box.order(entry("1", 0.2 + number / 10), seen=versions[-1])], ["C1"])
    assert {file.stem for file in (box.folder / EARLIER / "C1").iterdir()} == set(versions[-2:])
