"""Any ``.pt`` run plainly, beside a bundle."""

from pathlib import Path

import numpy as np

from lotwise.datasets.load import load
from lotwise.teacher.single_scale import SingleScale
from tests.models import COCO_LIKE, save_like_ultralytics, tiny_yolo


def test_a_pt_is_called_like_a_bundle(site, tmp_path: Path) -> None:
    model = SingleScale(save_like_ultralytics(tiny_yolo(names=COCO_LIKE), tmp_path / "m.pt"))
    frames = [load(frame) for frame in site.frames[:2]]
    plain, strict = model(frames), model(frames, confidence=0.999)
    assert len(plain) == len(strict) == 2
    for many, few in zip(plain, strict, strict=True):
        assert (many.scores >= 0.25).all()
        assert 0 < len(few) < len(many)
        assert np.array_equal(many.boxes[: len(few)], few.boxes)
    assert model.slots == ()
