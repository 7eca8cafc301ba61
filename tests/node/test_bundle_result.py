"""Boxes under the deployed confidence are given to whoever reads the slots, but bundles are not compared by them."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.node.bundle_result import run_bundle
from tests.cameras.bundles import write_constant_bundle
from tests.node.cameras import plain


@pytest.mark.parametrize(
    ("low", "given"),
    [
        (1.0, [0.9]),  # never above the deployed confidence
        (0.5, [0.9]),
        (0.1, [0.9, 0.3]),
    ],
)
def test_low_scores_are_read_but_not_deployed(tmp_path: Path, low: float, given: list[float]) -> None:
    detector = load_detector(write_constant_bundle(tmp_path, (0.9, 0.3), confidence=0.5))
    seen: list[list[float]] = []

    def read(by: Detector, found):
        assert by is detector
        seen.append(found.scores.tolist())
        return {}

    result = run_bundle(detector, plain(), read, low)
    assert seen == [pytest.approx(given)]
    assert np.allclose(result.detections.scores, given)
    assert result.deployed.scores.tolist() == pytest.approx([0.9])
