"""Ways to choose for a camera of one frame: halves of it, and what other cameras gained."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.few_frames.one_frame import GREY, against_nano, by_sisters, halves
from lotwise.datasets.frame import Frame


def test_each_half_shows_what_the_other_hides(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    left, right = (
        cv2.imread(str(one.path)) for one in halves(Frame("C1", "a.png", tmp_path / "a.png"), tmp_path / "h")
    )
    assert (left[:, :15] == pixels[:, :15]).all()
    assert (right[:, 15:] == pixels[:, 15:]).all()
    assert (left[:, 15:] == GREY).all()
    assert (right[:, :15] == GREY).all()


def figures(camera: str, *agreement: float) -> dict:
    scores = {
        str(share): {"agreement": one, "accuracy": one, "map50": 0.5}
        for share, one in zip((0.0, 0.5, 1.0), agreement, strict=True)
    }
    return {"cell": {"camera": camera}, "scores": scores}


def test_other_cameras_choose_and_the_camera_itself_has_no_say() -> None:
    own, others = figures("C1", 0.5, 0.1, 0.1), [figures("C2", 0.5, 0.7, 0.4), figures("C3", 0.5, 0.5, 0.6)]
    assert by_sisters(own, [own, *others]) == 0.5
    assert by_sisters(others[0], [own, *others]) == 0.0
    assert against_nano(own, 0.5)["worse"]
    assert not against_nano(own, 0.0)["worse"]
