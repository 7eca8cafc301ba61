"""Every format: what is written is recognised by what is in it, and read as it was."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.slot_formats.drawing import Picture, SlotFormat
from lotwise.cameras.site.slot_formats.formats import FORMATS, format_named
from lotwise.cameras.site.slot_formats.given_file import Hints
from lotwise.cameras.site.slot_formats.read import read_slots, slots_from_bytes
from lotwise.cameras.site.slot_formats.write import write_slots
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot

SIZE = (1920, 1080)
PICTURE = Picture(SIZE, "frame.jpg")
HINTS = Hints(picture=SIZE, slot=(192, 216))
# Corners in whole pixels, and one slot with five of them; names that XML, YAML and topics would trip over.
SKEWED = tuple(
    Slot(name, np.array(corners, np.float32))
    for name, corners in [
        ("184", [[0.1, 0.1], [0.2, 0.1], [0.225, 0.3], [0.125, 0.3]]),
        ("A 7 <&é>", [[0.3, 0.1], [0.4, 0.1], [0.425, 0.3], [0.35, 0.35], [0.325, 0.3]]),
        ("no", [[0.5, 0.5], [0.95, 0.5], [0.95, 0.9]]),
    ]
)
UPRIGHT = tuple(
    Slot(str(7 + n), np.array([[x, 0.1], [x + 0.1, 0.1], [x + 0.1, 0.3], [x, 0.3]], np.float32))
    for n, x in enumerate((0.1, 0.3, 0.85))
)
BOXES_ONLY = ("cnr-ext", "opencv")


@pytest.mark.parametrize("kind", FORMATS, ids=lambda one: one.name)
def test_what_is_written_is_recognised_and_read(tmp_path: Path, kind: SlotFormat) -> None:
    slots = UPRIGHT if kind.name in BOXES_ONLY else SKEWED
    path = tmp_path / "file_without_suffix"
    write_slots(path, slots, kind, PICTURE)
    found = read_slots(path, HINTS)
    assert found.format.name == kind.name
    assert found.notes == ()
    wanted = [slot.id for slot in slots] if kind.keeps_ids else ["1", "2", "3"]
    assert [slot.id for slot in found.slots] == wanted
    for one, other in zip(slots, found.slots, strict=True):
        np.testing.assert_allclose(one.polygon, other.polygon, atol=0.6 / 1944)  # half a pixel of CNR-EXT's pictures
    assert slots_from_bytes("sent", path.read_bytes(), HINTS).slots[0].id == wanted[0]
    # Written once more it is the same file: nothing creeps from one conversion to the next.
    if kind.keeps_ids:
        write_slots(tmp_path / "again", found.slots, kind, PICTURE)
        assert (tmp_path / "again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", BOXES_ONLY)
def test_formats_of_rectangles_refuse_what_they_cannot_hold(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"out: cannot be written as .*: slot 184 is no upright rectangle"):
        write_slots(tmp_path / "out", SKEWED, format_named(name, "--to"), PICTURE)
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_holds_slots_of_one_size_only(tmp_path: Path) -> None:
    slots = (UPRIGHT[0], Slot("wide", UPRIGHT[1].polygon * np.array([1.5, 1], np.float32)))
    with pytest.raises(InputError, match="slots differ in size"):
        write_slots(tmp_path / "out", slots, format_named("opencv", "--to"), PICTURE)


def test_official_files_are_recognised_and_stay_what_they_are(shared: Path, tmp_path: Path) -> None:
    files = [
        *sorted((shared / "data/cnr_ext").glob("camera*.csv")),
        *sorted((shared / "data/pklot").rglob("*.xml"))[:20],
    ]
    if not files:
        pytest.skip(f"no official slot files under {shared / 'data'}")
    for path in files:
        found = read_slots(path)
        assert found.format.name == ("cnr-ext" if path.suffix == ".csv" else "pklot")
        write_slots(tmp_path / "again", found.slots, found.format, Picture(found.size or SIZE, "frame.jpg"))
        for one, other in zip(
            found.slots, read_slots(tmp_path / "again", Hints(picture=found.size)).slots, strict=True
        ):
            assert one.id == other.id
            np.testing.assert_allclose(one.polygon, other.polygon, atol=0.6 / min(found.size or SIZE))
