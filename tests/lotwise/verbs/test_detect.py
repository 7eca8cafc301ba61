"""A bundle, a run's live bundles, or any YOLO, on pictures, videos and cameras."""

import itertools
import json
import shutil
from pathlib import Path

import cv2
import pytest

from lotwise.datasets.load import load
from tests.cameras.sources.http_server import HttpCamera
from tests.lotwise.running import refused, run
from tests.models import COCO_LIKE, save_like_ultralytics, tiny_yolo


def test_detect_with_a_bundle_of_a_run_follows_the_contract(adapted: Path, site, tmp_path: Path, capsys) -> None:
    bundle = next((adapted / "cameras" / "C1" / "bundles").glob("*/manifest.json")).parent
    broken = tmp_path / "images" / "broken.jpg"
    broken.parent.mkdir()
    broken.write_bytes(b"nothing")
    shutil.copy(site.frames[0].path, broken.parent / "whole.jpg")
    output = tmp_path / "out.json"
    assert run("detect", bundle, broken.parent, "--json", output, "--conf", "0.3") == 0
    said = capsys.readouterr()
    assert f"1 images, 1 skipped: {output}" in said.out
    assert str(broken) in said.err
    (result,) = json.loads(output.read_text())
    assert (result["file"], result["width"], result["height"]) == (str(broken.parent / "whole.jpg"), 160, 120)
    assert all(len(box) == 6 and 0.3 <= box[4] <= 1 and box[5] == 0 for box in result["boxes"])
    assert set(result["slots"]) == {slot.id for slot in site.slots["C1"]}
    assert {slot["state"] for slot in result["slots"].values()} <= {"free", "occupied", "unknown"}


def test_detect_with_weights_and_a_slot_file(site, tmp_path: Path) -> None:
    weights = save_like_ultralytics(tiny_yolo(names=COCO_LIKE), tmp_path / "w.pt")
    slots = tmp_path / "slots.json"
    slots.write_text('[{"id": "9", "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}]')
    assert run("detect", weights, site.frames[0].path, "--json", tmp_path / "o.json", "--slots", slots) == 0
    (result,) = json.loads((tmp_path / "o.json").read_text())
    assert set(result["slots"]) == {"9"}


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("s.csv", "Slot,X\n", "expected the header"),
        ("s.csv", None, "cannot be read"),
        ("s.json", "{", "not a list of slots"),
        ("s.json", None, "cannot be read"),
    ],
)
def test_detect_refuses_a_broken_slot_file(adapted, site, tmp_path: Path, capsys, name, text, why) -> None:
    bundle = next((adapted / "cameras" / "C1" / "bundles").glob("*/manifest.json")).parent
    if text is not None:
        (tmp_path / name).write_text(text)
    output = tmp_path / "o.json"
    said = refused(capsys, "detect", bundle, site.frames[0].path, "--json", output, "--slots", tmp_path / name)
    assert why in said
    assert name in said
    assert not output.exists()


def pictures(site, folder: Path) -> Path:
    for frame in site.frames:
        (folder / frame.camera).mkdir(parents=True, exist_ok=True)
        shutil.copy(frame.path, folder / frame.camera / f"{frame.path.parent.name}_{frame.path.stem}.jpg")
    return folder


def test_detect_with_a_run_folder_prints_a_table_and_saves_pictures(adapted, site, tmp_path: Path, capsys) -> None:
    folder = pictures(site, tmp_path / "frames")
    assert run("detect", adapted, folder, "--save", tmp_path / "seen") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["file", "vehicles", "free", "occupied", "unknown"]
    rows = [line.split() for line in lines if line.startswith(str(folder))]
    assert len(rows) == len(site.frames)
    for name, _, *counts in rows:
        assert sum(map(int, counts)) == len(site.slots[Path(name).parent.name])  # each camera's own bundle read it
    saved = {path.relative_to(tmp_path / "seen") for path in (tmp_path / "seen").rglob("*.jpg")}
    assert saved == {path.relative_to(folder) for path in folder.rglob("*.jpg")}
    assert str(tmp_path / "seen") in lines[-1]


def test_detect_with_a_run_folder_needs_to_know_the_camera(adapted, site, tmp_path: Path, capsys) -> None:
    shutil.copy(site.frames[0].path, tmp_path / "a.jpg")
    assert "name one with --camera" in refused(capsys, "detect", adapted, tmp_path / "a.jpg")
    assert run("detect", adapted, tmp_path / "a.jpg", "--camera", "C1") == 0


def test_detect_on_a_video(adapted: Path, site, tmp_path: Path, capsys) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 2, (160, 120))
    for frame in site.frames[:4]:
        writer.write(cv2.imread(str(frame.path)))
    writer.release()
    arguments = ("detect", adapted, tmp_path / "clip.avi", "--camera", "C1", "--every", 1)
    assert run(*arguments, "--json", tmp_path / "o.json", "--save", tmp_path / "seen") == 0
    results = json.loads((tmp_path / "o.json").read_text())
    assert [result["file"].rpartition("#")[2] for result in results] == ["000000", "000002"]
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == ["clip_000000.jpg", "clip_000002.jpg"]


def test_detect_on_a_camera(adapted: Path, site, tmp_path: Path, capsys) -> None:
    data = Path(site.frames[0].path).read_bytes()
    kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    with HttpCamera(lambda camera: camera.reply(data, kind)) as camera:
        arguments = ("detect", adapted, f"{camera.url}.jpg", "--camera", "C1", "--count", 2, "--every", 0.05)
        assert run(*arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == [f"{camera.url}.jpg#{number:06d}" for number in (1, 2)]
        assert run(*arguments, "--json", tmp_path / "o.json", "--save", tmp_path / "seen") == 0
    results = json.loads((tmp_path / "o.json").read_text())
    assert [result["width"] for result in results] == [160, 160]
    assert all("time" in result for result in results)
    assert len(list((tmp_path / "seen").iterdir())) == 2


def interrupt_at(monkeypatch, number: int) -> None:
    """Ctrl-C when the given image is read."""
    count = itertools.count(1)

    def loaded(frame):
        if next(count) == number:
            raise KeyboardInterrupt
        return load(frame)

    monkeypatch.setattr("lotwise.cameras.detection.batch.load", loaded)


def test_ctrl_c_leaves_what_was_done_and_the_same_command_goes_on(adapted, site, tmp_path, capsys, monkeypatch) -> None:
    folder, output = pictures(site, tmp_path / "frames"), tmp_path / "o.json"
    interrupt_at(monkeypatch, 4)
    assert run("detect", adapted, folder, "--json", output) == 130
    said = capsys.readouterr()
    assert f"3 images of {len(site.frames)}, stopped" in said.out
    assert "the same command goes on from here" in said.err
    first = json.loads(output.read_text())
    assert len(first) == 3
    monkeypatch.undo()
    assert run("detect", adapted, folder, "--json", output) == 0
    results = json.loads(output.read_text())
    assert results[:3] == first and len(results) == len(site.frames)
    assert not output.with_name("o.json.part").exists()


def test_ctrl_c_without_a_file_prints_the_table_so_far(adapted, site, tmp_path: Path, capsys, monkeypatch) -> None:
    folder = pictures(site, tmp_path / "frames")
    interrupt_at(monkeypatch, 3)
    assert run("detect", adapted, folder) == 130
    said = capsys.readouterr()
    assert len([line for line in said.out.splitlines() if line.startswith(str(folder))]) == 2
    assert "goes on" not in said.err


def test_detect_leaves_out_what_is_ignored(adapted: Path, site, tmp_path: Path, capsys) -> None:
    bundle = next((adapted / "cameras" / "C1" / "bundles").glob("*/manifest.json")).parent
    frame, before, after = site.frames[0].path, tmp_path / "before.json", tmp_path / "after.json"
    assert run("detect", bundle, frame, "--json", before, "--conf", "0.05") == 0
    (found,) = json.loads(before.read_text())
    assert "ignored" not in found
    x1, y1, x2, y2 = found["boxes"][0][:4]
    sides = [max(0.0, x1 / 160), max(0.0, y1 / 120), min(1.0, x2 / 160), min(1.0, y2 / 120)]
    regions = tmp_path / "regions" / "C1.json"
    regions.parent.mkdir()
    regions.write_text(json.dumps([{"box": sides}]))
    assert run("detect", bundle, frame, "--json", after, "--conf", "0.05", "--ignore-regions", regions) == 0
    assert "boxes ignored" in capsys.readouterr().out
    (left,) = json.loads(after.read_text())
    assert left["ignored"] >= 1
    assert len(left["boxes"]) == len(found["boxes"]) - left["ignored"]
    assert found["boxes"][0] not in left["boxes"]
    folder = regions.parent
    assert run("detect", adapted, frame, "--camera", "C1", "--json", after, "--ignore-regions", folder) == 0
    assert "the camera's file" in refused(capsys, "detect", bundle, frame, "--ignore-regions", folder)
    assert "no such file" in refused(capsys, "detect", bundle, frame, "--ignore-regions", tmp_path / "absent.json")
