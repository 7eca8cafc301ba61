"""What is measured of a data set, and what is said of it, told by the pixels and not by the names."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.eval.unlearned import Unlearned, unlearned_frames
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import open_labels


@pytest.fixture
def run(adapted: Path) -> Run:
    return Run(adapted)


def found(run: Run, dataset: Dataset) -> Unlearned:
    return unlearned_frames(dataset, run.records(), open_labels(run.knowledge))


def of_c1(site: Dataset) -> Dataset:
    return replace(site, frames=site.of_camera("C1"))


def copied(site: Dataset, root: Path, rename=lambda name: name, change=lambda image: image) -> Dataset:
    """The frames of C1 written anew below another root."""
    frames: list[Frame] = []
    for frame in site.of_camera("C1"):
        name = rename(frame.name)
        path = root / Path(name).with_suffix(".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), change(load(frame)))
        frames.append(replace(frame, name=name, path=path))
    return replace(site, root=root, frames=tuple(frames))


def test_the_own_frames_keep_the_caveat_of_their_division(run: Run, site: Dataset) -> None:
    record = run.record("C1")
    result = found(run, of_c1(site))
    assert [frame.name for frame in result.frames] == list(record.test)
    assert result.notes == (f"C1: {record.note}.",)


def test_a_data_set_of_its_own_has_none_of_the_runs_caveats(run: Run, site: Dataset, tmp_path: Path) -> None:
    """Also where its files are called as those that were learned from: other cards have a 0001.jpg too."""
    other = copied(site, tmp_path, change=lambda image: np.roll(image, 7, axis=1))
    result = found(run, other)
    assert result.frames == other.frames
    assert result.notes == ()


def test_pictures_that_were_learned_from_are_known_under_any_name(run: Run, site: Dataset, tmp_path: Path) -> None:
    record = run.record("C1")
    both = copied(site, tmp_path / "same", rename=lambda name: f"card/{Path(name).parent.name}_{Path(name).name}")
    other = copied(site, tmp_path / "other", change=lambda image: np.roll(image, 7, axis=1))
    learned = tuple(
        renamed for frame, renamed in zip(site.of_camera("C1"), both.frames, strict=True) if frame.name in record.train
    )
    mixed = replace(both, frames=(*learned, *other.frames))
    result = found(run, mixed)
    assert result.frames == other.frames
    assert result.notes == ("C1: frames that the student learned from are left out.",)
    result = found(run, replace(both, frames=learned))
    assert result.frames == ()
    assert result.notes == ("C1: the student learned from all its frames here, so nothing is measured.",)


def test_files_that_were_only_touched_are_the_same_frames(run: Run, site: Dataset, tmp_path: Path) -> None:
    root = Path(shutil.copytree(site.root, tmp_path / "site", copy_function=shutil.copyfile))
    touched = tuple(replace(frame, path=root / frame.name) for frame in site.of_camera("C1"))
    assert all(frame.path.is_file() for frame in touched)
    result = found(run, replace(site, root=root, frames=touched))
    assert [frame.name for frame in result.frames] == list(run.record("C1").test)


def test_days_that_were_learned_from_are_not_held_out(run: Run, site: Dataset, tmp_path: Path) -> None:
    other = copied(site, tmp_path, change=lambda image: np.roll(image, 7, axis=1))
    assert found(run, other).held_out == {"C1": False}
    days = {frame.taken.date() for frame in site.frames if frame.name in run.record("C1").train}
    apart = replace(other, frames=tuple(frame for frame in other.frames if frame.taken.date() not in days))
    assert found(run, apart).held_out == {"C1": True}


def test_cameras_that_were_not_trained_are_told(run: Run, site: Dataset) -> None:
    strangers = tuple(replace(frame, camera="C9") for frame in site.of_camera("C2"))
    result = found(run, replace(site, frames=(*site.of_camera("C1"), *strangers)))
    assert result.notes[-1] == "C9: not trained in this run."


def test_a_test_frame_whose_picture_was_learned_from_is_not_measured(run: Run, site: Dataset) -> None:
    """A video that plays in a loop gives the same picture twice."""
    records, labels = run.records(), open_labels(run.knowledge)
    first, *others = records["C1"].test
    same = labels.index.frames[records["C1"].train[0]]
    frames = dict(labels.index.frames) | {first: labels.index.frames[first].model_copy(update={"key": same.key})}
    looped = replace(labels, index=labels.index.model_copy(update={"frames": frames}))
    result = unlearned_frames(of_c1(site), records, looped)
    assert [frame.name for frame in result.frames] == others


def test_what_the_live_bundle_was_retrained_on_is_not_measured(run: Run, site: Dataset, tmp_path: Path) -> None:
    other = copied(site, tmp_path, change=lambda image: np.roll(image, 7, axis=1))
    keys = {content_key(load(frame)) for frame in other.frames[:2]}
    labels = open_labels(run.knowledge)
    result = unlearned_frames(other, run.records(), labels, retrained={"C1": keys})
    assert result.frames == other.frames[2:]
    assert result.notes == ("C1: frames that the live bundle was retrained on are left out.",)
