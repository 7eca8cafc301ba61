"""The index of a labelling: written whole, read by later stages, and what it says of changed files."""

import os
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.stamp import stamp_of
from lotwise.teacher.index import (
    INDEX,
    LabelIndex,
    LabelledFrame,
    Labels,
    SkippedFrame,
    open_labels,
    read_index,
    write_index,
)
from lotwise.teacher.store import KnowledgeStore


def index_of(site: Dataset, **changed) -> LabelIndex:
    frames = {
        frame.name: LabelledFrame(key=f"{number:032x}", size=(160, 120), stamp=stamp_of(frame))
        for number, frame in enumerate(site.frames[:2])
    }
    skipped = {site.frames[2].name: SkippedFrame(why="black", stamp=stamp_of(site.frames[2]))}
    unchosen = {site.frames[3].name: stamp_of(site.frames[3])}
    whole = LabelIndex(oracle="0123", asked="this", frames=frames, skipped=skipped, unchosen=unchosen)
    return whole.model_copy(update=changed)


def test_it_comes_back_as_it_was_written(site, tmp_path: Path) -> None:
    assert read_index(tmp_path) is None
    index = index_of(site)
    write_index(tmp_path / "knowledge", index)
    assert read_index(tmp_path / "knowledge") == index
    labels = open_labels(tmp_path / "knowledge", "this")
    assert labels.keys == {site.frames[0].name: "0" * 32, site.frames[1].name: "0" * 31 + "1"}
    assert labels.skipped == {site.frames[2].name: "black"}
    assert labels.unchosen == {site.frames[3].name}
    assert labels.store.folder == tmp_path / "knowledge" / "0123"


@pytest.mark.parametrize(
    ("changed", "why"),
    [({"finished": False}, "not finished \\(2 frames so far\\)"), ({"asked": "that"}, "than this run asks for")],
)
def test_what_cannot_be_gone_on_with_is_said(site, tmp_path: Path, changed: dict, why: str) -> None:
    write_index(tmp_path, index_of(site, **changed))
    with pytest.raises(InputError, match=rf"{why}.*run lotwise label"):
        open_labels(tmp_path, "this")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"oracle": 3}', '{"oracle": "0", "frames": {"a": {}}}'])
def test_a_broken_index_is_one_line_that_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(InputError) as refusal:
        read_index(tmp_path)
    assert str(tmp_path / INDEX) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_it_covers_just_its_frames_as_they_are(site, tmp_path: Path) -> None:
    index = index_of(site)
    assert index.covers(site.frames[:4])
    assert not index.covers(site.frames[:3])
    assert not index.covers(site.frames[:5])
    name = site.frames[3].name
    assert not index.model_copy(update={"unchosen": {name: (1, 1)}}).covers(site.frames[:4])


def test_a_frame_is_compared_by_its_pixels_once_its_file_was_touched(site, tmp_path: Path) -> None:
    import shutil
    from dataclasses import replace

    from lotwise.datasets.images import content_key
    from lotwise.datasets.load import load

    path = Path(shutil.copy(site.frames[0].path, tmp_path / "a.jpg"))
    frame = replace(site.frames[0], path=path)
    known = LabelledFrame(key=content_key(load(frame)), size=(160, 120), stamp=stamp_of(frame))
    labels = Labels(LabelIndex(oracle="0", frames={frame.name: known}), KnowledgeStore(tmp_path))

    def never(_: object) -> None:
        raise AssertionError("decoded")

    assert labels.still_as_labelled(frame, never)
    os.utime(path, ns=(1, 1))
    assert labels.still_as_labelled(frame)
    shutil.copy(site.frames[1].path, path)
    assert not labels.still_as_labelled(frame)
    with pytest.raises(InputError, match=r"a\.jpg: changed since the teacher looked"):
        labels.check([frame])
    path.unlink()
    assert labels.still_as_labelled(frame)  # whoever needs it will say that it is gone
