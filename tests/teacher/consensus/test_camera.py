"""The consensus over a store, and its audit."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.teacher.consensus import camera_consensus, count_reasons, write_audit
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore
from tests.teacher.consensus.scenes import CLOUD, SIZE, SLOTS, WHITE, box_at, scene

CAR = {SLOTS[1]: (1, WHITE)}


@pytest.fixture
def camera(tmp_path: Path) -> tuple[list[Frame], dict[str, str], KnowledgeStore]:
    """Five frames of a car that the third one misses, and a last one of half the size."""
    store = KnowledgeStore.open(tmp_path / "store", "teacher", {})
    frames, keys = [], {}
    for number in range(6):
        image, box = scene(CAR, CLOUD, number), np.array([box_at(SLOTS[1])])
        if number == 5:
            image, box = image[::2, ::2], box / 2
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), image)
        frame = Frame("C1", path.name, path)
        frames.append(frame)
        keys[frame.name] = content_key(load(frame))
        found = Detections.empty() if number == 2 else Detections.of(box, [0.8])
        store.add(keys[frame.name], Knowledge((image.shape[1], image.shape[0]), found))
    return frames, keys, store


def test_a_camera_from_the_store(camera) -> None:
    frames, keys, store = camera
    verdicts = camera_consensus(frames, keys, store)
    assert list(verdicts) == [frame.name for frame in frames]
    assert verdicts["2.png"].findings[0].reason == "recovered"
    assert verdicts["2.png"].findings[0].support == (0, 1, 3, 4)
    small = verdicts["5.png"]
    assert small.findings[0].reason == "kept"
    assert small.detections.boxes[0].tolist() == (np.array(box_at(SLOTS[1])) / 2).tolist()
    assert (verdicts["2.png"].detections.boxes[:, 2] <= SIZE[0]).all()


def test_support_points_into_the_verdicts_whatever_the_sizes(camera) -> None:
    frames, keys, store = camera
    verdicts = camera_consensus([frames[5], *frames[:5]], keys, store)
    names = list(verdicts)
    assert [names[index] for index in verdicts["2.png"].findings[0].support] == ["0.png", "1.png", "3.png", "4.png"]


def test_frames_without_a_key_are_left_out(camera) -> None:
    frames, keys, store = camera
    del keys["0.png"]
    assert "0.png" not in camera_consensus(frames, keys, store)


def test_a_frame_that_is_gone_is_named(camera) -> None:
    frames, keys, store = camera
    frames[1] = replace(frames[1], path=Path("nowhere/1.png"))
    with pytest.raises(UnreadableImage, match=r"nowhere/1\.png"):
        camera_consensus(frames, keys, store)


def test_the_audit_says_what_was_and_what_is(camera, tmp_path) -> None:
    verdicts = camera_consensus(*camera)
    assert count_reasons(verdicts) == {
        "kept": 5, "raised": 0, "tightened": 0, "recovered": 1, "lonely": 0, "background": 0,
            "furniture": 0, "untold": 0,
    }  # fmt: skip
    write_audit(tmp_path / "audit.jsonl", verdicts)
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert len(lines) == 6
    assert lines[2] == {
        "frame": "2.png",
        "reason": "recovered",
        "score": [0.0, pytest.approx(0.8 * (4 / 5) ** 0.5, abs=1e-3)],
        "before": None,
        "after": box_at(SLOTS[1]),
        "support": ["0.png", "1.png", "3.png", "4.png"],
    }
