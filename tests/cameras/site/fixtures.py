"""Fixtures of the site file's tests."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cameras.site.lots import GOOD, SLOT


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    """A folder with ``site.yaml``, two frames of each of its two cameras and the slots of one."""
    for camera in ("gate", "roof"):
        (tmp_path / camera / "2026-03-02").mkdir(parents=True)
        for name in ("2026-03-02/0800.jpg", "2026-03-02/0900.jpg"):
            cv2.imwrite(str(tmp_path / camera / name), np.zeros((20, 30, 3), np.uint8))
    (tmp_path / "slots.json").write_text(json.dumps([SLOT]))
    (tmp_path / "site.yaml").write_text(GOOD)
    return tmp_path
