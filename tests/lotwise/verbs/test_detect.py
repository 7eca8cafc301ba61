"""A bundle, or any YOLO, on images."""

import json
import shutil
from pathlib import Path

import pytest

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
