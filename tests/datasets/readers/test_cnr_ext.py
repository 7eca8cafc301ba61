"""CNR-EXT: the official layout, whole or partial, and the errors of a broken one."""

import csv
import json
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.readers.cnr_ext import FRAMES, read_cnr_ext, read_slots

HEADER = "camera,datetime,day,hour,image_url,minute,month,occupancy,slot_id,weather,year,occupant_changed"


def add_frame(root: Path, camera: int, time: str, weather: str = "SUNNY") -> str:
    """Touch a frame such as ``2015-11-12_0709``; the reader never opens it."""
    name = f"{FRAMES}/{weather}/{time[:10]}/camera{camera}/{time}.jpg"
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).touch()
    return name


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    """Two cameras, two frames of camera 1 and one of camera 2, slots 10 and 11, labels in both forms."""
    for camera, moment in ((1, "2015-11-12_0709"), (1, "2015-11-13_0709"), (2, "2015-11-12_0715")):
        add_frame(tmp_path, camera, moment)
        (tmp_path / f"camera{camera}.csv").write_text("SlotId,X,Y,W,H\n10,1296,972,259.2,194.4\n11,0,0,2592,1944\n")
    (tmp_path / "LABELS").mkdir()
    (tmp_path / "LABELS" / "camera1.txt").write_text(
        "SUNNY/2015-11-12/camera1/S_2015-11-12_07.09_C01_10.jpg 1\n"
        "SUNNY/2015-11-12/camera1/S_2015-11-12_07.09_C01_11.jpg 0\n"
    )
    return tmp_path


def states(dataset: Dataset) -> dict[str, dict[str, str]]:
    return {name: dict(truth.slots) for name, truth in dataset.truth.items() if truth.slots is not None}


def test_reads_frames_slots_and_labels(lot: Path) -> None:
    dataset = read_cnr_ext(lot)
    assert dataset.cameras == ("C1", "C2")
    assert [frame.name for frame in dataset.frames] == [
        f"{FRAMES}/SUNNY/2015-11-12/camera1/2015-11-12_0709.jpg",
        f"{FRAMES}/SUNNY/2015-11-13/camera1/2015-11-13_0709.jpg",
        f"{FRAMES}/SUNNY/2015-11-12/camera2/2015-11-12_0715.jpg",
    ]
    assert dataset.frames[0].taken.isoformat() == "2015-11-12T07:09:00"
    assert states(dataset) == {dataset.frames[0].name: {"10": "occupied", "11": "free"}}
    assert dataset.notes == ("2 frames have no slot labels",)


def test_slots_are_normalised_without_truncation(lot: Path) -> None:
    ten, whole = read_slots(lot / "camera1.csv")
    np.testing.assert_allclose(ten.polygon, [[0.5, 0.5], [0.6, 0.5], [0.6, 0.6], [0.5, 0.6]], atol=1e-6)
    np.testing.assert_allclose(whole.box(1000, 750), [0, 0, 1000, 750])


def test_table_form_equals_list_form(lot: Path) -> None:
    from_lists = states(read_cnr_ext(lot))
    (lot / "LABELS" / "camera1.txt").unlink()
    (lot / "CNRPark+EXT.csv").write_text(
        f"{HEADER}\n"
        "A,20150703_0805,3,8,CNRPark/A/free/20150703_0805_1.jpg,5,7,0,1,S,2015,\n"
        "01,2015-11-12_07.09,12,7,CNR-EXT/PATCHES/S_2015-11-12_07.09_C01_10.jpg,9,11,1,10,S,2015,\n"
        "01,2015-11-12_07.09,12,7,CNR-EXT/PATCHES/S_2015-11-12_07.09_C01_11.jpg,9,11,0,11,S,2015,\n"
    )
    dataset = read_cnr_ext(lot)
    assert states(dataset) == from_lists
    assert "1 labels were skipped: they belong to CNRPark (cameras A and B), not to CNR-EXT" in dataset.notes


def test_lists_and_table_together_count_once(lot: Path) -> None:
    text = (lot / "LABELS" / "camera1.txt").read_text() + "S_2016-01-01_07.09_C01_10.jpg 1\n"
    (lot / "LABELS" / "all.txt").write_text(text.replace("C01_10.jpg 1", "C01_10.jpg 0", 1))
    dataset = read_cnr_ext(lot)
    # all.txt comes first by name and says slot 10 is free; camera1.txt contradicts it and is reported.
    assert states(dataset)[dataset.frames[0].name]["10"] == "free"
    assert "1 labels were skipped: their frames are not here" in dataset.notes
    assert "1 labels were skipped: they contradict an earlier label of the same slot and frame" in dataset.notes


def test_labels_without_place_are_counted(lot: Path) -> None:
    with (lot / "LABELS" / "camera1.txt").open("a") as file:
        file.write("SUNNY/2015-11-14/camera1/S_2015-11-14_07.09_C01_10.jpg 1\n")
        file.write("SUNNY/2015-11-12/camera1/S_2015-11-12_07.09_C01_99.jpg 1\n")
        file.write("A/busy/20150703_1425_32.jpg 1\n")
    (lot / "camera2.csv").unlink()
    assert set(read_cnr_ext(lot).notes) == {
        "camera2.csv is missing in " + str(lot) + ": C2 has no slots",
        "1 labels were skipped: their frames are not here",
        "1 labels were skipped: their slots are not in the camera's slot file",
        "1 labels were skipped: they belong to CNRPark (cameras A and B), not to CNR-EXT",
        "2 frames have no slot labels",
    }


@pytest.mark.parametrize("asked", [["1"], ["C1"], ["c1"], ["01"]])
def test_camera_selection(lot: Path, asked: list[str]) -> None:
    dataset = read_cnr_ext(lot, asked)
    assert dataset.cameras == ("C1",)
    assert list(dataset.slots) == ["C1"]


def test_empty_camera_names_those_that_exist(lot: Path) -> None:
    with pytest.raises(InputError, match=r"empty camera C7.*cameras here: C1, C2"):
        read_cnr_ext(lot, ["7"])


def test_slot_files_inside_the_frames_folder(lot: Path) -> None:
    (lot / "camera1.csv").rename(lot / FRAMES / "camera1.csv")
    assert [slot.id for slot in read_cnr_ext(lot, ["C1"]).slots["C1"]] == ["10", "11"]


def test_the_frames_folder_itself_serves_as_root(lot: Path) -> None:
    assert read_cnr_ext(lot / FRAMES).frames == read_cnr_ext(lot).frames


def test_files_of_macos_are_skipped(lot: Path) -> None:
    frame = lot / add_frame(lot, 1, "2015-11-12_0709")
    frame.with_name("._2015-11-12_0709.jpg").touch()
    (lot / "LABELS" / "._camera1.txt").write_bytes(b"\x00\x05\x16\x07")
    assert len(read_cnr_ext(lot).frames) == 3


def test_an_image_without_time_is_skipped_and_noted(lot: Path) -> None:
    add_frame(lot, 1, "thumbnail")
    (lot / FRAMES / "SUNNY" / "2015-11-12" / "camera1" / "copy.jpg").touch()
    dataset = read_cnr_ext(lot)
    assert len(dataset.frames) == 3
    assert "2 files were skipped: their names carry no date and time" in dataset.notes


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("camera1.csv", "id,x,y,w,h\n1,2,3,4,5\n", r"camera1\.csv: expected the header SlotId,X,Y,W,H"),
        ("camera1.csv", "", r"camera1\.csv: expected the header"),
        ("camera1.csv", "SlotId,X,Y,W,H\n10,1,2,3\n", r"camera1\.csv:2: expected SlotId,X,Y,W,H"),
        ("camera1.csv", "SlotId,X,Y,W,H\n10,1,2,3,x\n", r"camera1\.csv:2: expected"),
        ("camera1.csv", "SlotId,X,Y,W,H\n10,1,2,0,5\n", r"camera1\.csv:2: slot '10'.*no area"),
        (
            "camera1.csv",
            "SlotId,X,Y,W,H\n10,1,2,3,4\n10,1,2,3,4\n",
            r"camera1\.csv:3: slot '10' is named twice",
        ),
        ("LABELS/x.txt", "S_2015-11-12_07.09_C01_10.jpg 1\nrubbish\n", r"x\.txt:2: not a label"),
        ("LABELS/x.txt", "S_2015-11-12_07.09_C01_10.jpg 2\n", r"x\.txt:1: not a label"),
        ("LABELS/x.txt", "S_2015-11-12_07.09_C01_10.jpg 1\n\nS_2015-11-12_07", r"x\.txt:3: not a label"),
        ("CNRPark+EXT.csv", "camera,when\n", r"CNRPark\+EXT\.csv: expected the columns"),
        ("CNRPark+EXT.csv", f"{HEADER}\n01,2015-11-12_07.09,12\n", r"CNRPark\+EXT\.csv:2: not a label"),
        ("vehicles.json", "{", r"vehicles\.json: not JSON"),
    ],
)
def test_broken_files_are_named_with_their_line(lot: Path, file: str, content: str, message: str) -> None:
    (lot / file).write_text(content)
    with pytest.raises(InputError, match=message):
        read_cnr_ext(lot)


def test_blank_lines_and_windows_line_ends_are_no_error(lot: Path) -> None:
    path = lot / "LABELS" / "camera1.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert len(states(read_cnr_ext(lot))) == 1


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: no CNR-EXT frames")):
        read_cnr_ext(tmp_path)


@pytest.mark.shared
def test_real_frames_agree_with_the_published_counts(shared: Path) -> None:
    root = shared / "data" / "cnr_ext"
    dataset = read_cnr_ext(root)
    slots = {camera: len(of_camera) for camera, of_camera in dataset.slots.items()}
    # The published slots of its nine cameras; there are no others.
    assert slots == {"C1": 35, "C2": 9, "C3": 21, "C4": 37, "C5": 46, "C6": 44, "C7": 46, "C8": 54, "C9": 28}
    with (root / "frames.csv").open(newline="") as file:
        listed = {row["path"]: (int(row["labelled_slots"]), int(row["occupied"])) for row in csv.DictReader(file)}
    read = {name: (len(labels), Counter(labels.values())["occupied"]) for name, labels in states(dataset).items()}
    assert read == listed
    assert {frame.name for frame in dataset.frames} == set(listed)
    lines = sum(len(path.read_text().splitlines()) for path in (root / "LABELS").glob("*.txt"))
    skipped = lines - sum(count for count, _ in listed.values())
    assert dataset.notes == (f"{skipped} labels were skipped: their frames are not here",)


@pytest.mark.shared
def test_real_vehicle_boxes(shared: Path) -> None:
    root = shared / "data" / "cnr_ext"
    content = json.loads((root / "vehicles.json").read_text())
    drawn = {
        image["file_name"]: sorted(one["iscrowd"] for one in content["annotations"] if one["image_id"] == image["id"])
        for image in content["images"]
        if (root / image["file_name"]).is_file()
    }
    truth = read_cnr_ext(root).truth
    assert {name: sorted(one.vehicles.ignore) for name, one in truth.items() if one.vehicles} == drawn
    assert any(1 in flags and 0 in flags for flags in drawn.values())


@pytest.mark.shared
def test_real_labels_in_table_form_give_the_same_and_read_fast(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "cnr_ext"
    for name in ("FULL_IMAGE_1000x750", *(f"camera{number}.csv" for number in range(1, 10))):
        (tmp_path / name).symlink_to(source / name)
    rows = [HEADER]
    for number in range(12584):
        rows.append(f"A,20150703_0805,3,8,CNRPark/A/free/20150703_0805_{number}.jpg,5,7,0,{number},S,2015,")
    for path in sorted((source / "LABELS").glob("*.txt")):
        for line in path.read_text().splitlines():
            patch, _, state = line.partition(" ")
            weather, day, moment, camera, slot = patch.rpartition("/")[2].removesuffix(".jpg").split("_")
            url = f"CNR-EXT/PATCHES/{patch}"
            rows.append(f"{camera[1:]},{day}_{moment},1,1,{url},1,1,{state},{slot},{weather},2015,")
    (tmp_path / "CNRPark+EXT.csv").write_text("\n".join(rows) + "\n")
    start = time.process_time()
    from_table = read_cnr_ext(tmp_path)
    assert time.process_time() - start < 6  # about 0.4 s alone
    assert states(from_table) == states(read_cnr_ext(source))
    assert "12584 labels were skipped: they belong to CNRPark (cameras A and B), not to CNR-EXT" in from_table.notes
