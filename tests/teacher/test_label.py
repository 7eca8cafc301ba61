"""Every frame is looked at once; what cannot be read is skipped, counted and named."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Frame, Image
from lotwise.datasets.load import load
from lotwise.datasets.readers.folder import read_folder
from lotwise.teacher.label import label
from lotwise.teacher.oracle import Oracle, OracleSettings
from lotwise.teacher.store import KnowledgeStore
from tests.datasets.pictures import png_claiming


class Counting:
    """An oracle that counts its looks."""

    def __init__(self, weights: Path) -> None:
        self.oracle = Oracle(weights, OracleSettings(scales=(64,), grid=0))
        self.calls = 0

    def predict(self, image):
        self.calls += 1
        return self.oracle.predict(image)


@pytest.fixture
def oracle(weights) -> Counting:
    return Counting(weights.teacher)


@pytest.fixture
def store(tmp_path: Path) -> KnowledgeStore:
    return KnowledgeStore.open(tmp_path / "knowledge", "oracle", {})


@pytest.fixture
def frames(site: Dataset, tmp_path: Path) -> Dataset:
    for number, frame in enumerate(site.frames[:4]):
        target = tmp_path / "frames" / "gate" / f"{number}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(frame.path, target)
    return read_folder(tmp_path / "frames")


def test_unreadable_frame_in_the_middle_is_skipped_counted_and_named(frames, oracle, store) -> None:
    broken = frames.frames[1].path
    broken.write_bytes(broken.read_bytes()[:900])
    frames.frames[2].path.write_text("no image")
    told = []
    labelled = label(frames.frames, oracle, store, lambda *words: told.append(words))
    assert (len(labelled.keys), labelled.predicted, len(store)) == (2, 2, 2)
    assert set(labelled.skipped) == {"gate/1.jpg", "gate/2.jpg"}
    assert str(broken) in labelled.skipped["gate/1.jpg"]
    assert told[-1] == ("label", 4, 4, "2 new, 2 unreadable")


def test_a_claim_of_far_too_many_pixels_ends_nothing(frames, oracle, store) -> None:
    frames.frames[1].path.write_bytes(png_claiming(65_500, 65_500))
    labelled = label(frames.frames, oracle, store)
    assert (len(labelled.keys), list(labelled.skipped)) == (3, ["gate/1.jpg"])
    assert "claims 65500 x 65500 pixels" in labelled.skipped["gate/1.jpg"]


def test_second_run_looks_at_nothing_and_says_the_same(frames, oracle, store) -> None:
    first = label(frames.frames, oracle, store)
    second = label(frames.frames, oracle, store)
    assert (first.predicted, second.predicted, oracle.calls) == (4, 0, 4)
    assert first.keys == second.keys


def test_the_same_picture_under_two_names_is_looked_at_once(frames, oracle, store) -> None:
    shutil.copy(frames.frames[0].path, frames.frames[0].path.with_name("9.jpg"))
    labelled = label(read_folder(frames.root).frames, oracle, store)
    assert (len(labelled.keys), labelled.predicted) == (5, 4)
    assert labelled.keys["gate/0.jpg"] == labelled.keys["gate/9.jpg"]


def test_a_run_that_was_killed_goes_on(frames, oracle, store) -> None:
    def kill(stage: str, done: int, total: int, words: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        label(frames.frames, oracle, store, kill)
    assert label(frames.frames, oracle, store).predicted == 2
    assert oracle.calls == 4


def test_not_one_readable_frame_is_an_error_that_names_the_first(frames, oracle, store) -> None:
    for frame in frames.frames:
        frame.path.write_bytes(b"")
    with pytest.raises(InputError, match=r"none of 4 frames can be read.*0\.jpg"):
        label(frames.frames, oracle, store)


def test_frame_that_went_away_is_skipped(frames, oracle, store) -> None:
    gone = replace(frames.frames[0], path=frames.root / "nowhere.jpg")
    labelled = label([gone, *frames.frames[1:]], oracle, store)
    assert list(labelled.skipped) == [gone.name]


def test_a_frame_whose_file_was_not_touched_is_not_decoded_again(frames, oracle, store) -> None:
    first = label(frames.frames, oracle, store)
    decoded: list[str] = []

    def read(frame: Frame) -> Image:
        decoded.append(frame.name)
        return load(frame)

    frames.frames[1].path.touch()
    second = label(frames.frames, oracle, store, read=read, before=first.frames)
    assert (second.keys, second.predicted, decoded) == (first.keys, 0, ["gate/1.jpg"])
    assert [second.frames[frame.name].size for frame in frames.frames] == [(160, 120)] * 4

    store.path(first.keys["gate/2.jpg"]).unlink()
    assert label(frames.frames, oracle, store, before=second.frames).predicted == 1


def test_it_is_told_after_each_frame_what_was_done(frames, oracle, store) -> None:
    counts: list[int] = []
    label(frames.frames, oracle, store, so_far=lambda labelled: counts.append(len(labelled.frames)))
    assert counts == [1, 2, 3, 4]
