"""Labelling from the command line: what is skipped, and what is refused in one line."""

import json
import os
import pickle
from pathlib import Path

import pytest
import torch

from tests.lotwise.running import label_options, refused, run
from tests.models import save_like_ultralytics, tiny_yolo


def foreign(path: Path) -> Path:
    class Foreign:
        def __reduce__(self):
            return os.system, (f"touch {path}.ran",)

    with path.open("wb") as file:
        torch.save({"model": Foreign()}, file, pickle_module=pickle)
    return path


def test_weights_that_cannot_be_used_are_one_line_and_nothing_runs(frames, weights, tmp_path: Path, capsys) -> None:
    from ultralytics.nn.tasks import ClassificationModel

    torch.save({"model": ClassificationModel("yolov8n-cls.yaml", nc=2, verbose=False)}, tmp_path / "classes.pt")
    save_like_ultralytics(tiny_yolo(names={0: "cat"}), tmp_path / "cats.pt")
    (tmp_path / "text.pt").write_text("hello")
    foreign(tmp_path / "evil.pt")
    for name, why in (
        ("classes.pt", "ClassificationModel"), ("cats.pt", "knows none of the classes"),
        ("text.pt", "not a PyTorch checkpoint"), ("evil.pt", "foreign code"), ("gone/w.pt", "no such weights file"),
    ):  # fmt: skip
        for role in ("--teacher", "--student"):
            options = [
                option if option != "label" else "adapt" for option in label_options(frames, weights, tmp_path / "r")
            ]
            said = refused(capsys, *options, role, tmp_path / name)
            assert why in said
            assert name in said
    assert not (tmp_path / "evil.pt.ran").exists()


def test_unreadable_image_in_the_middle_is_skipped_counted_and_named(frames, weights, tmp_path: Path, capsys) -> None:
    broken = frames / "gate" / "2.jpg"
    broken.write_bytes(broken.read_bytes()[:700])
    assert run(*label_options(frames, weights, tmp_path / "run")) == 0
    said = capsys.readouterr()
    assert "3 frames labelled (3 new), 1 skipped" in said.out
    assert f"note: Skipped: {broken}: truncated image" in said.err
    assert sorted(path.name for path in (tmp_path / "run" / "labels" / "gate").iterdir()) == ["0.txt", "1.txt", "3.txt"]
    assert run(*label_options(frames, weights, tmp_path / "run")) == 0
    assert "3 frames labelled (0 new), 1 skipped" in capsys.readouterr().out


def test_empty_folders_and_cameras_are_one_line(frames, weights, tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    options = label_options(tmp_path / "empty", weights, tmp_path / "run")
    assert "empty: no frames found" in refused(capsys, *options)
    options = label_options(frames, weights, tmp_path / "run")
    assert "empty camera roof" in refused(capsys, *options, "--cameras", "roof")
    (frames / "gate" / "0.jpg").write_bytes(b"")
    for path in (frames / "gate").iterdir():
        path.write_bytes(b"")
    assert "none of 4 frames can be read" in refused(capsys, *options)


def cnr_ext(root: Path, slots: str, labels: str) -> Path:
    import cv2
    import numpy as np

    day = root / "FULL_IMAGE_1000x750" / "SUNNY" / "2016-01-12" / "camera1"
    day.mkdir(parents=True)
    (root / "LABELS").mkdir()
    cv2.imwrite(str(day / "2016-01-12_0909.jpg"), np.zeros((75, 100, 3), np.uint8))
    (root / "camera1.csv").write_text(slots)
    (root / "LABELS" / "camera1.txt").write_text(labels)
    return root


@pytest.mark.parametrize(
    ("slots", "labels", "why"),
    [
        ("Slot,X,Y\n1,2,3\n", "", "camera1.csv: expected the header"),
        ("SlotId,X,Y,W,H\n1,a,b,c,d\n", "", "camera1.csv:2: "),
        ("SlotId,X,Y,W,H\n1,0,0,9,9\n", "a line that is no label\n", "camera1.txt:1: not a label"),
    ],
)
def test_broken_truth_is_one_line_that_names_file_and_line(tmp_path, weights, capsys, slots, labels, why) -> None:
    root = cnr_ext(tmp_path / "cnr", slots, labels)
    options = label_options(root, weights, tmp_path / "run")
    options[2] = "cnr-ext"
    assert why in refused(capsys, *options)


def test_settings_of_the_file_stand_where_nothing_was_given(frames, weights, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("{size: 96, seed: 5, epochs: 7}\n")
    options = label_options(frames, weights, tmp_path / "run")
    del options[options.index("--size") : options.index("--size") + 2]
    assert run(*options, "--settings", tmp_path / "s.yaml", "--epochs", 3) == 0
    plan = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (plan["distill"]["size"], plan["distill"]["seed"], plan["distill"]["epochs"]) == (96, 5, 3)
    assert plan["oracle"]["grid"] == 96
