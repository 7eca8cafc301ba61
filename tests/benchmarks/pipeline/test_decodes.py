"""Decodings are counted by frame and stage."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from benchmarks.pipeline.decodes import counted_decodes, per_frame
from lotwise.datasets.images import read_image


def collect(path: Path) -> None:
    """Named like a stage."""
    read_image(path)


def test_each_decoding_below_the_folder_counts_for_its_stage(tmp_path: Path) -> None:
    root = tmp_path / "frames"
    root.mkdir()
    for path in (root / "a.png", tmp_path / "elsewhere.png"):
        cv2.imwrite(str(path), np.zeros((4, 4, 3), np.uint8))
    with counted_decodes(root) as decodes:
        read_image(root / "a.png")
        collect(root / "a.png")
        collect(root / "a.png")
        collect(tmp_path / "elsewhere.png")
    read_image(root / "a.png")
    assert decodes == Counter({("report", "a.png"): 2, ("other", "a.png"): 1})


def test_means_are_over_all_frames_of_a_kind() -> None:
    decodes = Counter({("label", "a"): 1, ("label", "b"): 1, ("report", "b"): 2, ("label", "c"): 1})
    found = per_frame(decodes, {"training frame": {"a"}, "test frame": {"b", "c"}})
    assert found == {
        "training frame": {"label": 1, "report": 0, "all": 1},
        "test frame": {"label": 1, "report": 1, "all": 2},
    }
