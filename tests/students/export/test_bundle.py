"""What is deployed says what was trained, or is not deployed."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from lotwise.cameras.detection.bundle import MODEL, read_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.boxes import area, intersection, iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import load
from lotwise.datasets.suppression import first_boxes
from lotwise.students.export import bundle as export
from lotwise.students.export.bundle import BOX_TOLERANCE_PX, SCORE_TOLERANCE, compare, write_bundle
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.model.student import make_student
from lotwise.teacher.checkpoint import load_model, save_model
from tests.models import COCO_LIKE, save_like_ultralytics, tiny_yolo

SIZE = (128, 96)


@pytest.fixture(scope="module")
def images(site):
    return [load(frame) for frame in site.frames[::4]]


@pytest.fixture(scope="module")
def student():
    return tiny_yolo(2)


@pytest.fixture(scope="module")
def bundle(student, images, site, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "b"
    write_bundle(
        student, folder, camera="C1", role="student", size=SIZE, check=images, slots=site.slots["C1"],
        teacher={"weights": "t", "scales": (640, 1280)}, training={"loss": 0.1 + 0.2},
    )  # fmt: skip
    return folder


def test_bundle_says_what_it_is_and_vouches_for_its_files(bundle: Path, images, site) -> None:
    manifest = read_manifest(bundle)
    assert (manifest.camera, manifest.role, manifest.input) == ("C1", "student", SIZE)
    assert set(manifest.files) == {"model.onnx", "student.safetensors"}
    assert {path.name for path in bundle.iterdir()} == {*manifest.files, "manifest.json"}
    assert len(manifest.slots) == len(site.slots["C1"])
    measured = manifest.measured["export"]
    assert measured["frames"] == len(images)
    assert measured["score"] <= SCORE_TOLERANCE
    assert measured["box"] <= BOX_TOLERANCE_PX
    assert read_manifest(bundle).identity == manifest.identity


def test_the_same_student_exported_again_is_the_same_bundle(student, images, tmp_path: Path, monkeypatch) -> None:
    identities = set()
    for number, noise in enumerate((0.0, 3e-7, 5e-6)):  # as another number of threads makes it

        def noisy(*given, noise=noise):
            found = candidates(*given)
            return Detections(found.boxes + np.float32(noise), found.scores + np.float32(noise), found.labels)

        monkeypatch.setattr(export, "candidates", noisy)
        made = write_bundle(student, tmp_path / str(number), camera="C1", role="student", size=SIZE, check=images)
        identities.add(made.identity)
    assert len(identities) == 1


def test_a_bundle_reports_no_second_box_of_a_vehicle(bundle: Path, images) -> None:
    detector = load_detector(bundle)
    boxes = first_boxes(detector([images[0]], 0.001)[0]).boxes
    assert len(boxes) > 1
    overlap = iou(boxes, boxes) - np.eye(len(boxes))
    shared = intersection(boxes, boxes) / np.minimum(area(boxes)[:, None], area(boxes)[None]) - np.eye(len(boxes))
    # Boxes are cut at the frame's edge only after that was asked.
    inside = ((boxes[:, :2] > 0).all(1) & (boxes[:, 2:] < [images[0].shape[1], images[0].shape[0]]).all(1)).nonzero()[0]
    assert overlap[np.ix_(inside, inside)].max(initial=0) <= 0.5 + 1e-3
    assert shared[np.ix_(inside, inside)].max(initial=0) <= 0.9 + 1e-3
    manifest = read_manifest(bundle)
    assert (manifest.overlap, manifest.reported_overlap, manifest.reported_nested) == (0.7, 0.5, 0.9)


@pytest.mark.parametrize("confidence", [0.05, 0.25, 0.6])
def test_the_detector_says_what_the_student_says(bundle: Path, student, images, confidence: float) -> None:
    detector, form = load_detector(bundle), deployed_form(student)
    for image in images:
        fitted = Letterbox((image.shape[1], image.shape[0]), SIZE)
        ours = reported(candidates(form, fitted.image(image)), fitted, confidence)
        theirs = detector([image], confidence)[0]
        assert len(ours) == len(theirs) > 0
        assert np.abs(ours.scores - theirs.scores).max() <= SCORE_TOLERANCE
        # In order of place: boxes of nearly the same score may change their order.
        order, theirs_order = np.lexsort(ours.boxes.round().T), np.lexsort(theirs.boxes.round().T)
        assert np.abs(ours.boxes[order] - theirs.boxes[theirs_order]).max() <= BOX_TOLERANCE_PX


def test_a_batch_of_frames_of_several_sizes_is_each_frame_alone(bundle: Path, images) -> None:
    detector = load_detector(bundle)
    frames = [images[0], images[1][:90, :], images[0][:, :40], np.zeros((1, 1, 3), np.uint8)]
    together = detector(frames)
    for frame, found in zip(frames, together, strict=True):
        alone = detector([frame])[0]
        assert np.abs(alone.scores - found.scores).max(initial=0) < 1e-4
        assert len(alone) == len(found)
        assert (found.boxes <= [frame.shape[1], frame.shape[0]] * 2).all()
    assert detector([]) == []


@pytest.mark.parametrize("base", ["yolo11n.yaml", "yolo26n.yaml"])
def test_other_families_are_exported_too(tmp_path: Path, base: str, images) -> None:
    path = save_like_ultralytics(tiny_yolo(names=COCO_LIKE, base=base), tmp_path / "nano.pt")
    manifest = write_bundle(
        make_student(path), tmp_path / "b", camera="C1", role="baseline", size=(64, 64), check=images[:1]
    )
    assert manifest.measured["export"]["score"] <= SCORE_TOLERANCE


def changed(path: Path, by: float) -> None:
    """Somebody's hand in the exported file: one class bias moves."""
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if "cv3" in tensor.name and tensor.name.endswith("bias") and list(tensor.dims) == [1]:
            value = onnx.numpy_helper.to_array(tensor) + np.float32(by)
            tensor.CopyFrom(onnx.numpy_helper.from_array(value, tensor.name))
            onnx.save(model, path)
            return
    raise AssertionError("no class bias in the exported file")


def test_a_sabotaged_export_is_refused_and_nothing_is_kept(tmp_path: Path, student, images, monkeypatch) -> None:
    def sabotaged(*arguments) -> None:
        honest(*arguments)
        changed(arguments[2], 0.2)

    honest = export.export_onnx
    monkeypatch.setattr(export, "export_onnx", sabotaged)
    with pytest.raises(InputError, match=r"C1: the exported model disagrees with the student.*not deployed"):
        write_bundle(student, tmp_path / "b", camera="C1", role="student", size=SIZE, check=images)
    assert not (tmp_path / "b").exists()


def test_a_file_changed_after_export_is_not_loaded(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    changed(copy / MODEL, 0.2)
    with pytest.raises(InputError, match=r"model\.onnx: changed since it was exported"):
        load_detector(copy)


def test_another_student_does_not_pass_for_this_one(bundle: Path, images) -> None:
    with pytest.raises(InputError, match="disagrees"):
        compare(tiny_yolo(3), load_detector(bundle), images)


def test_a_student_whose_numbers_are_no_numbers_is_refused(tmp_path: Path, images) -> None:
    broken = tiny_yolo(2)
    with torch.no_grad():
        broken.model[-1].cv3[0][-1].bias.fill_(float("nan"))
    with pytest.raises(InputError, match="disagrees"):
        write_bundle(broken, tmp_path / "b", camera="C1", role="student", size=SIZE, check=images)


def test_nothing_is_accepted_unchecked(tmp_path: Path, student) -> None:
    with pytest.raises(InputError, match="no frame to compare"):
        write_bundle(student, tmp_path / "b", camera="C1", role="student", size=SIZE, check=[])
    assert not (tmp_path / "b").exists()


def test_weights_in_the_bundle_are_the_students(bundle: Path, student) -> None:
    weights = load_model(bundle / "student.safetensors")
    off = (weights.model[0].conv.weight - student.model[0].conv.weight).abs().max()
    assert off < 1e-3
    save_model(weights, bundle.parent / "again.safetensors")
