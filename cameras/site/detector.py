"""How the node runs its detectors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lotwise.cameras.site.boards import MAX_BOARDS, BoardSettings
from lotwise.cameras.site.offload import OffloadSettings

Backend = Literal["auto", "openvino", "onnxruntime"]
"""Names of the libraries that can run models; ``cameras/detection/backends/network.py`` says how each is loaded."""

NumberFormat = Literal["auto", "f32", "bf16", "f16"]
"""In which a library computes what is not INT8; ``auto`` is what it takes by itself."""


def _written_out(given: Any) -> Any:
    """An address alone as a mapping with it."""
    return {"url": given} if isinstance(given, str) else given


class DetectorSettings(BaseModel):
    """Which runtime and number format the bundles are run with, and on how many threads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Annotated[
        Backend,
        Field(
            description="Library that runs the models; auto takes the one that a probe finds to be the fastest on this "
            "machine, and until then OpenVINO where it is installed, else ONNX Runtime."
        ),
    ] = "auto"
    precision: Annotated[
        Literal["auto", "float", "int8"],
        Field(
            description="Which of a bundle's models is run; auto takes the faster one on this machine, and until a "
            "probe has found it int8 where the bundle carries an INT8 model that agreed with the float one."
        ),
    ] = "auto"
    number_format: Annotated[
        NumberFormat,
        Field(
            description="Number format of what is not INT8; auto takes the fastest one in which the network sees the "
            "same on this machine, and until a probe has found it f32, in which nothing is lost."
        ),
    ] = "auto"
    probe: Annotated[
        bool,
        Field(
            description="Whether the node finds out for itself which of what backend, precision and number_format "
            "leave open is the fastest on this machine: some seconds of low priority beside the first frames of each "
            "new bundle, remembered in the state folder."
        ),
    ] = True
    workers: Annotated[
        int,
        Field(
            ge=0,
            le=64,
            description="Frames that are detected at the same time; 0 for as many as there are processor cores.",
        ),
    ] = 0
    offload: Annotated[
        OffloadSettings | None,
        BeforeValidator(_written_out, json_schema_input_type=str | OffloadSettings | None),
        Field(
            description="A stronger node that detects this one's frames as long as that pays: its address, or a "
            "mapping with more settings. No frame leaves without frames: {allow: true} in it."
        ),
    ] = None
    fallback: Annotated[
        Literal["local"],
        Field(
            description="Who reads a frame that the other node does not read in time: this node, by the camera's own "
            "student."
        ),
    ] = "local"
    boards: Annotated[
        tuple[BoardSettings, ...],
        Field(
            max_length=MAX_BOARDS,
            description="Boards that run the modules of divided students, lotwise board, in the order of the modules. "
            "Without them the node runs all modules itself.",
        ),
    ] = ()
    board_deadline_s: Annotated[
        float,
        Field(
            gt=0,
            le=60,
            description="Seconds within which a board has to answer; then the frame is read without its module.",
        ),
    ] = 1.0
    board_quality: Annotated[
        int, Field(ge=1, le=100, description="Quality of the JPEG in which a board gets its part of the frame.")
    ] = 95

    @model_validator(mode="after")
    def _one_way(self) -> DetectorSettings:
        if self.boards and self.offload is not None:
            raise ValueError("boards and offload are two ways to have frames read elsewhere; give one of them")
        return self
