"""Folders of pictures with YOLO label files, for tests."""

from pathlib import Path

import cv2
import numpy as np

from lotwise.datasets.readers.yolo import label_file, read_yolo


def add(root: Path, image: str, labels: str | None) -> None:
    """A black picture of 100 x 50 pixels, and its label file where there are labels."""
    path = root / image
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((50, 100, 3), np.uint8))
    if labels is not None:
        text = label_file(path)
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text(labels)


def boxes(root: Path) -> dict[str, list[list[float]]]:
    """Vehicle boxes by picture, xyxy in pixels, as they are read."""
    truth = read_yolo(root).truth
    return {name: np.round(one.vehicles.boxes, 3).tolist() for name, one in truth.items()}
