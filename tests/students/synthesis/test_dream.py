"""Dreams: the teacher sees in them what was asked for, features lie where they should, and a killed one goes on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.load import load
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.model.student import make_student
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.students.synthesis import dream_checkpoint
from lotwise.students.synthesis.dream import Dream, Task, dream_batch, shifted, stage_input
from lotwise.students.synthesis.dreams import PICTURES, DreamSet, make_dreams, read_dreams
from lotwise.students.synthesis.elsewhere import TRAIN, label_dreams, student_of_dreams
from lotwise.students.synthesis.features import stored_vectors
from lotwise.students.synthesis.layout import Layout
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.objective import DreamTeacher
from lotwise.students.synthesis.settings import DreamSettings, DreamStage
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.oracle import Oracle, OracleSettings
from tests.students.synthesis.conftest import CLASSES, SIZE

SETTINGS = DreamSettings(
    count=1, batch=1, stages=(DreamStage(scale=0.6, steps=20, rate=0.05), DreamStage(scale=1, steps=30, rate=0.03))
)
QUICK = SETTINGS.model_copy(
    update={
        "count": 2,
        "batch": 2,
        "stages": (DreamStage(scale=0.6, steps=3, rate=0.05), DreamStage(scale=1, steps=3, rate=0.03)),
    }
)


@pytest.fixture(scope="module")
def few(metadata: Metadata) -> Metadata:
    """The lot, if three large vehicles stood on it."""
    boxes = np.array([[0.1, 0.2, 0.35, 0.45], [0.5, 0.15, 0.8, 0.4], [0.3, 0.55, 0.65, 0.85]], np.float32)
    layout = Layout(boxes, np.full((3, 4), 0.01, np.float32), np.ones(3, np.float32), np.ones(3, np.float32), 3.0, 0.0)
    return replace(metadata, layout=layout)


@pytest.fixture(scope="module")
def dreams(few: Metadata, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DreamSet]:
    """The folder of a dream, and itself. Read only."""
    folder = tmp_path_factory.mktemp("dreams")
    return folder, make_dreams(few, str(NANO), SETTINGS, folder)


def test_the_teacher_sees_what_was_asked_for(few: Metadata, dreams) -> None:
    folder, made = dreams
    labels = label_dreams(few, str(NANO), SETTINGS, folder).labels
    found = asked = 0
    for frame, note in zip(made.frames, made.notes, strict=True):
        image = load(frame)
        assert image.shape == (120, 160, 3)
        boxes = np.array(note.boxes, np.float32) * np.array([160, 120, 160, 120], np.float32)
        said = labels.detections(frame)
        found += int((iou(boxes, said.boxes[said.scores >= 0.25]).max(1, initial=0) >= 0.5).sum())
        asked += len(boxes)
    assert asked == 3
    assert found >= 2


def test_its_features_lie_nearer_to_the_middles_than_those_of_noise(few: Metadata, dreams) -> None:
    oracle = Oracle(NANO, OracleSettings(scales=(SIZE,), classes=CLASSES, grid=SIZE))
    noise = np.random.default_rng(0).integers(0, 256, (1, 120, 160, 3), dtype=np.uint8)
    fitted = stage_input(few, 1.0)

    def apart(images) -> float:
        distances = []
        for image, note in zip(images, dreams[1].notes, strict=True):
            boxes = np.array(note.boxes, np.float32) * np.array([*fitted.frame, *fitted.frame], np.float32)
            known = oracle.predict(image)
            for level, latent in enumerate(known.latents):
                vectors, there = stored_vectors(latent, SIZE / latent.grid[1], fitted.to_input(boxes))
                sizes = few.features.size_of(fitted.to_input(boxes))
                for (at, size), clusters in few.features.clusters.items():
                    chosen = vectors[there & (sizes == size)]
                    if at == level and len(chosen):
                        distances += (clusters.distances(chosen) / np.sqrt(clusters.spread)).tolist()
        assert distances
        return float(np.mean(distances))

    assert apart([load(frame) for frame in dreams[1].frames]) < 0.8 * apart(noise)


def test_what_is_finished_is_not_made_again(few: Metadata, dreams) -> None:
    folder, made = dreams
    before = {path.name: path.stat().st_mtime_ns for path in (folder / PICTURES).iterdir()}
    again = make_dreams(few, "nowhere.pt", SETTINGS, folder)  # no teacher is loaded for what is there
    assert {path.name: path.stat().st_mtime_ns for path in (folder / PICTURES).iterdir()} == before
    assert again == made
    assert read_dreams(few, SETTINGS.model_copy(update={"seed": 1}), folder) is None
    more = SETTINGS.model_copy(update={"count": 2})
    with pytest.raises(InputError, match=r"nowhere\.pt"):
        make_dreams(few, "nowhere.pt", more, folder)


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def whole(metadata: Metadata, tmp_path_factory: pytest.TempPathFactory) -> list[Dream]:
    """A batch that nobody stopped."""
    return dream_batch(Task(metadata, DreamTeacher(str(NANO), metadata), QUICK, 0, 2, tmp_path_factory.mktemp("whole")))


@pytest.mark.parametrize("after", [2, 3, 4], ids=["first stage", "between stages", "second stage"])
def test_a_killed_one_goes_on_to_the_very_same_pictures(metadata, whole, tmp_path, monkeypatch, after: int) -> None:
    monkeypatch.setattr(dream_checkpoint, "SAVE_EVERY_S", 0)
    teacher = DreamTeacher(str(NANO), metadata)

    def kill(stage: str, done: int, total: int, note: str) -> None:
        assert total == 6
        if done == after:
            raise Killed

    with pytest.raises(Killed):
        dream_batch(Task(metadata, teacher, QUICK, 0, 2, tmp_path), kill)
    steps: list[int] = []
    again = dream_batch(Task(metadata, teacher, QUICK, 0, 2, tmp_path), lambda *told: steps.append(told[1]))
    assert steps[0] == after + 1
    assert [one.losses for one in again] == [one.losses for one in whole]
    assert all(np.array_equal(one.image, other.image) for one, other in zip(again, whole, strict=True))


@pytest.mark.parametrize(("seed", "number"), [(0, 1), (1, 0)], ids=["next batch", "other seed"])
def test_each_dream_is_another(metadata: Metadata, whole: list[Dream], tmp_path: Path, seed: int, number: int) -> None:
    settings = QUICK.model_copy(update={"seed": seed})
    task = Task(metadata, DreamTeacher(str(NANO), metadata), settings, number, 1, tmp_path)
    images = [one.image.tobytes() for one in (*whole, *dream_batch(task))]
    assert len(set(images)) == 3


@pytest.mark.parametrize("level", ["none", "channels", "picture"])
def test_every_level_of_background_gives_dreams(lot, level: str, tmp_path: Path) -> None:
    known = lot.metadata(background=level)
    (made,) = dream_batch(Task(known, DreamTeacher(str(NANO), known), QUICK, 0, 1, tmp_path))
    assert made.image.std() > 1
    assert ("ground" in made.losses) == (level == "picture")


def test_with_a_picture_the_ground_is_that_of_the_view(lot, tmp_path: Path) -> None:
    known = lot.metadata(background="picture")
    assert known.picture is not None
    blue = replace(known, picture=np.full_like(known.picture, (200, 60, 60)))
    (made,) = dream_batch(Task(blue, DreamTeacher(str(NANO), blue), QUICK, 0, 1, tmp_path))
    blueness = made.image[..., 0].mean() - made.image[..., 2].mean()
    assert blueness > 80


def test_another_teacher_is_refused(metadata: Metadata) -> None:
    with pytest.raises(InputError, match="not the teacher that looked at camera C1"):
        DreamTeacher(str(TEACHER), metadata)


def test_a_last_stage_below_full_size_is_refused(metadata: Metadata, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"stages": SETTINGS.stages[:1]})
    with pytest.raises(InputError, match=r"synthesis\.dream\.stages: the last one's scale is 0\.6"):
        make_dreams(metadata, str(NANO), settings, tmp_path)


def test_pictures_are_moved_with_their_boxes() -> None:
    picture = torch.zeros(1, 3, 20, 30)
    picture[..., 5:9, 10:16] = 1
    moved = shifted(picture, 3, -2)
    assert moved.shape == picture.shape
    assert moved[..., 3:7, 13:19].min() == 1
    assert moved.sum() == picture.sum()
    edge = torch.ones(1, 1, 4, 4)
    assert shifted(edge, -2, 2).min() == 1


def test_the_note_is_of_the_student_beside_it(few: Metadata, tmp_path: Path) -> None:
    distill = DistillSettings(size=SIZE, epochs=1, min_steps=2, max_steps=2)
    made = student_of_dreams(few, str(NANO), str(NANO), QUICK, distill, tmp_path)
    student = load_model(tmp_path / TRAIN / STUDENT)
    assert made.weights == fingerprint(student) != fingerprint(make_student(NANO, CLASSES))
