"""Privacy masks in a site file or beside it: what is read, and what is refused."""

import json
from pathlib import Path

import pytest

from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Masks

TRIANGLE = [[0.1, 0.2], [0.5, 0.2], [0.1, 0.6]]
SQUARE = [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9], [0.6, 0.9]]
BOTH = tuple(tuple(map(tuple, polygon)) for polygon in (TRIANGLE, SQUARE))


def masks_of(folder: Path, given: object) -> Masks:
    site = folder / "site.yaml"
    site.write_text(f"name: lot\ncameras:\n  gate: {{source: frames, privacy_masks: {json.dumps(given)}}}\n")
    return privacy_masks(read_site(site).cameras["gate"], "cameras.gate.privacy_masks")


def test_polygons_in_the_site_file(tmp_path: Path) -> None:
    assert masks_of(tmp_path, [TRIANGLE, SQUARE]) == BOTH
    assert masks_of(tmp_path, TRIANGLE) == BOTH[:1]
    assert masks_of(tmp_path, []) == ()


def test_polygons_in_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([TRIANGLE, SQUARE]))
    assert masks_of(tmp_path, "a.json") == BOTH
    slots = [{"id": "door", "polygon": TRIANGLE}, {"id": "window", "polygon": SQUARE}]
    (tmp_path / "a.json").write_text(json.dumps(slots))
    assert masks_of(tmp_path, "a.json") == BOTH


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("gone.json", r"gone\.json: the privacy masks cannot be read \(No such file"),
        ([[[0.1, 0.1], [0.2, 0.2]]], "privacy_masks: mask 1: expected at least three corners, got 2"),
        ([SQUARE, [[100, 100], [200, 100], [200, 300]]], "mask 2: its corners are in pixels or percent"),
        ([[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]], "mask 1: its outline crosses itself"),
        ([[[1.1, 0.1], [1.9, 0.9], [1.9, 0.1]]], "mask 1: lies outside of the frame"),
        ([[[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]], "mask 1: has no area"),
        ([["a", "b"]], r"site\.yaml:3: cameras\.gate\.privacy_masks: expected a list of polygons"),
        (7, r"site\.yaml:3: cameras\.gate\.privacy_masks: expected a list of polygons"),
        ([[]], r"cameras\.gate\.privacy_masks: expected a list of polygons"),
        (True, r"cameras\.gate\.privacy_masks: expected a list of polygons"),
    ],
)
def test_what_hides_nothing_is_refused(tmp_path: Path, given: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        masks_of(tmp_path, given)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "hello", "[7]", '[{"id": "a"}]', "[[[0, 0], [1, 0, 2], [1, 1]]]", "[[[0, 0], [1, null]]]"]
)
def test_a_file_that_holds_no_masks_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json: .*expected"):
        masks_of(tmp_path, "a.json")


def test_frames_of_a_site_carry_the_masks_of_their_camera(tmp_path: Path) -> None:
    import cv2

    from tests.cameras.sources.cameras import grey

    for name in ("gate", "roof"):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "1.png"), grey(9))
    (tmp_path / "site.yaml").write_text(
        f"name: lot\ncameras:\n  gate: {{source: gate, privacy_masks: {json.dumps([TRIANGLE])}}}\n"
        "  roof: {source: roof}\n"
    )
    dataset = site_dataset(tmp_path / "site.yaml")
    assert {frame.camera: frame.masks for frame in dataset.frames} == {"gate": BOTH[:1], "roof": ()}
    (tmp_path / "site.yaml").write_text("name: lot\ncameras:\n  gate: {source: gate, privacy_masks: gone.json}\n")
    with pytest.raises(InputError, match=r"gone\.json"):
        site_dataset(tmp_path / "site.yaml")
