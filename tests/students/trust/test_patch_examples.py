"""A patch reader learns from the teacher's word, and reads slots in a fog in which the detector is blind."""

from pathlib import Path

import numpy as np

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.trust.signals.look import look
from lotwise.cameras.trust.signals.second_reading import second_reading
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.disturbances import foggy
from lotwise.datasets.frame import Detections, Frame
from lotwise.students.trust.cases import UNDISTURBED
from lotwise.students.trust.patch_examples import EACH, PatchExamples, patch_examples, unseen_readers
from tests.node.streams import SLOTS, lot, pattern, write_reading_bundle


def cars(occupied: list[bool]) -> Boxes:
    left = 0.04 + 0.118 * np.flatnonzero(occupied)
    boxes = np.stack([left, np.full(len(left), 0.6), left + 0.08, np.full(len(left), 0.8)], axis=1)
    return np.asarray(boxes * np.array([480, 360, 480, 360]), np.float32)


def made(folder: Path, states: list[list[bool]]) -> tuple[Detector, PatchExamples]:
    detector = load_detector(write_reading_bundle(folder / "bundle"), 1)
    frames = [
        (Frame("C1", str(turn), folder), lot(0, occupied), Detections.of(cars(occupied), np.ones(sum(occupied))))
        for turn, occupied in enumerate(states)
    ]
    return detector, patch_examples(frames, detector)


def test_it_reads_in_fog_what_the_detector_does_not_see(tmp_path: Path) -> None:
    detector, examples = made(tmp_path, [pattern(turn) for turn in range(4)])
    assert len(examples.occupied) == 4 * (1 + EACH) * SLOTS and examples.occupied.mean() == 0.5
    reader = examples.reader("fog")
    assert reader is not None
    occupied = pattern(1)
    fog = foggy(1.2)(lot(0, occupied), np.random.default_rng(1))
    said = reader(fog, detector.slots)
    right = [by_edges == occupied[int(slot) - 1] for slot, (by_edges, _) in said.items()]
    assert len(right) == SLOTS and np.mean(right) > 0.8
    clear = lot(0, occupied)
    worse, usual = (
        second_reading(look(detector, image).readings, reader(image, detector.slots)) for image in (fog, clear)
    )
    assert usual[0] == 0.0 and worse[0] > 0.5


def test_what_it_is_judged_by_it_has_not_seen(tmp_path: Path) -> None:
    _, examples = made(tmp_path, [pattern(turn) for turn in range(4)])
    kind = next(kind for kind in examples.kinds if kind != UNDISTURBED)
    whole, without_kind, without_frame = examples.reader(), examples.reader(kind), examples.reader("", "2")
    assert whole != without_kind and whole != without_frame
    assert examples.reader(UNDISTURBED) == whole  # the frame as it is cannot be left out: all stands on it
    unseen = unseen_readers(examples)
    assert unseen(kind, "a frame of another day") == without_kind and unseen(UNDISTURBED, "2") == without_frame
    assert unseen(kind, "2") is unseen(kind, "2")  # a fit takes half a second, and many frames share one
    rows = examples.kinds != kind
    kept = PatchExamples(
        examples.edges[rows],
        examples.pattern[rows],
        examples.occupied[rows],
        examples.kinds[rows],
        examples.frames[rows],
    )
    assert kept.reader() == without_kind


def test_slots_that_were_never_free_teach_nothing(tmp_path: Path) -> None:
    _, examples = made(tmp_path, [[True] * SLOTS] * 3)
    assert examples.reader() is None
    _, nothing = made(tmp_path, [])
    assert nothing.reader() is None
