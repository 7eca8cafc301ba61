"""``lotwise run --check`` tells how fast the models run here, from what was found or by timing them."""

from pathlib import Path

from lotwise.cameras.detection.engine.choices import Choices
from lotwise.cameras.detection.engine.engine import EXACT, Engine
from lotwise.cameras.detection.engine.machine import this_machine
from lotwise.cameras.detection.engine.probe import Compared
from lotwise.cameras.detection.engine.probe_process import Found, Speed
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.node.engine_report import describe_engines
from lotwise.node.start import workers_and_threads
from tests.cameras.detection.engine.bundles import write_int8_bundle

INT8 = Engine(backend="openvino", precision="int8")
SPEEDS = (Speed(engine=INT8, ms=24.7), Speed(engine=EXACT, ms=9.31))
TIMES = "ONNX Runtime f32 9.3 ms, OpenVINO INT8 and f32 25 ms a frame"


def site(folder: Path, detector: str = "{}"):
    write_int8_bundle(folder / "bundle")
    (folder / "site.yaml").write_text(
        f"name: lot\ncameras:\n  A: {{source: a, bundles: bundle}}\n  B: {{source: b, bundles: bundle}}\n"
        f"detector: {detector}\n"
    )
    return read_site(folder / "site.yaml")


def test_what_no_node_has_found_yet_is_timed_once_for_each_kind_of_bundle(tmp_path: Path) -> None:
    asked = []

    def probe(*given) -> Found:
        asked.append(given)
        return Found(speeds=SPEEDS)

    said = describe_engines(site(tmp_path), ["A", "B"], probe)
    later = "the node takes a faster one once frames have shown that it sees the same"
    assert said == [f"engine of A, B: OpenVINO INT8 and f32 at first; {later} ({TIMES})"]
    assert len(asked) == 1
    assert not (tmp_path / "state").exists()  # a check leaves nothing behind


def test_what_a_node_has_found_is_told(tmp_path: Path) -> None:
    lot = site(tmp_path)
    lot.state.mkdir()
    choices = Choices(lot.state, lot.detector, this_machine(), workers_and_threads(lot, 2)[1])
    refused = Compared(engine=INT8, why="F1 0.900 against the exact model on 4 frames, under 0.970")
    taken = Compared(engine=EXACT, agreement=0.995, frames=4, vehicles=80)
    manifest = write_int8_bundle(tmp_path / "bundle")
    choices.keep(manifest, "shape", Found(speeds=SPEEDS, compared=(refused, taken)))
    (said,) = describe_engines(lot, ["A", "B"])
    assert said.startswith(
        f"engine of A, B: ONNX Runtime f32, F1 0.995 with the exact model on 4 frames ({TIMES}, found on "
    )
    assert said.endswith(
        "; OpenVINO INT8 and f32 is not taken: F1 0.900 against the exact model on 4 frames, under 0.970"
    )


def test_what_the_site_file_says_is_not_timed(tmp_path: Path) -> None:
    fixed = site(tmp_path, "{backend: onnxruntime}")
    assert describe_engines(fixed, ["A"]) == [
        "engine of A: ONNX Runtime f32, the only one that the settings leave open"
    ]
    fixed = site(tmp_path, "{probe: false}")
    assert describe_engines(fixed, ["A"]) == ["engine of A: OpenVINO INT8 and f32, with probe: false"]


def test_a_probe_that_fails_does_not_end_the_check(tmp_path: Path) -> None:
    def probe(*_) -> Found:
        raise InputError("the probe failed (exit code -4)")

    (said,) = describe_engines(site(tmp_path), ["A"], probe)
    assert said == (
        "engine of A: OpenVINO INT8 and f32, as the others could not be timed (the probe failed (exit code -4))"
    )


def test_a_camera_without_a_bundle_is_left_out(tmp_path: Path) -> None:
    lot = site(tmp_path)
    (tmp_path / "bundle" / "manifest.json").unlink()
    assert describe_engines(lot, ["A"]) == []
