"""False boxes are counted and told by what they are on."""

from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.clutter.places import HeldOut, Place
from benchmarks.clutter.scores import Counts, count, count_boxes, on_what
from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Dataset, Detections, VehicleTruth
from lotwise.datasets.synthetic.yard.truth import PieceTruth

CAR, HIDDEN, CAGE, SKIP = [10, 10, 50, 40], [200, 10, 240, 40], [60, 10, 100, 40], [120, 10, 180, 40]
TRUTH = VehicleTruth(np.array([CAR, HIDDEN], np.float32), np.array([False, True]))
PIECES = (PieceTruth("cages", (60, 10, 100, 40)), PieceTruth("skip", (120, 10, 180, 40)))


def test_each_false_box_is_told_by_what_it_is_on() -> None:
    assert on_what([62, 11, 100, 40], TRUTH, PIECES) == "cages"
    assert on_what([125, 12, 150, 36], TRUTH, PIECES) == "skip"  # a part of it
    assert on_what([10, 10, 34, 40], TRUTH, PIECES) == "loose"  # the front half of the car
    assert on_what([300, 200, 340, 240], TRUTH, PIECES) == "other"
    assert on_what([300, 200, 340, 240], TRUTH, ()) == "other"


def test_a_box_over_car_and_furniture_is_of_what_it_overlaps_more() -> None:
    near = (PieceTruth("skip", (30, 10, 70, 40)),)
    assert on_what([12, 10, 40, 26], TRUTH, near) == "loose"
    assert on_what([34, 10, 72, 40], TRUTH, near) == "skip"


def test_right_false_and_missed_boxes_from_the_threshold_up() -> None:
    said = Detections.of([CAR, CAGE, SKIP, HIDDEN, [300, 200, 340, 240]], [0.9, 0.5, 0.2, 0.8, 0.7])
    counts = count_boxes(said, TRUTH, PIECES, 0.25)
    assert (counts.right, counts.false, counts.missed) == (1, 2, 0)  # the hidden car is excused
    assert counts.on == Counter({"cages": 1, "other": 1})
    assert count_boxes(said, TRUTH, PIECES, 0.1).on["skip"] == 1
    assert count_boxes(said, TRUTH, PIECES, 0.95).missed == 1


def test_counts_add_up_to_shares_and_rates() -> None:
    one = Counts(2, 3, 1, 1, Counter({"cages": 1}), slots=8, slots_wrong=2)
    figures = (one + Counts(2, 3, 1, 1, Counter({"loose": 1}), empty_frames=4, empty_boxes=2)).figures()
    assert figures == {
        "precision": 0.75, "recall": 0.75, "false": 50.0, "furniture": 25.0, "slots_right": 0.75, "empty_boxes": 50.0,
        "empty_slots": 0.0,
    }  # fmt: skip
    assert Counts().figures()["precision"] is None


def test_a_place_is_counted_over_its_tests_with_slots_and_furniture(yard_site: Dataset) -> None:
    frames = [frame.name for frame in yard_site.frames]
    test = HeldOut("synthetic", str(yard_site.root), "C1", tuple(frames))
    place = Place("yard", "c", "p-0", False, "synthetic", str(yard_site.root), "C1", (), (test,), 0)
    perfect = {}
    for name in frames:
        vehicles = yard_site.truth[name].vehicles
        assert vehicles is not None
        boxes = vehicles.boxes[~vehicles.ignore]
        perfect[name] = Detections.of(boxes, np.ones(len(boxes)))
    states = {slot.id: SlotReading("free", 1.0) for slot in yard_site.slots["C1"]}
    counts = count(place, [perfect], 0.25, lambda *_, confidence: states)
    assert counts.frames == len(frames) and counts.right > 0
    assert (counts.false, counts.missed) == (0, 0)
    labels = [state for name in frames for state in (yard_site.truth[name].slots or {}).values()]
    assert counts.slots == len(labels)
    assert counts.slots_wrong == labels.count("occupied")


def test_on_an_empty_day_every_box_counts(tmp_path: Path, yard_site: Dataset, monkeypatch) -> None:
    from benchmarks.clutter import scores

    name = yard_site.frames[0].name
    monkeypatch.setattr(scores, "open_dataset", lambda *_: yard_site)
    test = HeldOut("synthetic", str(yard_site.root), "C1", (name,), empty=True)
    slot = yard_site.slots["C1"][0].box(160, 120)
    said = {name: Detections.of([slot, [0, 0, 3, 3], [5, 5, 9, 9]], [0.9, 0.8, 0.1])}
    counts = scores.count_test(test, said, 0.25, lambda *_, confidence: {})
    assert (counts.empty_frames, counts.empty_boxes, counts.frames) == (1, 2, 0)
    assert counts.empty_slots >= 1
