"""The stream of samples: the same for the same seed and number, whatever happened before."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import load
from lotwise.datasets.readers.folder import read_folder
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.teacher.label import Labelled, label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore

SETTINGS = DistillSettings(size=96, epochs=1, seed=7)


def labelled(frames, weights, folder: Path) -> tuple[Labelled, KnowledgeStore]:
    oracle = Oracle(weights.teacher, OracleSettings(scales=(96,), grid=96, latent_bytes=30_000))
    store = KnowledgeStore.open(folder, oracle.identity, {})
    return label(frames, oracle, store), store


@pytest.fixture(scope="module")
def known(site, weights, tmp_path_factory):
    frames = site.of_camera("C1")
    return frames, *labelled(frames, weights, tmp_path_factory.mktemp("knowledge"))


def stream(known, **changed) -> Samples:
    frames, said, store = known
    return Samples(frames, store, SETTINGS.model_copy(update=changed), said.keys)


def test_a_sample_is_that_of_its_number_after_a_restart_too(known) -> None:
    whole = stream(known)
    first = [whole[i] for i in range(12)]
    again = stream(known)  # as after a kill: begins in the middle
    for i in (11, 4, 0, 7):
        assert np.array_equal(again[i].image, first[i].image)
        assert np.array_equal(again[i].targets.detections.boxes, first[i].targets.detections.boxes)


def test_every_frame_is_shown_once_an_epoch_in_changing_order(known) -> None:
    samples = stream(known, geometry=0.0)
    frames = known[0]
    assert len(samples) == len(frames)
    boxes = {}
    for i in range(3 * len(frames)):
        boxes.setdefault(i // len(frames), []).append(samples[i].targets.detections.boxes.tobytes())
    orders = list(boxes.values())
    assert all(sorted(order) == sorted(orders[0]) for order in orders)
    assert len(set(orders[0])) == len(frames)
    assert orders[0] != orders[1] or orders[1] != orders[2]


def test_another_seed_is_another_stream(known) -> None:
    assert any(not np.array_equal(stream(known)[i].image, stream(known, seed=8)[i].image) for i in range(6))


def test_latents_are_taught_only_where_nothing_was_moved(known) -> None:
    still, moved = stream(known, geometry=0.0), stream(known, geometry=1.0)
    assert still.latent_channels() == moved.latent_channels() != []
    assert all(len(still[i].targets.latents) == 3 for i in range(6))
    assert all(moved[i].targets.latents == () for i in range(6))


def test_another_grid_than_the_teachers_carries_no_latents_and_boxes_in_its_own_pixels(known) -> None:
    small = stream(known, size=64, geometry=0.0)
    assert small.latent_channels() == []
    assert (small.input_size(), small[0].image.shape) == ((64, 64), (64, 64, 3))
    assert small[0].targets.latents == ()
    assert small[0].targets.detections.boxes.max() <= 64


def test_identity_is_of_the_pictures_and_of_the_teacher(known, site, weights, tmp_path: Path) -> None:
    frames, said, store = known
    same = stream(known).identity
    assert stream(known).identity == same
    fewer = Samples(frames[:-1], store, SETTINGS, said.keys).identity
    replaced = Samples(frames, store, SETTINGS, {**said.keys, frames[0].name: "0" * 32}).identity
    other = KnowledgeStore.open(tmp_path, "another oracle", {})
    assert len({same, fewer, replaced, Samples(frames, other, SETTINGS, said.keys).identity}) == 4


def test_a_sample_teaches_what_is_taught_in_place_of_the_teachers_word(known) -> None:
    frames, said, store = known
    settings = SETTINGS.model_copy(update={"geometry": 0.0})
    told = Detections.of([[40, 30, 80, 60]], [0.6])
    samples = Samples(frames, store, settings, said.keys, {frames[0].name: told})
    own = Samples(frames, store, settings, said.keys)
    changed = 0
    for i in range(len(frames)):
        sample, plain = samples[i].targets, own[i].targets
        if np.array_equal(sample.detections.scores, plain.detections.scores):
            assert np.array_equal(sample.detections.boxes, plain.detections.boxes)
            continue
        changed += 1
        assert sample.detections.boxes.tolist() == [pytest.approx([24, 18 + 12, 48, 36 + 12])]
        assert sample.detections.scores.tolist() == pytest.approx([0.6])
        # What the teacher's network says at each cell stays what it said.
        assert np.array_equal(sample.latents[0].values, plain.latents[0].values)
        assert np.array_equal(sample.dense.scores, plain.dense.scores)
    assert changed == 1


def test_identity_is_of_what_is_taught_too(known) -> None:
    frames, said, store = known
    box, moved = Detections.of([[40, 30, 80, 60]], [0.6]), Detections.of([[41, 30, 80, 60]], [0.6])
    surer = Detections.of([[40, 30, 80, 60]], [0.7])
    name, second = frames[0].name, frames[1].name
    taught = [{}, {name: box}, {name: moved}, {name: surer}, {second: box}, {name: box, second: box}]
    assert len({Samples(frames, store, SETTINGS, said.keys, one).identity for one in taught}) == len(taught)
    elsewhere = {name: box, "of another camera": box}
    first, again = (Samples(frames, store, SETTINGS, said.keys, one).identity for one in (taught[1], elsewhere))
    assert first == again


def test_a_plain_frame_is_as_it_was_taken(known) -> None:
    frames, said, store = known
    box = Detections.of([[40, 30, 80, 60]], [0.6])
    samples = Samples(frames, store, SETTINGS, said.keys, {frames[2].name: box})
    image, fitted, taught = samples.plain(2)
    assert np.array_equal(image, Letterbox((160, 120), (96, 96)).image(load(frames[2])))
    assert (fitted.frame, fitted.input, taught) == ((160, 120), (96, 96), box)
    assert samples.plain(1)[2].boxes.tolist() == store.get(said.keys[frames[1].name]).detections.boxes.tolist()


def test_a_camera_whose_resolution_was_changed_has_one_input_for_all_its_frames(weights, tmp_path: Path) -> None:
    folder = tmp_path / "frames" / "gate"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number, (width, height) in enumerate([(160, 120), (192, 96), (96, 160)]):
        cv2.imwrite(str(folder / f"{number}.png"), rng.integers(0, 255, (height, width, 3), np.uint8))
    frames = read_folder(tmp_path / "frames").frames
    said, store = labelled(frames, weights, tmp_path / "knowledge")
    samples = Samples(frames, store, SETTINGS, said.keys)
    assert {samples[i].image.shape for i in range(9)} == {(96, 96, 3)}


def test_boxes_lie_on_what_the_teacher_saw(site, tmp_path: Path) -> None:
    from lotwise.datasets.images import content_key
    from lotwise.teacher.knowledge import Knowledge

    frame = site.frames[0]
    image = load(frame)
    store = KnowledgeStore.open(tmp_path, "o", {})
    key = content_key(image)
    store.add(key, Knowledge((160, 120), Detections.of([[40, 30, 80, 60]], [0.9])))
    settings = SETTINGS.model_copy(update={"geometry": 0.0})
    sample = Samples([frame], store, settings, {frame.name: key})[0]
    assert sample.image.shape == (96, 96, 3)
    assert sample.targets.detections.boxes[0] == pytest.approx([24, 18 + 12, 48, 36 + 12])
