"""Detections written as COCO JSON with their scores."""

import json
from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.readers.coco import vehicle_truth_from_coco
from lotwise.datasets.writers.coco import write_coco


def test_written_detections_are_read_back(tmp_path: Path) -> None:
    frames = [Frame("C1", "x/a.jpg", Path("a.jpg")), Frame("C1", "x/b.jpg", Path("b.jpg"))]
    found = [Detections.of([[1.5, 2, 11.5, 22], [0, 0, 5, 5]], [0.9, 0.25], [0, 1]), Detections.empty()]
    path = tmp_path / "new" / "out.json"
    write_coco(path, frames, [(80, 60), (40, 30)], found, ["car", "bus"])
    content = json.loads(path.read_text())
    assert [(image["id"], image["width"], image["height"]) for image in content["images"]] == [
        (1, 80, 60),
        (2, 40, 30),
    ]
    assert [(row["id"], row["category_id"], row["score"]) for row in content["annotations"]] == [
        (1, 1, 0.9),
        (2, 2, 0.25),
    ]
    truth, _ = vehicle_truth_from_coco(path, ["x/a.jpg", "x/b.jpg"])
    np.testing.assert_allclose(truth["x/a.jpg"].boxes, found[0].boxes)
    assert len(truth["x/b.jpg"].boxes) == 0


def test_a_label_without_a_name_is_refused(tmp_path: Path) -> None:
    frame = Frame("C1", "a.jpg", Path("a.jpg"))
    with pytest.raises(InputError, match=r"label 2 in a\.jpg has no name"):
        write_coco(tmp_path / "o.json", [frame], [(8, 6)], [Detections.of([[0, 0, 1, 1]], [0.5], [2])])
