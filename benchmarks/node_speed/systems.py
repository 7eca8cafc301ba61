"""The systems that ``compare.py`` holds against each other, and what one of its measurements is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Peer = Literal["pt", "openvino"]
FLOAT, INT8 = "ours-float", "ours-int8"


@dataclass(frozen=True)
class System:
    """One way to run the students.

    Attributes:
        key: short and unique.
        name: as the table has it.
        peer: what of Ultralytics; None for the node of ours.
        threads: of a peer, each with its share of the cameras.
        precision, backend, change_detection, view, api: of the node.
    """

    key: str
    name: str
    peer: Peer | None = None
    threads: int = 1
    precision: str = "float"
    backend: str = "openvino"
    change_detection: bool = False
    view: bool = True
    api: bool = False


SYSTEMS = (
    System("pt", "Ultralytics .pt", "pt"),
    System("pt-threads", "Ultralytics .pt, a thread a core", "pt", threads=0),
    System("openvino", "Ultralytics OpenVINO", "openvino"),
    System("openvino-threads", "Ultralytics OpenVINO, a thread a core", "openvino", threads=0),
    System("ours-onnxruntime", "Lotwise float, ONNX Runtime", backend="onnxruntime"),
    System(FLOAT, "Lotwise float"),
    System(INT8, "Lotwise INT8", precision="int8"),
    System("ours-int8-api", "Lotwise INT8, with HTTP API", precision="int8", api=True),
    System("ours-int8-blind", "Lotwise INT8, without view health", precision="int8", view=False),
    System("ours-float-gate", "Lotwise float, change detection", change_detection=True),
    System("ours-int8-gate", "Lotwise INT8, change detection", precision="int8", change_detection=True),
)


@dataclass(frozen=True)
class Job:
    """One measurement of one system.

    Attributes:
        bundles: folder of each camera's live bundle, in the order of the cameras.
        models: of each camera, what a peer loads.
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
