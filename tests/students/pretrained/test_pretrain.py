"""How the embedded weights are made: on lots that no demo and no test ever sees."""

from pathlib import Path

import cv2
import numpy as np

from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.pretrained.pretrain import WIDTHS, LotSamples, make_detector

SETTINGS = DistillSettings(size=128, positive_threshold=0.5, ignore_threshold=0.1, score_exponent=0.0)


def test_the_embedded_teacher_is_clearly_larger_than_the_nano() -> None:
    sizes = {role: sum(p.numel() for p in make_detector(width).parameters()) for role, width in WIDTHS.items()}
    assert sizes["teacher"] > 1.8 * sizes["nano"]


def lots(folder: Path) -> LotSamples:
    names = tuple(f"lot{number}" for number in range(3))
    for number, name in enumerate(names):
        image = np.full((120, 160, 3), 40 * number + 20, np.uint8)
        image[40:80, 50:110] = 250
        cv2.imwrite(str(folder / f"{name}.jpg"), image)
        np.savez(folder / f"{name}.npz", boxes=np.float32([[50, 40, 110, 80], [0, 0, 160, 30]]), ignore=[False, True])
    return LotSamples(folder, names, SETTINGS)


def test_samples_are_those_of_their_number_and_ignore_regions_are_doubt(tmp_path: Path) -> None:
    samples = lots(tmp_path)
    seen = 0
    for i in range(6):
        one, two = samples[i], lots(tmp_path)[i]
        assert np.array_equal(one.image, two.image)
        assert one.image.shape == (96, 128, 3)
        taught = one.targets.detections
        assert np.array_equal(taught.boxes, two.targets.detections.boxes)
        assert all(
            score == 1 or SETTINGS.ignore_threshold < score < SETTINGS.positive_threshold for score in taught.scores
        )
        seen += len(taught)
    assert seen > 6
