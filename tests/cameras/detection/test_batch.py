"""A detector over stored frames: the contract's JSON, and a killed run goes on."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.batch import detect_stored
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.frame_result import FrameReader
from lotwise.cameras.detection.result_log import ResultLog
from lotwise.cameras.detection.saved_pictures import SavedPictures
from lotwise.cameras.detection.stored_frames import stored_frames
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import write_constant_bundle
from tests.datasets.pictures import png_claiming


def quiet(*_: object) -> None:
    pass


@pytest.fixture
def detector(tmp_path: Path):
    return load_detector(write_constant_bundle(tmp_path / "bundle"))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    for number in range(4):
        cv2.imwrite(str(tmp_path / "images" / f"{number}.png"), np.full((64, 128, 3), number, np.uint8))
    return tmp_path / "images"


def detect(detector, paths, output: Path, *, conf=None, slots=None, progress=quiet):
    """Results and skipped frames, as ``lotwise detect`` gets them."""
    reader, skipped = FrameReader(detector, conf, slots), []
    frames, _ = stored_frames([str(path) for path in paths])
    with ResultLog(output, reader.identity) as log:
        results = list(detect_stored(frames, lambda _: reader, progress, skipped, log))
        log.finish(results)
    return [result.to_json() for result in results], skipped


def test_the_file_holds_what_the_contract_says(detector, images: Path, tmp_path: Path) -> None:
    output = tmp_path / "new" / "out.json"
    results, skipped = detect(detector, [images], output)
    assert skipped == []
    assert json.loads(output.read_text()) == results
    assert [Path(result["file"]).name for result in results] == ["0.png", "1.png", "2.png", "3.png"]
    first = results[0]
    assert set(first) == {"file", "width", "height", "boxes", "slots"}
    assert (first["width"], first["height"]) == (128, 64)
    # The input is 64 x 64, the frame's half lies in its middle rows.
    assert first["boxes"] == [[16.0, 0.0, 48.0, 32.0, 0.9, 0], [80.0, 0.0, 112.0, 32.0, 0.8, 0]]
    assert first["slots"] == {"1": {"state": "occupied", "score": 0.9}, "2": {"state": "free", "score": 1.0}}
    assert [path.name for path in output.parent.iterdir()] == ["out.json"]


def test_without_slots_and_with_another_threshold(detector, images: Path, tmp_path: Path) -> None:
    (result, *_), _ = detect(detector, [images], tmp_path / "out.json", conf=0.85, slots=())
    assert len(result["boxes"]) == 1
    assert "slots" not in result


def test_a_claim_of_far_too_many_pixels_ends_nothing(detector, images: Path, tmp_path: Path) -> None:
    (images / "1.png").write_bytes(png_claiming(65_500, 65_500))
    results, skipped = detect(detector, [images], tmp_path / "o.json")
    assert len(results) == 3
    assert len(skipped) == 1 and "1.png: claims 65500 x 65500 pixels" in skipped[0]


def test_unreadable_images_are_skipped_and_told(detector, images: Path, tmp_path: Path) -> None:
    (images / "1.png").write_bytes(b"no image")
    (images / "3.png").write_bytes((images / "3.png").read_bytes()[:40])
    told = []
    results, skipped = detect(detector, [images], tmp_path / "o.json", progress=lambda *words: told.append(words))
    assert [Path(result["file"]).name for result in results] == ["0.png", "2.png"]
    assert len(skipped) == 2
    assert "1.png" in skipped[0]
    assert told[-1] == ("detect", 4, 4, "2 unreadable")


def test_a_file_named_twice_is_looked_at_once(detector, images: Path, tmp_path: Path) -> None:
    results, _ = detect(detector, [images / "0.png", images, images / "0.png"], tmp_path / "o.json")
    assert len(results) == 4


class Killed(BaseException):
    pass


class Counting:
    def __init__(self, detector) -> None:
        self.detector = detector
        self.looks = 0

    def __getattr__(self, name: str):
        return getattr(self.detector, name)

    def __call__(self, frames, confidence=None):
        self.looks += 1
        return self.detector(frames, confidence)


def killed_at(number: int):
    def progress(stage: str, done: int, total: int, words: str) -> None:
        if done == number:
            raise Killed

    return progress


@pytest.mark.parametrize("torn", [b"", b'{"file": "x', b'{"file": "x"}'], ids=["whole", "torn", "no line end"])
def test_a_killed_run_goes_on_and_ends_the_same(detector, images: Path, tmp_path: Path, torn: bytes) -> None:
    whole, _ = detect(detector, [images], tmp_path / "whole.json")
    counting, output = Counting(detector), tmp_path / "out.json"
    for number in (2, 3):  # killed twice: what was written after the first kill must count too
        with pytest.raises(Killed):
            detect(counting, [images], output, progress=killed_at(number))
        assert not output.exists()
        with (tmp_path / "out.json.part").open("ab") as part:
            part.write(torn)
    results, _ = detect(counting, [images], output)
    assert results == whole == json.loads(output.read_text())
    assert counting.looks == 4


@pytest.mark.parametrize("change", ["threshold", "slots", "model"])
def test_a_run_of_something_else_begins_anew(detector, images: Path, tmp_path: Path, change: str) -> None:
    from dataclasses import replace

    with pytest.raises(Killed):
        detect(detector, [images], tmp_path / "o.json", progress=killed_at(3))
    other = load_detector(write_constant_bundle(tmp_path / "other", (0.7, 0.6)))
    counting = Counting(other if change == "model" else detector)
    moved = tuple(replace(slot, polygon=slot.polygon + np.float32(0.01)) for slot in detector.slots)
    detect(
        counting, [images], tmp_path / "o.json",
        conf=0.3 if change == "threshold" else None, slots=moved if change == "slots" else None,
    )  # fmt: skip
    assert counting.looks == 4


def test_strange_part_file_is_begun_anew(detector, images: Path, tmp_path: Path) -> None:
    (tmp_path / "o.json.part").write_bytes(b"[1, 2]\nwhatever\n\xff\n")
    results, _ = detect(detector, [images], tmp_path / "o.json")
    assert len(results) == 4


@pytest.mark.parametrize("where", ["nowhere", "empty"])
def test_nothing_to_look_at_is_said(detector, tmp_path: Path, where: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=where):
        detect(detector, [tmp_path / where], tmp_path / "o.json")


def test_output_that_cannot_be_written_is_said(detector, images: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"o\.json: cannot be written"):
        detect(detector, [images], tmp_path / "file" / "o.json")


def saved(detector, frames, folder: Path):
    reader = FrameReader(detector)
    return list(detect_stored(frames, lambda _: reader, quiet, [], None, SavedPictures(folder, frames)))


def test_pictures_are_saved_under_their_own_names(detector, images: Path, tmp_path: Path) -> None:
    (images / "C1").mkdir()
    (images / "0.png").rename(images / "C1" / "0.png")
    frames, _ = stored_frames([str(images)])
    saved(detector, frames, tmp_path / "seen")
    names = sorted(path.relative_to(tmp_path / "seen").as_posix() for path in (tmp_path / "seen").rglob("*.*"))
    assert names == ["1.jpg", "2.jpg", "3.jpg", "C1/0.jpg"]
    assert cv2.imread(str(tmp_path / "seen" / "C1" / "0.jpg")).shape == (64, 128, 3)


def test_a_saved_picture_overwrites_no_picture(detector, images: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(images / "4.jpg"), np.zeros((64, 128, 3), np.uint8))
    frames, _ = stored_frames([str(images)])
    with pytest.raises(InputError, match=r"4\.jpg would be overwritten; give another folder"):
        saved(detector, frames, images)
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((64, 128, 3), np.uint8))
    frames, _ = stored_frames([str(tmp_path / "0.png"), str(images / "0.png")])
    with pytest.raises(InputError, match="give the folder above both"):
        saved(detector, frames, tmp_path / "seen")
