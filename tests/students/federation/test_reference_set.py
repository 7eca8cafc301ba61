"""Reference pictures are the same everywhere, and no camera's own."""

import json
import shutil
from dataclasses import replace

import cv2
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.load import load
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.synthetic import render_site
from lotwise.students.federation.reference_set import (
    MANIFEST,
    SAME_VIEW,
    read_reference_set,
    refuse_private,
    write_reference_set,
)
from tests.students.federation.tiny_cameras import reference_set


def test_a_copied_folder_is_the_same_set(tmp_path):
    made = reference_set(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    read = read_reference_set(tmp_path / "b")
    assert (read.identity, read.files, read.input) == (made.identity, made.files, (64, 64))
    assert [picture.shape for picture in read.pictures] == [(64, 64, 3)] * 3


def test_another_order_or_input_is_another_set(tmp_path):
    made = reference_set(tmp_path)
    paths = [tmp_path / file for file in made.files]
    assert write_reference_set(tmp_path, paths[::-1], 64, "made up").identity != made.identity
    assert write_reference_set(tmp_path, paths, 96, "made up").identity != made.identity


def test_pictures_of_a_turn_are_the_same_everywhere_and_others_the_next(tmp_path):
    made = reference_set(tmp_path, 8)
    turns = [[picture.sum() for picture in made.drawn(3, turn)] for turn in (1, 1, 2, 3)]
    assert turns[0] == turns[1]
    assert len({tuple(turn) for turn in turns}) > 1
    assert len(made.drawn(0, 1)) == 8


def test_a_changed_picture_is_told(tmp_path):
    reference_set(tmp_path)
    shutil.copy(tmp_path / "0.png", tmp_path / "1.png")
    with pytest.raises(InputError, match=r"1\.png: another picture than reference\.json says"):
        read_reference_set(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"frames": []}, "no picture"),
        ({"identity": "0" * 16}, "identity does not fit"),
        ({"format": 9}, "format 9"),
        ({"input": "wide"}, "not a manifest"),
    ],
)
def test_a_broken_manifest_is_one_line(tmp_path, change, said):
    reference_set(tmp_path)
    told = json.loads((tmp_path / MANIFEST).read_text()) | change
    (tmp_path / MANIFEST).write_text(json.dumps(told))
    with pytest.raises(InputError, match=said):
        read_reference_set(tmp_path)


def test_no_manifest_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no manifest of a reference set"):
        read_reference_set(tmp_path)


def test_pictures_of_elsewhere_or_given_twice_are_refused(tmp_path):
    made = reference_set(tmp_path / "a")
    first = tmp_path / "a" / made.files[0]
    with pytest.raises(InputError, match="lies outside"):
        write_reference_set(tmp_path / "b", [first], 64, "")
    with pytest.raises(InputError, match="stands twice"):
        write_reference_set(tmp_path / "a", [first, first], 64, "")


def test_frames_of_the_cameras_own_view_are_refused(tmp_path, site):
    """The same frame, the same saved anew, and another frame of the same camera; another lot is welcome."""
    own = site.of_camera("C1")
    folder = tmp_path / "reference"
    folder.mkdir()
    for name, image, quality in (("same", load(own[0]), 100), ("anew", load(own[0]), 40), ("later", load(own[1]), 90)):
        cv2.imwrite(str(folder / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        private = write_reference_set(folder, [folder / f"{name}.jpg"], 64, "")
        with pytest.raises(InputError, match=f"{name}.jpg: shows the view of camera C1, whose frames are private"):
            refuse_private(private, own[:1])
    other = render_site(tmp_path / "other", cameras=1, days=1, frames_per_day=2, width=160, height=120, seed=21)
    public = write_reference_set(tmp_path / "other", [frame.path for frame in other.frames], 64, "")
    refuse_private(public, own)
    assert replace(public, origin="x").identity == public.identity


def test_real_views_are_told_apart(shared):
    """The threshold lies between frames of one camera and frames of two."""
    from lotwise.cameras.view.edges import edges
    from lotwise.cameras.view.thumbnail import thumbnail
    from lotwise.students.federation.reference_set import view_likeness

    frames = open_dataset("cnr-ext", shared / "data" / "cnr_ext", None).frames
    fields = [(frame.camera, edges(thumbnail(load(frame)))) for frame in frames[::2]]
    alike = [(view_likeness(a, b), c == d) for c, a in fields for d, b in fields if a is not b]
    assert min(one for one, same in alike if same) > SAME_VIEW > max(one for one, same in alike if not same)
