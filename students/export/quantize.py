"""INT8 by post-training quantisation, calibrated on pictures of one camera; OpenVINO runs the result."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.tensor import pixels
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image

BRIGHTNESS_FACTORS = (1.0, 0.6, 1.3)
"""A camera of few frames is calibrated on darker and brighter ones too."""
STUDENT_PREFIX = "/student/"
"""What the names of a student's layers begin with; the layers that decode boxes have other names, and stay in float."""
LAST_HEAD_LAYERS = r"/cv[23]\.\d/cv[23]\.\d\.2/"
"""The last layer of each branch of the head. To requantise what it says costs more time than INT8 saves there."""
FIRST_LAYERS = r"^/student/model\.[012]/"
"""The first three layers, which see the pixels."""
SUMS = r"/Add"
"""Sums of two branches, whose ranges may differ widely."""


@dataclass(frozen=True)
class Recipe:
    """One way to quantise.

    Attributes:
        name: what is left in float, for people.
        kept: patterns of layers that are left in float.
    """

    name: str
    kept: tuple[str, ...]


RECIPES = (
    Recipe("outputs in float", (LAST_HEAD_LAYERS,)),
    Recipe("outputs and first layers in float", (LAST_HEAD_LAYERS, FIRST_LAYERS)),
    Recipe("outputs, first layers and sums in float", (LAST_HEAD_LAYERS, FIRST_LAYERS, SUMS)),
)
"""In order of speed; the first whose result agrees with the float model is taken."""


def calibration(images: Sequence[Image], samples: int) -> list[NDArray[np.float32]]:
    """Pictures as the network gets them: spread evenly over the images, which are varied if they are too few.

    Args:
        images: (H, W, 3) BGR at the size of the input.
        samples: this many of them, or fewer where even their variants are.

    Returns:
        (1, 3, H, W) RGB in 0..1 each.
    """
    chosen = [images[index] for index in spread(len(images), samples)]
    varied = [
        np.asarray(cv2.convertScaleAbs(image, alpha=light), np.uint8)[:, ::side]
        for light in BRIGHTNESS_FACTORS
        for side in (1, -1)
        for image in chosen
    ]
    return [pixels(image[None]) for image in varied[:samples]]


def spread(count: int, most: int) -> list[int]:
    """At most ``most`` indices of ``count``, evenly spread.

    >>> spread(9, 3)
    [0, 4, 8]
    """
    return sorted({int(index) for index in np.linspace(0, count - 1, min(count, most)).round()})


def quantize(source: Path, target: Path, samples: Sequence[NDArray[np.float32]], recipe: Recipe) -> None:
    """Turn an ONNX file of :class:`lotwise.students.export.reduced_head.ReducedStudent` into an INT8 model of OpenVINO.

    The result is no ONNX file because OpenVINO reads zeros out of NNCF's quantised ONNX, and ONNX Runtime is slower
    with it than in float.

    Args:
        source: the ONNX file.
        target: ``.xml``; its weights are written beside it as ``.bin``.
        samples: from :func:`calibration`.
        recipe: what is left in float.

    Raises:
        InputError: NNCF or OpenVINO is not installed.
    """
    # Set before the import, as NNCF asks them then: it is to tell nobody what it does.
    os.environ.setdefault("NNCF_CI", "1")
    os.environ.setdefault("OPENVINO_TELEMETRY_OPT_OUT", "1")
    # NNCF imports it, and it warns of a missing GPU that nobody asked for.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    try:
        import nncf
        import openvino as ov
    except ModuleNotFoundError as error:
        raise InputError(
            f"INT8 needs {error.name}, which is not installed; pip install 'lotwise[train]', or export without INT8"
        ) from error
    # Not nncf.set_log_level, which raises the level of every handler of its logger: one that somebody else has added,
    # as pytest adds its own, would hear nothing but errors from then on, of all loggers.
    logging.getLogger("nncf").setLevel(logging.ERROR)
    model = ov.Core().read_model(source)
    fuse_swish(model)
    scope = nncf.IgnoredScope(names=_float_layers(model, recipe), validate=False)
    with redirect_stdout(StringIO()):  # where it draws progress bars
        quantized = nncf.quantize(
            model,
            nncf.Dataset(samples),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(samples),
            ignored_scope=scope,
        )
    ov.save_model(quantized, target, compress_to_fp16=False)


def fuse_swish(model: Any) -> None:
    """Write each x * sigmoid(x) as one operation, in place.

    Otherwise NNCF quantises between the two, and they can't be fused into the convolution any more: 29 ms a
    frame rather than 24.
    """
    from openvino import opset13 as operations

    for sigmoid in model.get_ordered_ops():
        if sigmoid.get_type_name() != "Sigmoid":
            continue
        products = [reader.get_node() for reader in sigmoid.output(0).get_target_inputs()]
        if [product.get_type_name() for product in products] != ["Multiply"]:
            continue
        swish = operations.swish(sigmoid.input_value(0))
        swish.set_friendly_name(products[0].get_friendly_name())
        for reader in list(products[0].output(0).get_target_inputs()):
            reader.replace_source_output(swish.output(0))
    model.validate_nodes_and_infer_types()


def _float_layers(model: Any, recipe: Recipe) -> list[str]:
    plain = {"Constant", "Parameter", "Result"}
    names = [node.get_friendly_name() for node in model.get_ordered_ops() if node.get_type_name() not in plain]
    return [
        name
        for name in names
        if not name.startswith(STUDENT_PREFIX) or any(re.search(pattern, name) for pattern in recipe.kept)
    ]
