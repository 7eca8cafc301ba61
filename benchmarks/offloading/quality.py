"""What JPEG on the way to a neighbour costs: bytes a frame, boxes and slots read otherwise than from the frame itself.

python benchmarks/offloading/quality.py --work DIR [--json docs/offloading-quality.json]

DIR is the work folder of ``compare.py`` or a new one. Frames of PKLot's camera UFPR05, read by the student of the
strong node; each frame is fitted into its input, written as JPEG, read again and detected.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from benchmarks.node_speed.machine import machine
from benchmarks.offloading.bundles import write_bundles
from benchmarks.offloading.compare import CAMERA, SIZES
from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.backends import Network
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.datasets.frame import Dataset, Detections, SlotState
from lotwise.datasets.load import load
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.suppression import first_boxes
from lotwise.node.serving.messages import frame_bytes

QUALITIES = (30, 50, 70, 80, 90, 95, 100)


@dataclass(frozen=True)
class Quality:
    """What came of one quality.

    Attributes:
        quality: of 100; None for no JPEG on the way.
        bytes_a_frame: mean.
        agreement: F1 with the boxes that are reported without JPEG.
        otherwise: slots, of all frames, that read otherwise than without.
        right: share of the labelled slots that read rightly.
    """

    quality: int | None
    bytes_a_frame: float
    agreement: float
    otherwise: int
    right: float


class ThroughJpeg:
    """A network whose input travels as JPEG; all else is that of the network.

    Args:
        network: that it goes to.
        quality: of 100.
    """

    name = "jpeg"
    metadata: Mapping[str, str] = {}

    def __init__(self, network: Network, quality: int) -> None:
        self._network, self._quality = network, quality
        self.input, self.outputs = network.input, network.outputs
        self.sizes: list[int] = []

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        jpeg = frame_bytes(images[0], self._quality)
        self.sizes.append(len(jpeg))
        again = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        return self._network(np.asarray(again, np.uint8)[None])

    def rest(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True)
class Said:
    """What a detector says of all frames: reported boxes, and slot states by name."""

    boxes: list[Detections]
    states: list[dict[str, SlotState]]


def said_by(detector: Detector, data: Dataset) -> Said:
    """What a detector says of the camera's frames."""
    boxes, states = [], []
    for frame in data.of_camera(CAMERA):
        image = load(frame)
        found = detector([image])[0]
        size = (image.shape[1], image.shape[0])
        read = detector.slot_rule(found, data.slots[CAMERA], size, confidence=detector.slot_confidence)
        boxes.append(first_boxes(found))
        states.append({name: one.state for name, one in read.items()})
    return Said(boxes, states)


def right_share(said: Said, data: Dataset) -> float:
    """Share of the labelled slots that are read rightly."""
    right = total = 0
    for frame, states in zip(data.of_camera(CAMERA), said.states, strict=True):
        truth = (data.truth[frame.name].slots if frame.name in data.truth else None) or {}
        right += sum(states.get(name) == state for name, state in truth.items())
        total += len(truth)
    return right / total


def measured(quality: int | None, sizes: Sequence[int], said: Said, exact: Said, data: Dataset) -> Quality:
    """One row: what was said through JPEG against what is said of the frames themselves."""
    otherwise = sum(a[name] != b[name] for a, b in zip(exact.states, said.states, strict=True) for name in a)
    agreed = agreement(zip(exact.boxes, said.boxes, strict=True))
    return Quality(quality, float(np.mean(sizes)) if sizes else 0.0, agreed, otherwise, right_share(said, data))


def main(arguments: Sequence[str] | None = None) -> None:
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=shared / "data" / "pklot")
    parser.add_argument("--weights", type=Path, default=shared / "weights" / "yolo11n.pt")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    asked = parser.parse_args(arguments)
    data = open_dataset("pklot", asked.root, (CAMERA,))
    detector = load_detector(write_bundles(data, CAMERA, asked.weights, SIZES, asked.work / "bundles")["strong"])
    exact = said_by(detector, data)
    found = [measured(None, (), exact, exact, data)]
    for quality in QUALITIES:
        network = ThroughJpeg(detector.network, quality)
        found.append(measured(quality, network.sizes, said_by(replace(detector, network=network), data), exact, data))
    table = Table("quality", "bytes a frame", "F1 with none", "slots otherwise", "slots right")
    for one in found:
        table.add_row(
            "none" if one.quality is None else str(one.quality), f"{one.bytes_a_frame:.0f}", f"{one.agreement:.3f}",
            str(one.otherwise), f"{one.right:.3f}",
        )  # fmt: skip
    Console().print(table)
    if asked.json:
        slots = sum(len(states) for states in exact.states)
        told = {"machine": machine(), "slots": slots, "frames": len(exact.states)}
        asked.json.write_text(json.dumps({**told, "rows": [asdict(one) for one in found]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
