"""What a site says of offloading before it runs, and what leaves while it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.node.check import check_site, describe_site
from lotwise.node.serving.detectors import ServedDetectors
from lotwise.node.serving.serving import Serving
from lotwise.node.site_warnings import site_warnings
from lotwise.node.start import open_service
from tests.cameras.bundles import write_constant_bundle
from tests.conftest import ROOT
from tests.hub_fleet.program import wait_for
from tests.node.http.asking import served
from tests.node.nodes import FakeNode
from tests.node.offloading.two_nodes import TOKEN, write_strong, write_weak
from tests.node.test_privacy_masks import MASK, PRIVATE, shows_private


def change(path: Path, **more: object) -> Path:
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | more))
    return path


def test_what_it_will_do_is_told_and_nothing_is_wrong(tmp_path: Path) -> None:
    strong, weak = write_strong(tmp_path / "strong", 8771), write_weak(tmp_path / "weak", 8771)
    said = describe_site(read_site(weak)).splitlines()
    assert (
        "offload: http://127.0.0.1:8771 reads the frames of C1 as long as that pays, else this node does; they leave "
        "as JPEG of quality 80"
    ) in said
    assert "detects for other nodes: C1; at most 2 frames at once, 4 bundles loaded" in describe_site(read_site(strong))
    assert check_site(strong) == check_site(weak) == []
    assert TOKEN not in "\n".join(said)


def test_a_node_without_a_neighbour_loads_nothing_of_it() -> None:
    code = (
        "import sys, lotwise.node.start, lotwise.node.http.api; "
        "print([name for name in sys.modules if name.startswith(('lotwise.node.offloading', 'lotwise.node.serving'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_address_alone_offloads_nothing_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    weak = write_weak(tmp_path / "weak", 8771)
    change(weak, detector={"offload": "http://127.0.0.1:8771", "fallback": "local", "backend": "onnxruntime"})
    site = read_site(weak)
    assert "offload: http://127.0.0.1:8771; no frame leaves, all are read here" in describe_site(site)
    assert any("detector.offload.frames.allow: no frame may leave" in line for line in site_warnings(site, weak))
    service = open_service(site, weak)
    try:
        assert service.node.now().cameras["C1"].offload is None
    finally:
        service.close()
    assert "detector.offload: no frame may leave this node, so all are read here" in caplog.text


def test_what_would_go_wrong_is_told_before_it_runs(tmp_path: Path) -> None:
    strong, weak = write_strong(tmp_path / "strong", 8771), write_weak(tmp_path / "weak", 8771, ca="ca.pem")
    for folder in (strong.parent, weak.parent):
        (folder / "token").write_text("short")
    (strong.parent / "for-others" / "model.onnx").unlink()
    wrong = "\n".join(check_site(strong))
    assert "serve_detection.tokens.0: token in" in wrong and "needs at least 16 plain characters" in wrong
    assert "serve_detection.cameras.C1:" in wrong and "missing, but the manifest lists it" in wrong
    wrong = "\n".join(check_site(weak))
    assert "detector.offload.token: token in" in wrong
    assert f"detector.offload.ca: {weak.parent / 'ca.pem'}: cannot be read" in wrong
    for site in (strong, weak):
        with pytest.raises(InputError, match="needs at least 16 plain characters"):
            open_service(read_site(site), site)


def test_privacy_masks_are_painted_before_a_frame_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = Serving(
        ServedDetectors({"C1": write_constant_bundle(tmp_path / "there", (0.7, 0.6))}, load_detector, 1), (TOKEN,), 1
    )
    came: list[bytes] = []
    read = serving.detectors.read

    def kept(camera: str, bundle: str, frame: bytes, least_score: float) -> bytes:
        came.append(frame)
        return read(camera, bundle, frame, least_score)

    monkeypatch.setattr(serving.detectors, "read", kept)
    with served(FakeNode(), serving=serving) as url:
        weak = write_weak(tmp_path / "weak", int(url.rpartition(":")[2]))
        for file in (weak.parent / "frames1").iterdir():
            grey = cv2.resize(np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), np.uint8), (400, 300))
            image = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
            cv2.rectangle(image, (28, 24), (170, 125), PRIVATE, -1)
            cv2.imwrite(str(file), image)
        cameras = yaml.safe_load(weak.read_text())["cameras"]
        cameras["C1"]["privacy_masks"] = [MASK]
        change(weak, cameras=cameras)
        service = open_service(read_site(weak), weak)
        try:
            service.start()
            wait_for(lambda: (now := service.node.now().cameras["C1"].offload) is not None and now.read > 1, "it reads")
        finally:
            service.close()
    sent = [np.asarray(cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR), np.uint8) for one in came]
    assert len(sent) > 3  # on trial too
    assert {image.shape for image in sent} == {(64, 64, 3)}  # no larger than its neighbour's model looks at
    assert not any(shows_private(image) for image in sent)
    frames = [np.asarray(cv2.imread(str(file)), np.uint8) for file in (weak.parent / "frames1").iterdir()]
    assert all(shows_private(cv2.resize(frame, (64, 48))) for frame in frames)  # without a mask it would be seen
