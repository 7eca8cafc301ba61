"""What is learned of slots without labels, on lots seen from several heights."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from lotwise.cameras.slots import SlotReading, slot_states
from lotwise.cameras.slots.learning import learn_slot_model
from lotwise.cameras.slots.matched import match_slots
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.parked_cars import MAX_FRAMES
from lotwise.datasets.frame import Detections
from tests.cameras.slots.lots import SIZE, Seen, car_box, slot_centres, slots_of, view, watch


def errors(frames: list[Seen], rule: Callable[[Detections], Mapping[str, SlotReading]]) -> tuple[int, int]:
    """Slots called occupied that are free, and the other way round."""
    wrong = [
        reading.state
        for frame in frames
        for name, reading in rule(frame.detections).items()
        if reading.state != frame.states[name]
    ]
    return wrong.count("occupied"), wrong.count("free")


def learn(height: float, frames: int, sloppy: float = 0.0) -> tuple[SlotModel, tuple]:
    camera = view(height)
    slots = slots_of(camera, sloppy)
    return learn_slot_model([seen.detections for seen in watch(camera, frames)], slots, SIZE), slots


@pytest.mark.parametrize("sloppy", [0.0, 0.35])  # metres by which slots are drawn off
@pytest.mark.parametrize("height", [4, 6, 9])  # metres of the camera above the ground
def test_a_low_camera_is_read_far_better_than_by_half_covered_slots(height, sloppy) -> None:
    model, slots = learn(height, 12, sloppy)
    later = watch(view(height), 10, seed=99)
    simple = errors(later, lambda seen: slot_states(seen, slots, SIZE))
    learned = errors(later, lambda seen: match_slots(seen, slots, SIZE, model))
    assert sum(learned) < 0.45 * sum(simple)
    assert learned[0] < 0.4 * simple[0]
    assert learned[1] <= simple[1]


@pytest.mark.parametrize("frames", [1, 2, 4])
@pytest.mark.parametrize("height", [4, 14, 20])
def test_few_frames_and_high_cameras_lose_nothing(height, frames) -> None:
    model, slots = learn(height, frames)
    later = watch(view(height), 10, seed=99)
    simple = errors(later, lambda seen: slot_states(seen, slots, SIZE))
    learned = errors(later, lambda seen: match_slots(seen, slots, SIZE, model))
    readings = len(slots) * len(later)
    assert sum(learned) <= sum(simple) + 0.01 * readings


def test_expected_boxes_are_where_cars_stand() -> None:
    camera = view(6)
    model, _ = learn(6, 20)
    rng = np.random.default_rng(5)
    centres = slot_centres()
    for place in model.places:
        if place.slot is not None:
            boxes = np.mean([car_box(camera, *centres[place.slot], rng) for _ in range(20)], axis=0)
            cut = np.clip(boxes, 0, [*SIZE, *SIZE]) / [*SIZE, *SIZE]
            off = (np.clip(place.box, 0, 1) - cut) * [*SIZE, *SIZE]
            assert np.abs(off).max() < 0.2 * place.size * SIZE[0]


def test_slots_on_which_no_car_was_ever_seen_learn_from_the_others() -> None:
    camera = view(6)
    slots = slots_of(camera)
    unseen = {"b4", "c0", "d9"}
    centres = slot_centres()
    rng = np.random.default_rng(1)
    frames = []
    for _ in range(8):
        names = [name for name in centres if name not in unseen and rng.random() < 0.7]
        boxes = np.array([car_box(camera, *centres[name], rng) for name in names])
        frames.append(Detections.of(np.clip(boxes, 0, [*SIZE, *SIZE]), np.full(len(boxes), 0.8)))
    model = learn_slot_model(frames, slots, SIZE)
    assert unseen <= {place.slot for place in model.places}
    for name in unseen:
        car = Detections.of([car_box(camera, *centres[name], rng)], [0.8])
        readings = match_slots(car, slots, SIZE, model)
        assert [other for other, reading in readings.items() if reading.state == "occupied"] == [name]


def test_cars_that_often_stand_beyond_the_end_of_a_row_take_no_slot() -> None:
    camera = view(5)
    slots = [slot for slot in slots_of(camera) if slot.id not in ("b8", "b9")]  # two places that are no slots
    frames = watch(camera, 12, taken=(0.6, 0.8), strays=0)
    model = learn_slot_model([seen.detections for seen in frames], slots, SIZE)
    later = watch(camera, 15, seed=3, taken=(0.4, 0.6), strays=0)
    wrong = [
        match_slots(seen.detections, slots, SIZE, model)["b7"].state
        for seen in later
        if seen.states["b7"] == "free" and "occupied" in (seen.states["b8"], seen.states["b9"])
    ]
    assert len(wrong) > 3
    assert wrong.count("occupied") == 0


@pytest.mark.parametrize("frames", [[], [Detections.empty()] * 5, [Detections.of([[10, 10, 60, 50]], [0.9])]])
def test_too_little_to_learn_from_leaves_the_half_covered_rule(frames) -> None:
    slots = slots_of(view(6))
    model = learn_slot_model(frames, slots, SIZE)
    assert model == SlotModel(frames=len(frames))
    seen = watch(view(6), 1)[0].detections
    simple = slot_states(seen, slots, SIZE)
    assert {k: v.state for k, v in match_slots(seen, slots, SIZE, model).items()} == {
        k: v.state for k, v in simple.items()
    }


def test_a_camera_without_slots() -> None:
    assert learn_slot_model([seen.detections for seen in watch(view(6), 2)], (), SIZE).places == ()


def test_the_same_frames_teach_the_same() -> None:
    assert learn(6, 6)[0] == learn(6, 6)[0]


def test_very_many_frames_are_thinned_out() -> None:
    camera = view(6)
    frames = [seen.detections for seen in watch(camera, 3)] * MAX_FRAMES
    assert learn_slot_model(frames, slots_of(camera), SIZE).frames == MAX_FRAMES
