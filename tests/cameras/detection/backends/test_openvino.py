"""The first use of OpenVINO in a process happens alone, and its cache may be harmed at any time."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from lotwise.cameras.detection.backends import openvino


def test_the_first_load_happens_alone_and_the_others_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, first_ends = threading.Event(), threading.Event()
    others = threading.Barrier(3)
    loads: list[str] = []

    def load(path: Path, threads: int, cache: Path | None, number_format: str) -> str:
        loads.append(path.name)
        if len(loads) == 1:
            begun.set()
            assert first_ends.wait(60)
        else:
            others.wait(60)
        return path.name

    monkeypatch.setattr(openvino, "_load", load)
    monkeypatch.setattr(openvino, "_used", threading.Event())
    names: list[str] = []
    threads = [
        threading.Thread(target=lambda n=number: names.append(str(openvino.load_openvino(Path(f"{n}")))), daemon=True)
        for number in range(4)
    ]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    threads[1].join(0.2)  # time enough for whoever would not wait
    assert loads == ["0"]
    first_ends.set()
    for thread in threads:
        thread.join(60)
    assert sorted(names) == ["0", "1", "2", "3"]


TRUNCATE_WHILE_RUNNING = """
import os, sys
from pathlib import Path
import numpy as np
from lotwise.cameras.detection.backends.openvino import load_openvino

model, cache = Path(sys.argv[1]), Path(sys.argv[2])
load_openvino(model, 1, cache)
blobs = list(cache.rglob("*.blob"))
assert blobs
network = load_openvino(model, 1, cache)  # from the cache
for blob in blobs:
    os.truncate(blob, 100)
boxes, scores = network(np.zeros((1, 128, 128, 3), np.uint8))
print("running on", boxes.shape, scores.shape)
load_openvino(model, 1, cache)(np.zeros((1, 128, 128, 3), np.uint8))
print("loaded again")
"""


def test_a_cache_file_that_is_truncated_while_it_is_in_use_ends_nothing(tmp_path: Path) -> None:
    """In a process of its own, as what used to happen was a bus error."""
    pytest.importorskip("openvino")
    rng = np.random.default_rng(0)
    weights = numpy_helper.from_array(rng.normal(size=(64, 3, 3, 3)).astype(np.float32), "w")
    again = numpy_helper.from_array(rng.normal(size=(64, 64, 3, 3)).astype(np.float32), "v")
    nodes = [
        helper.make_node("Conv", ["images", "w"], ["a"]),
        helper.make_node("Conv", ["a", "v"], ["boxes"]),
        helper.make_node("ReduceMean", ["boxes"], ["scores"]),
    ]
    pixels = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 128, 128])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("boxes", "scores")]
    graph = helper.make_graph(nodes, "g", [pixels], outputs, [weights, again])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), tmp_path / "m.onnx")
    command = [sys.executable, "-c", TRUNCATE_WHILE_RUNNING, str(tmp_path / "m.onnx"), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded again"
