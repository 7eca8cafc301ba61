"""Which files an ONNX model keeps weights in, found without the onnx library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from lotwise.cameras.detection.external_weights import external_files
from tests.cameras.models import ours


def test_a_model_of_one_file(tmp_path: Path) -> None:
    assert external_files(ours(tmp_path / "m.onnx", [[0, 0, 1, 1]], [0.5])) == frozenset()


def test_weights_within_a_subgraph_are_found_too(tmp_path: Path) -> None:
    weights = numpy_helper.from_array(np.zeros(4, np.float32), "w")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="far.bin")
    inner = helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "inner", [], [], [weights])
    outer = helper.make_graph([helper.make_node("If", ["c"], ["z"], then_branch=inner, else_branch=inner)], "g", [], [])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(outer).SerializeToString())
    assert external_files(tmp_path / "m.onnx") == {"far.bin"}


@pytest.mark.parametrize(
    "content", [b"", b"no model at all", b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x3a\x7f\x00"]
)
def test_what_is_no_onnx_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ValueError):
        external_files(tmp_path / "m.onnx")
