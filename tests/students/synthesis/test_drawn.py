"""What is taught of a dream: vehicles that it was to show are never taught as background."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.frame import Detections, Frame
from lotwise.students.synthesis.drawn import dreams_taught
from lotwise.students.synthesis.dreams import DreamNote, DreamSet
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore

NAME, SIZE = "dreams/C1/0000.png", np.array([100, 50, 100, 50], np.float32)
SEEN, FAINT, UNSEEN = (0.1, 0.2, 0.3, 0.4), (0.4, 0.2, 0.6, 0.4), (0.7, 0.2, 0.9, 0.4)
"""Vehicles of a dream, in 0..1 of the picture."""


def taught(tmp_path: Path, said: dict[tuple[float, ...], float]) -> Detections:
    """Of a dream of 100x50 px that was to show the three, where the teacher says this."""
    store = KnowledgeStore.open(tmp_path, "oracle", {})
    boxes = np.array(list(said), np.float32).reshape(-1, 4) * SIZE
    store.add("key", Knowledge((100, 50), Detections.of(boxes, np.array(list(said.values()), np.float32))))
    note = DreamNote(identity="i", boxes=(SEEN, FAINT, UNSEEN), scores=(0.9, 0.8, 0.7), losses={})
    dreams = DreamSet("C1", (Frame("C1", NAME, tmp_path / "0000.png"),), (note,))
    return dreams_taught(dreams, {NAME: "key"}, store, 0.25)[NAME]


def test_what_the_teacher_does_not_see_is_taught_with_the_score_of_its_place(tmp_path: Path) -> None:
    found = taught(tmp_path, {SEEN: 0.5, FAINT: 0.1, (0.0, 0.6, 0.1, 0.8): 0.6})
    assert found.scores.tolist() == pytest.approx([0.5, 0.1, 0.6, 0.8, 0.7], abs=1e-3)
    np.testing.assert_allclose(found.boxes[3:], np.array([FAINT, UNSEEN]) * SIZE, rtol=1e-3)


def test_a_teacher_that_sees_nothing_leaves_what_was_drawn(tmp_path: Path) -> None:
    found = taught(tmp_path, {})
    np.testing.assert_allclose(found.boxes, np.array([SEEN, FAINT, UNSEEN]) * SIZE, rtol=1e-5)
    assert found.scores.tolist() == pytest.approx([0.9, 0.8, 0.7])
