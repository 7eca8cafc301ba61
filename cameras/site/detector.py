"""How the node runs its detectors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Backend = Literal["auto", "openvino", "onnxruntime"]
"""Names of the libraries that can run models; ``cameras/detection/backends/network.py`` says how each is loaded."""


class DetectorSettings(BaseModel):
    """Which runtime and number format the bundles are run with, and on how many threads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Annotated[
        Backend,
        Field(
            description="Library that runs the models; auto takes OpenVINO where it is installed, else ONNX Runtime."
        ),
    ] = "auto"
    precision: Annotated[
        Literal["auto", "float", "int8"],
        Field(
            description="Number format of the models; auto takes int8 where the bundle carries an INT8 model "
            "that agreed with the float one."
        ),
    ] = "auto"
    workers: Annotated[
        int,
        Field(
            ge=0,
            le=64,
            description="Frames that are detected at the same time; 0 for as many as there are processor cores.",
        ),
    ] = 0
