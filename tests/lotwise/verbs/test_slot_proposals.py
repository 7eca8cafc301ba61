"""``lotwise slots propose``: from a run's teacher or a site's students to a slot file and a picture."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.bundle import MODEL, Manifest, sha256, write_manifest
from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.slot_file import read_slot_entries, read_slot_file
from lotwise.cameras.slots.proposals.picture import LEGEND_HEIGHT_PX
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.stamp import stamp_of
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import LabelIndex, LabelledFrame, write_index
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore
from tests.cameras.models import ours
from tests.cameras.slots.proposals.planted import SIZE, lot, seen
from tests.lotwise.running import refused, run

FRAMES = 12
PLANTED = 7 + 7 + 9


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Pictures of one camera, ten minutes apart; what they show does not matter."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(FRAMES):
        image = np.full((SIZE[1], SIZE[0], 3), 90 + number, np.uint8)
        cv2.imwrite(str(folder / f"2026-03-02_{8 + number // 6:02d}{number % 6 * 10:02d}.jpg"), image)
    return folder


@pytest.fixture
def labelled(frames: Path, tmp_path: Path) -> Path:
    """A run whose teacher saw the planted lot."""
    rng = np.random.default_rng(3)
    boxes, _ = seen(lot(FRAMES, rng), FRAMES, rng)
    folder = Run(tmp_path / "run")
    plan = Plan(dataset="folder", root=frames, teacher="teacher.pt", student="nano.pt")
    folder.begin(plan)
    store = KnowledgeStore.open(folder.knowledge, "teacher", {})
    index = {}
    for frame, found in zip(read_folder(frames).frames, boxes, strict=True):
        key = content_key(load(frame))
        store.add(key, Knowledge(SIZE, found))
        index[frame.name] = LabelledFrame(key=key, size=SIZE, stamp=stamp_of(frame))
    write_index(folder.knowledge, LabelIndex(oracle="teacher", asked=plan.labelling, frames=index))
    return folder.folder


@pytest.fixture
def site(frames: Path, tmp_path: Path) -> Path:
    """A site whose student says of every frame that the planted lot is full."""
    rng = np.random.default_rng(3)
    boxes = seen(lot(FRAMES, rng), FRAMES, rng)[0]
    fullest = max(boxes, key=len).boxes / 20 + np.array([0, 14, 0, 14])  # into 64 x 64, with a border above and below
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    ours(bundle / MODEL, fullest.tolist(), [0.9] * len(fullest))
    manifest = Manifest(camera="yard", role="student", input=(64, 64), files={MODEL: sha256(bundle / MODEL)})
    write_manifest(bundle, manifest)
    path = tmp_path / "site.yaml"
    path.write_text("name: lot\ncameras:\n  yard: {source: frames, bundles: bundle}\n")
    return path


def test_a_run_proposes_and_a_person_accepts(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("slots", "propose", labelled) == 0
    said = capsys.readouterr()
    (file,) = (labelled / "slots").glob("*.json")
    assert f"{PLANTED} proposed, 2 inferred from {FRAMES} frames: {file}" in said.out
    assert f"lotwise slots accept {file} --all" in said.err
    entries = read_slot_entries(file)
    assert len(entries) == PLANTED + 2
    assert read_slot_file(file) == ()  # nothing is accepted by itself
    picture = cv2.imread(str(file.with_suffix(".png")))
    assert picture.shape == (SIZE[1] + LEGEND_HEIGHT_PX, SIZE[0], 3)
    assert run("slots", "accept", file, "--all") == 0
    assert len(read_slot_file(file)) == PLANTED + 2
    # Proposing again takes nothing from a person, and proposes no place twice.
    before = file.read_bytes()
    assert run("slots", "propose", labelled) == 0
    assert file.read_bytes() == before


def test_a_site_proposes_from_its_students(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("slots", "propose", site, "--camera", "yard", "--out", tmp_path / "found") == 0
    file = tmp_path / "found" / "yard.json"
    count = json.loads(file.read_text()).__len__()
    assert count >= PLANTED - 3  # those that are free in the fullest frame are inferred, or beyond an end
    kept = json.loads((tmp_path / "found" / "yard.boxes.json").read_text())
    assert len(kept) == FRAMES
    # Named as the camera's slots, they are no slots yet.
    site.write_text(site.read_text().replace("bundles:", "slots: found/yard.json, bundles:"))
    dataset = site_dataset(site)
    assert dataset.slots["yard"] == ()
    assert "count as not there until a person accepts" in " ".join(dataset.notes)
    assert "no picture" not in capsys.readouterr().err


def test_what_somebody_called_no_vehicle_is_no_slot(site: Path, tmp_path: Path) -> None:
    assert run("slots", "propose", site) == 0
    seen_boxes = json.loads((tmp_path / "slots" / "yard.boxes.json").read_text())[0]["boxes"]
    x1, y1, x2, y2 = np.array(seen_boxes[0][:4]) / [*SIZE, *SIZE]
    assert run("ignore", site, "--camera", "yard", "--add", f"{x1},{y1},{x2},{y2}") == 0
    before = len(read_slot_entries(tmp_path / "slots" / "yard.json"))
    assert run("slots", "propose", site) == 0
    after = read_slot_entries(tmp_path / "slots" / "yard.json")
    boxes = json.loads((tmp_path / "slots" / "yard.boxes.json").read_text())
    assert all(len(one["boxes"]) == len(seen_boxes) - 1 for one in boxes)
    assert sum(one.status == "proposed" for one in after) < before


def test_a_killed_look_goes_on(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def stop_at_five(frame):
        looked.append(frame.name)
        if len(looked) == 5:
            raise KeyboardInterrupt
        return load(frame)

    monkeypatch.setattr("lotwise.cameras.detection.batch.load", stop_at_five)
    assert run("slots", "propose", site) != 0
    assert not (tmp_path / "slots" / "yard.json").exists()
    assert run("slots", "propose", site) == 0
    assert len(looked) == 5 + FRAMES - 4  # the four before the kill were kept


def test_too_few_cars_are_told(labelled: Path, frames: Path, tmp_path: Path, capsys) -> None:
    for file in sorted(frames.iterdir())[1:]:
        file.unlink()
    assert run("slots", "propose", labelled) == 0
    said = capsys.readouterr()
    assert "nothing from 1 frames" in said.out
    assert "too few cars stood still on these frames" in said.err


def test_what_cannot_be_proposed_from_is_one_line(labelled: Path, site: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    assert "no run here (no run.json)" in refused(capsys, "slots", "propose", tmp_path / "empty")
    assert "cannot be read" in refused(capsys, "slots", "propose", tmp_path / "nowhere.yaml")
    assert "no camera cellar" in refused(capsys, "slots", "propose", labelled, "--camera", "cellar")
    assert "no camera cellar; it names yard" in refused(capsys, "slots", "propose", site, "--camera", "cellar")
    (labelled / "slots").mkdir()
    (camera,) = {frame.camera for frame in read_folder(tmp_path / "frames").frames}
    (labelled / "slots" / f"{camera}.json").write_text("{")
    assert "not a list of slots" in refused(capsys, "slots", "propose", labelled)
    site.write_text(site.read_text().replace("source: frames", "source: rtsp://h/1"))
    assert "rtsp holds no frames to learn from" in refused(capsys, "slots", "propose", site)
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused(capsys, "slots", "propose", labelled, "--out", tmp_path / "file" / "below")
    (labelled / "knowledge" / "index.json").unlink()
    assert "nothing is labelled here yet" in refused(capsys, "slots", "propose", labelled)
