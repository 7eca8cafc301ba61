"""A real nano detector, exported as students are, says the same whichever backend runs it."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.agreement import matches
from lotwise.cameras.detection.backends import load_network
from lotwise.cameras.detection.detector import Detector
from lotwise.datasets.load import load
from lotwise.datasets.synthetic import render_site
from lotwise.students.pretrained import NANO

OFF = 2e-2
"""By which scores may differ: OpenVINO computes in bfloat16 where the processor can."""

pytestmark = pytest.mark.skipif(not NANO.is_file(), reason="no embedded weights; see students/pretrained")


def test_backends_agree_on_an_exported_nano(tmp_path: Path) -> None:
    from lotwise.students.export.onnx_file import export_onnx
    from lotwise.students.model.student import make_student

    site = render_site(tmp_path / "site", cameras=1, days=1, frames_per_day=3, width=320, height=240, seed=12)
    export_onnx(make_student(NANO), (320, 256), tmp_path / "nano.onnx")
    frames = [load(frame) for frame in site.frames]
    reference, other = (
        Detector(load_network(tmp_path / "nano.onnx", backend, 1), (320, 256))
        for backend in ("onnxruntime", "openvino")
    )
    for frame in frames:
        said, also = (detector.candidates([frame])[0] for detector in (reference, other))
        assert np.abs(said.scores - also.scores).max() < OFF
        for one, two in ((reference, other), (other, reference)):
            # What the one is sure of to more than that, the other one reports too.
            sure, all_of_it = one([frame], 0.25 + OFF)[0], two([frame], 0.25)[0]
            assert matches(sure, all_of_it) == len(sure) > 0
