"""The systems that ``compare.py`` holds against each other, and what one of its measurements is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

UltralyticsFormat = Literal["pt", "openvino", "onnx"]
FLOAT, INT8, AUTO = "lotwise-float", "lotwise-int8", "lotwise-auto"
RunName = Literal["run", "full"]
"""The run folder that is measured, or that of the full size beside it."""


@dataclass(frozen=True)
class System:
    """One way to run the students.

    Attributes:
        key: short and unique.
        name: as the table has it.
        ultralytics: format of the model that Ultralytics predicts with; None for the node of Lotwise.
        threads: of Ultralytics, each with its share of the cameras; 0 for as many as there are cores.
        precision, backend, number_format, change_detection, view, api: of the node of Lotwise.
        probe: whether the node had found out before how it runs fastest.
        run: whose students are run.
    """

    key: str
    name: str
    ultralytics: UltralyticsFormat | None = None
    threads: int = 1
    precision: str = "float"
    backend: str = "openvino"
    number_format: str = "f32"
    probe: bool = False
    run: RunName = "run"
    change_detection: bool = False
    view: bool = True
    api: bool = False


SYSTEMS = (
    System("ultralytics-pt", "Ultralytics .pt", "pt"),
    System("ultralytics-pt-threads", "Ultralytics .pt, a thread a core", "pt", threads=0),
    System("ultralytics-onnx", "Ultralytics ONNX", "onnx"),
    System("ultralytics-onnx-threads", "Ultralytics ONNX, a thread a core", "onnx", threads=0),
    System("ultralytics-openvino", "Ultralytics OpenVINO", "openvino"),
    System("ultralytics-openvino-threads", "Ultralytics OpenVINO, a thread a core", "openvino", threads=0),
    System("lotwise-onnxruntime", "Lotwise float, ONNX Runtime", backend="onnxruntime"),
    System(FLOAT, "Lotwise float"),
    System("lotwise-bf16", "Lotwise float, bf16", number_format="bf16"),
    System(INT8, "Lotwise INT8", precision="int8"),
    System(AUTO, "Lotwise, as the machine decides", precision="auto", backend="auto", number_format="auto", probe=True),
    System("lotwise-int8-api", "Lotwise INT8, with HTTP API", precision="int8", api=True),
    System("lotwise-int8-no-view-health", "Lotwise INT8, without view health", precision="int8", view=False),
    System("lotwise-float-change-detection", "Lotwise float, change detection", change_detection=True),
    System("lotwise-int8-change-detection", "Lotwise INT8, change detection", precision="int8", change_detection=True),
)
BY_KEY = {system.key: system for system in SYSTEMS}
FULL_ROWS = (*(system.key for system in SYSTEMS if system.ultralytics), FLOAT, INT8, AUTO)
"""Systems that are measured at the full size too, where students of a reduced size are measured."""


def full_size(system: System) -> System:
    """The same with the students of the full size."""
    return replace(system, key=f"{system.key}-full", name=f"{system.name}, full size", run="full")


@dataclass(frozen=True)
class Job:
    """One measurement of one system.

    Attributes:
        bundles: folder of each camera's live bundle, in the order of the cameras.
        models: of each camera, what Ultralytics loads.
        streams: folder that ``write_streams`` wrote.
        state: folder where the node keeps what speeds up its next start.
        warmup, seconds: before what is counted, and how long that is.
        hold: looks at one real frame.
        accuracy: also read every real frame once, afterwards.
        profile: also time the parts of the node's loop.
        started: when the process was started, on the system's monotonic clock.
    """

    system: System
    bundles: Mapping[str, str]
    models: Mapping[str, str]
    streams: str
    state: str
    warmup: float
    seconds: float
    hold: int
    accuracy: bool = False
    profile: bool = False
    started: float = 0.0

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @staticmethod
    def read(path: Path) -> Job:
        said: dict[str, Any] = json.loads(path.read_text())
        return Job(**{**said, "system": System(**said["system"])})
