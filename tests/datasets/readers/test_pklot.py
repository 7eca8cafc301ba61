"""PKLot: lots as cameras, slots from XML, and XML that is broken or silent."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.pklot import read_pklot

CORNERS = ((0, 0), (64, 0), (64, 36), (0, 36))


def space(slot: str, occupied: str | None = "1", corners: tuple[tuple[int, int], ...] = CORNERS) -> str:
    state = "" if occupied is None else f' occupied="{occupied}"'
    points = "".join(f'<point x="{x}" y="{y}" />' for x, y in corners)
    rectangle = '<rotatedRect><center x="1" y="1" /></rotatedRect>'
    return f'<space id="{slot}"{state}>{rectangle}<contour>{points}</contour></space>'


def add(root: Path, name: str, *spaces: str | None) -> None:
    """A frame of 128 x 72 pixels, with XML unless its only space is None."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((72, 128, 3), np.uint8))
    if spaces != (None,):
        path.with_suffix(".xml").write_text(f'<parking id="x">{"".join(filter(None, spaces))}</parking>')


@pytest.mark.parametrize(
    ("names", "cameras"),
    [
        (["UFPR05/2013-02-22/2013-02-22_06_55_00.jpg"], ("UFPR05",)),  # lot and day
        (["UFPR04/Sunny/2012-12-12/2012-12-12_06_55_00.jpg"], ("UFPR04",)),  # lot, weather and day
        (["PKLot/PUCPR/Rainy/2012-09-21/2012-09-21_14_00_30.jpg"], ("PUCPR",)),  # one folder above the lots
        (["a/2012-09-21_14_00_30.jpg", "b/2012-09-21_14_00_30.jpg"], ("a", "b")),  # frames right in the lots
        (["Sunny/2012-12-12/2012-12-12_06_55_00.jpg"], ("root",)),  # root is the lot
        (["2012-12-12_06_55_00.jpg"], ("root",)),  # root holds the frames
    ],
)
def test_lots_are_cameras(tmp_path: Path, names: list[str], cameras: tuple[str, ...]) -> None:
    for name in names:
        add(tmp_path / "root", name, space("1"))
    dataset = read_pklot(tmp_path / "root")
    assert dataset.cameras == cameras
    assert [frame.name for frame in dataset.frames] == names
    assert all(frame.taken for frame in dataset.frames)


def test_slots_are_the_union_over_frames_normalised(tmp_path: Path) -> None:
    add(tmp_path, "L/2012-12-12/2012-12-12_07_00_00.jpg", space("1", "1"), space("2", "0"))
    add(tmp_path, "L/2012-12-12/2012-12-12_08_00_00.jpg", space("2", "1"), space("3", "0"))
    dataset = read_pklot(tmp_path)
    assert [slot.id for slot in dataset.slots["L"]] == ["1", "2", "3"]
    np.testing.assert_allclose(dataset.slots["L"][0].polygon, [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]])
    assert [dict(dataset.truth[frame.name].slots or {}) for frame in dataset.frames] == [
        {"1": "occupied", "2": "free"},
        {"2": "occupied", "3": "free"},
    ]
    assert dataset.notes == ()


def test_what_is_missing_is_noted(tmp_path: Path) -> None:
    add(tmp_path, "L/2012-12-12_07_00_00.jpg", space("1", None), space("2", "0"))
    add(tmp_path, "L/2012-12-12_08_00_00.jpg", space("2", "0", ((9, 9), *CORNERS[1:])))
    add(tmp_path, "L/2012-12-12_09_00_00.jpg", None)
    dataset = read_pklot(tmp_path)
    assert dataset.notes == (
        "1 frames have no XML beside them, so no slot labels",
        "1 labels were skipped: the XML does not say whether the slot is occupied",
        "L: 1 slots are drawn differently in some frames; the first drawing is used",
    )
    assert dict(dataset.truth["L/2012-12-12_07_00_00.jpg"].slots or {}) == {"2": "free"}
    assert dataset.slots["L"][1].polygon[0].tolist() == [0, 0]
    assert "L/2012-12-12_09_00_00.jpg" not in dataset.truth


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("<parking><space", "not readable as XML"),
        ("", "not readable as XML"),
        ('<p><space occupied="1"><contour/></space></p>', "expected an id"),
        (f"<p>{space('1', '1', CORNERS[:2])}</p>", "slot 1.*found 2 points"),
        (f"<p>{space('1', 'yes')}</p>", "occupied=yes"),
        ('<p><space id="1"><contour><point x="a" y="1"/></contour></space></p>', "slot 1.*x or y as numbers"),
    ],
)
def test_broken_xml_is_named(tmp_path: Path, xml: str, message: str) -> None:
    add(tmp_path, "2012-12-12_07_00_00.jpg", None)
    (tmp_path / "2012-12-12_07_00_00.xml").write_text(xml)
    with pytest.raises(InputError, match=rf"2012-12-12_07_00_00\.xml: .*{message}"):
        read_pklot(tmp_path)


def test_one_unreadable_image_does_not_stop_the_rest(tmp_path: Path) -> None:
    add(tmp_path, "2012-12-12_07_00_00.jpg", space("1"))
    add(tmp_path, "2012-12-12_08_00_00.jpg", space("1"))
    (tmp_path / "2012-12-12_07_00_00.jpg").write_bytes(b"")
    assert read_pklot(tmp_path).slots[tmp_path.name][0].polygon[2].tolist() == [0.5, 0.5]
    (tmp_path / "2012-12-12_08_00_00.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"07_00_00\.jpg: neither this nor another frame"):
        read_pklot(tmp_path)


def test_pictures_smaller_than_the_slots_were_drawn_on_are_refused(tmp_path: Path) -> None:
    add(tmp_path, "L/2012-12-12_07_00_00.jpg", space("1"), space("7", corners=((200, 10), (240, 10), (240, 40))))
    with pytest.raises(InputError, match=r"07_00_00\.xml: slot 7 lies outside of the pictures of 128 x 72; give"):
        read_pklot(tmp_path)


def test_cut_out_patches_are_no_frames(tmp_path: Path) -> None:
    add(tmp_path, "PKLot/L/Sunny/2012-12-12/2012-12-12_07_00_00.jpg", space("1"))
    add(tmp_path, "PKLotSegmented/L/Sunny/2012-12-12/Empty/2012-12-12_07_00_00#001.jpg", None)
    assert len(read_pklot(tmp_path).frames) == 1


def test_empty_camera(tmp_path: Path) -> None:
    add(tmp_path, "L/2012-12-12_07_00_00.jpg", space("1"))
    with pytest.raises(InputError, match=r"empty camera M.*cameras here: L"):
        read_pklot(tmp_path, ["M"])
    with pytest.raises(InputError, match="no frames found"):
        (tmp_path / "none").mkdir()
        read_pklot(tmp_path / "none")


@pytest.mark.shared
def test_real_lots(shared: Path) -> None:
    root = shared / "data" / "pklot"
    dataset = read_pklot(root)
    pictures = {path.relative_to(root).as_posix(): path for path in root.rglob("*.jpg")}
    assert {frame.name: frame.camera for frame in dataset.frames} == {name: name.split("/")[0] for name in pictures}
    labelled = {name: path.with_suffix(".xml") for name, path in pictures.items() if path.with_suffix(".xml").is_file()}
    slots: dict[str, set[str]] = {camera: set() for camera in dataset.cameras}
    labels: dict[str, dict[str, str]] = {}
    silent = 0
    for name, xml in labelled.items():
        spaces = [dict(re.findall(r'(\w+)="(\w*)"', tag)) for tag in re.findall(r"<space ([^>]*)>", xml.read_text())]
        slots[name.split("/")[0]] |= {space["id"] for space in spaces}
        told = [space for space in spaces if "occupied" in space]
        labels[name] = {space["id"]: ("free", "occupied")[int(space["occupied"])] for space in told}
        silent += len(spaces) - len(told)
    assert {camera: {slot.id for slot in of_camera} for camera, of_camera in dataset.slots.items()} == slots
    assert {name: dict(truth.slots or {}) for name, truth in dataset.truth.items()} == labels
    assert len(slots["UFPR05"]) == 40  # as published
    for of_camera in dataset.slots.values():
        for slot in of_camera:
            assert slot.polygon.shape == (4, 2) and (slot.polygon >= 0).all() and (slot.polygon <= 1).all()
    counted = {
        "frames have no XML beside them, so no slot labels": len(pictures) - len(labelled),
        "labels were skipped: the XML does not say whether the slot is occupied": silent,
    }
    assert dataset.notes == tuple(f"{count} {what}" for what, count in counted.items() if count)
