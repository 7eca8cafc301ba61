"""Slots that are drawn after a bundle was made are read as well as those that were there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lotwise.cameras.slots import match_slots, slot_rule
from lotwise.cameras.slots.learning import learn_slot_model
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_boxes import FrameBoxes, SeenBoxes
from lotwise.cameras.slots.slot_knowledge import knowledge_words, slot_knowledge
from lotwise.datasets.frame import Slot
from tests.cameras.slots.lots import SIZE, Seen, slots_of, view, watch

CAMERA = view(5)
SLOTS = slots_of(CAMERA)
SEEN = watch(CAMERA, 12)
LATER = watch(CAMERA, 8, seed=99)
BOXES = SeenBoxes.of(tuple(FrameBoxes.of(one.detections, SIZE) for one in SEEN), SIZE)
MODEL = learn_slot_model([one.detections for one in SEEN], SLOTS, SIZE)


def errors(picture: SlotPicture, slots: Sequence[Slot] = SLOTS, frames: Sequence[Seen] = tuple(LATER)) -> int:
    rule = slot_rule(picture.learned(slots).model)
    read = [(frame, rule(frame.detections, slots, SIZE, confidence=0.25)) for frame in frames]
    return sum(reading.state != frame.states[name] for frame, found in read for name, reading in found.items())


def test_slots_that_a_model_was_learned_for_are_read_by_that_model() -> None:
    picture = SlotPicture(MODEL, SLOTS, BOXES)
    assert picture.learned(SLOTS).model == MODEL
    moved = tuple(Slot(slot.id, slot.polygon + 0.0005) for slot in SLOTS)  # rounded to pixels and back
    assert picture.learned(moved).model == MODEL
    assert picture.learned(SLOTS[::-1]).model == MODEL


def test_slots_drawn_later_are_read_as_well_as_those_that_were_there() -> None:
    before = errors(SlotPicture(MODEL, SLOTS))
    plain = errors(SlotPicture())
    assert errors(SlotPicture(boxes=BOXES)) <= before + 1 < plain / 2


def test_a_slot_drawn_where_cars_parked_outside_of_all_slots_gets_them() -> None:
    """Without the boxes each car there would be one that stands beside the slots, and the new slots free for ever."""
    first = tuple(slot for number, slot in enumerate(SLOTS) if number % 3)
    model = learn_slot_model([one.detections for one in SEEN], first, SIZE)
    was_there = errors(SlotPicture(MODEL, SLOTS))
    assert errors(SlotPicture(model, first, BOXES)) <= was_there + 1


def test_without_boxes_what_was_learned_of_the_same_slots_is_kept() -> None:
    picture = SlotPicture(MODEL, SLOTS)
    other = replace(SLOTS[0], polygon=SLOTS[0].polygon * 0.5)
    model = picture.learned((other, *SLOTS[1:])).model
    assert model is not None
    kept = {place.slot for place in model.places} - {None}
    assert kept == {place.slot for place in MODEL.places} - {None, SLOTS[0].id}
    assert SlotPicture().learned(SLOTS).model is None


def test_how_well_slots_are_known_is_told() -> None:
    learned = SlotPicture(boxes=BOXES).learned(SLOTS)
    known = slot_knowledge(learned, SLOTS)
    taken = {slot.id: sum(frame.states[slot.id] == "occupied" for frame in SEEN) for slot in SLOTS}
    assert {one.frames for one in known.values()} == {len(SEEN)}
    close = [abs(one.seen - taken[name]) <= 3 for name, one in known.items()]  # far cars are missed now and then
    assert sum(close) >= 0.9 * len(close)
    assert {one.known for one in known.values()} <= {"cars", "neighbours", "always taken"}
    nothing = slot_knowledge(SlotPicture().learned(SLOTS), SLOTS)
    assert {one.known for one in nothing.values()} == {"not yet"}
    assert knowledge_words(nothing).startswith(f"{len(SLOTS)} not learned yet (a")
    assert knowledge_words({}) == ""


@pytest.mark.parametrize(("states", "known"), [("taken", "always taken"), ("free", "neighbours"), ("both", "cars")])
def test_a_slot_that_nobody_left_or_came_to_is_told_apart(states: str, known: str) -> None:
    slot = "b4"
    wanted = {"taken": {"occupied"}, "free": {"free"}, "both": {"occupied", "free"}}[states]
    frames = [one for one in watch(CAMERA, 40, strays=0) if one.states[slot] in wanted][:12]
    boxes = SeenBoxes.of(tuple(FrameBoxes.of(one.detections, SIZE) for one in frames), SIZE)
    assert slot_knowledge(SlotPicture(boxes=boxes).learned(SLOTS), SLOTS)[slot].known == known


def test_what_was_learned_is_the_same_as_at_adapt_but_for_rounding() -> None:
    anew = SlotPicture(boxes=BOXES).learned(SLOTS).model
    assert anew is not None
    for frame in LATER:
        one, other = (match_slots(frame.detections, SLOTS, SIZE, model, 0.25) for model in (MODEL, anew))
        assert {name: reading.state for name, reading in one.items()} == {
            name: reading.state for name, reading in other.items()
        }
