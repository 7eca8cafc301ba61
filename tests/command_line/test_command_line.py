"""The command line as its user meets it: help, results, and one clear line for everything that is wrong."""

import errno
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lotwise import command_line
from tests.conftest import ROOT
from tests.models import COCO_LIKE, save_like_ultralytics, tiny_yolo

VERBS = ("demo", "adapt", "label", "frames", "train", "curve", "export", "report", "detect", "download")


def run(*arguments: object) -> int:
    """Exit code of the command line."""
    with pytest.raises(SystemExit) as end:
        command_line.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def refused(capsys, *arguments: object) -> str:
    """The one line that a command is refused with."""
    capsys.readouterr()
    assert run(*arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    # Stages that were finished before are told too, and what was skipped.
    errors = [line for line in lines if not line.startswith(("label: ", "note: ", "train ", "export: ", "report: "))]
    assert len(errors) == 1, lines
    assert errors[0].startswith("error: ")
    return errors[0]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, capsys) -> None:
    assert run(verb, "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Example" in said
    assert f"lotwise {verb}" in said


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_every_verb(arguments, capsys) -> None:
    assert run(*arguments) == 0
    said = capsys.readouterr().out
    assert all(verb in said for verb in VERBS)


def test_help_needs_no_training_library() -> None:
    program = """
import sys
from lotwise import command_line
try:
    command_line.main(["adapt", "--help"])
finally:
    assert not {"torch", "ultralytics", "cv2"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["adapt", "--nonsense"], "--nonsense"),
        (["detect"], "lotwise detect --help"),
        (["train"], "--run"),
        (["adapt"], "either a site file, or --dataset and --root"),
        (["adapt", "--dataset", "folder"], "--dataset and --root together"),
        (["adapt", "--root", "x"], "--dataset and --root together"),
        (["adapt", "site.yaml", "--dataset", "folder", "--root", "x"], "either a site file"),
        (["adapt", "site.yaml", "--dataset", "folder"], "--dataset and --root together"),
        (["adapt", "nowhere.yaml"], r"nowhere.yaml: cannot be read"),
        (["adapt", "--dataset", "kitti", "--root", "."], "choose one of cnr-ext"),
        (["adapt", "--dataset", "folder", "--root", "nowhere"], "nowhere: no such folder"),
        (["adapt", "--dataset", "folder", "--root", ".", "--protocol", "best"], "--protocol best: choose one of"),
        (["adapt", "--dataset", "folder", "--root", ".", "--scales", "big"], "--scales 'big'"),
        (["adapt", "--dataset", "folder", "--root", ".", "--scales", "0"], "--scales '0'"),
        (["adapt", "--dataset", "folder", "--root", ".", "--holdout", "1.5"], "--holdout"),
        (["adapt", "--dataset", "folder", "--root", ".", "--holdout", "-1"], "--holdout"),
        (["adapt", "--dataset", "folder", "--root", ".", "--size", "100"], "size: "),
        (["adapt", "--dataset", "folder", "--root", ".", "--seed", "-1"], "--seed"),
        (["adapt", "--dataset", "folder", "--root", ".", "--epochs", "0"], "--epochs"),
        (["adapt", "--dataset", "folder", "--root", ".", "--cameras", ","], "no camera named"),
        (["adapt", "--dataset", "folder", "--root", ".", "--settings", "no.yaml"], "no.yaml: cannot be read"),
        (["adapt", "--dataset", "folder", "--root", ".", "--frames", "0"], "--frames"),
        (["frames", "--dataset", "folder", "--root", "."], "--count"),
        (["frames", "--count", "2"], "either a site file, or --dataset and --root"),
        (["frames", "--dataset", "folder", "--root", "nowhere", "--count", "2"], "nowhere: no such folder"),
        (["curve"], "lotwise curve --help"),
        (["curve", "nowhere"], "nowhere: no run here"),
        (["curve", "nowhere", "--counts", "1,x"], "--counts '1,x': give numbers"),
        (["train", "--run", "nowhere"], "nowhere"),
        (["export", "--run", "nowhere"], "nowhere"),
        (["report", "--run", "nowhere"], "nowhere"),
        (["report", "--run", "nowhere", "--protocol", "best"], "--protocol best: choose one of"),
        (["detect", "nowhere.onnx", ".", "--json", "o.json"], "nowhere.onnx: neither a bundle"),
        (["detect", "nowhere.pt", ".", "--json", "o.json"], "nowhere.pt: "),
        (["download", "kitti"], "kitti: no such dataset"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(arguments, why: str, capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert why in refused(capsys, *arguments)


@pytest.fixture
def frames(site, tmp_path: Path) -> Path:
    """A plain folder of one camera with four frames."""
    folder = tmp_path / "frames [1]"  # brackets are no markup
    for number, frame in enumerate(site.frames[:4]):
        (folder / "gate").mkdir(parents=True, exist_ok=True)
        shutil.copy(frame.path, folder / "gate" / f"{number}.jpg")
    return folder


def label_options(frames: Path, weights, folder: Path) -> list[object]:
    return [
        "label", "--dataset", "folder", "--root", frames, "--teacher", weights.teacher, "--student", weights.student,
        "--size", 64, "--scales", 64, "--out", folder,
    ]  # fmt: skip


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


@pytest.mark.parametrize(("number", "why"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "cannot be written")])
def test_a_disk_that_will_not_write_is_one_line(frames, weights, tmp_path, capsys, monkeypatch, number, why) -> None:
    def refuses(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuses)
    assert why in refused(capsys, *label_options(frames, weights, tmp_path / "run"))


@pytest.mark.slow
def test_a_disk_that_gets_full_while_training_loses_nothing(frames, weights, small_disk, tmp_path, capsys) -> None:
    folder = small_disk("1m") / "run"
    (tmp_path / "s.yaml").write_text("{size: 64, epochs: 2, min_steps: 1}\n")
    options = ["adapt", *label_options(frames, weights, folder)[1:], "--settings", tmp_path / "s.yaml"]
    said = refused(capsys, *options)
    assert "last.pt: the disk is full" in said
    assert not list(folder.rglob(".*.part"))
    small_disk("64m")
    assert run(*options) == 0
    assert "label: 4 done (0 new, 0 unreadable)" in capsys.readouterr().err


def test_a_result_that_cannot_be_written_is_one_line(adapted: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refused(capsys, "report", "--run", adapted, "--json", tmp_path / "file" / "r.json")
    assert str(tmp_path / "file") in said


def test_ctrl_c_says_how_to_go_on(frames, weights, tmp_path: Path, capsys, monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lotwise.teacher.oracle.Oracle.look", interrupted)
    assert run(*label_options(frames, weights, tmp_path / "run")) == 130
    assert "the same command goes on from here" in capsys.readouterr().err


def test_settings_of_the_file_stand_where_nothing_was_given(frames, weights, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("{size: 96, seed: 5, epochs: 7}\n")
    options = label_options(frames, weights, tmp_path / "run")
    del options[options.index("--size") : options.index("--size") + 2]
    assert run(*options, "--settings", tmp_path / "s.yaml", "--epochs", 3) == 0
    plan = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (plan["distill"]["size"], plan["distill"]["seed"], plan["distill"]["epochs"]) == (96, 5, 3)
    assert plan["oracle"]["grid"] == 96


def test_the_stages_alone_do_what_adapt_does(frames, weights, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "run"
    (tmp_path / "s.yaml").write_text("{size: 64, epochs: 1, min_steps: 1, batch: 4}\n")
    assert run(*label_options(frames, weights, folder), "--settings", tmp_path / "s.yaml") == 0
    assert "no student here yet" in refused(capsys, "export", "--run", folder)
    assert "no bundle" in refused(capsys, "report", "--run", folder)
    assert run("train", "--run", folder) == 0
    assert "gate: 1 steps" in capsys.readouterr().out
    assert run("export", "--run", folder) == 0
    said = capsys.readouterr().out
    live, int8 = said.splitlines()[-2:]
    assert live.startswith("gate: live is the")
    assert Path(live.split(", ")[-1]).is_dir()
    assert int8.startswith("gate: INT8 ")
    assert run("report", "--run", folder, "--json", tmp_path / "r.json") == 0
    assert json.loads((tmp_path / "r.json").read_text())["protocol"] == "teacher"


def test_frames_are_chosen_with_reasons_and_label_labels_them(frames, weights, tmp_path: Path, capsys) -> None:
    broken = frames / "gate" / "2.jpg"
    broken.write_bytes(b"")
    assert run("frames", "--dataset", "folder", "--root", frames, "--count", 1, "--json", tmp_path / "f.json") == 0
    said = capsys.readouterr()
    assert "gate: 1 of 2 training frames" in said.out
    assert f"note: Skipped: {broken}: " in said.err
    (chosen,) = json.loads((tmp_path / "f.json").read_text())["gate"]["chosen"]
    assert chosen["why"] == "first"
    assert chosen["name"] in said.out
    assert run(*label_options(frames, weights, tmp_path / "run"), "--frames", 1) == 0
    said = capsys.readouterr()
    assert "2 frames labelled (2 new), 1 skipped" in said.out
    assert Path(chosen["name"]).with_suffix(".txt").name in {
        path.name for path in (tmp_path / "run" / "labels" / "gate").iterdir()
    }


def test_curve_prints_a_table_a_verdict_and_the_picture(adapted: Path, tmp_path: Path, capsys) -> None:
    folder = shutil.copytree(adapted, tmp_path / "run")
    arguments = ("curve", folder, "--camera", "C1", "--counts", "1,2", "--json", tmp_path / "c.json")
    assert run(*arguments) == 0
    said = capsys.readouterr()
    (curve,) = json.loads((tmp_path / "c.json").read_text())
    assert [point["frames"] for point in curve["points"]] == [0, 1, 2]
    assert curve["verdict"] in said.out
    assert all(f"{point['agreement']:.3f}" in said.out for point in curve["points"])
    assert Path(said.out.partition("Picture: ")[2].strip()).is_file()
    assert "train C1 with 2" in said.err
    assert "no camera C7" in refused(capsys, "curve", folder, "--camera", "C7")


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
