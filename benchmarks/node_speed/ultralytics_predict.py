"""Ultralytics' own ``predict`` on the same students and the same streams."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.node_speed.memory_streams import Stream, Streams
from benchmarks.node_speed.processed_frames import ProcessedFrame
from benchmarks.node_speed.systems import Job, UltralyticsFormat
from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.slots import SlotReading, slot_rule
from lotwise.datasets.frame import Detections, Image


def make_model(bundle: Path, folder: Path, kind: UltralyticsFormat) -> Path:
    """A bundle's student as Ultralytics has it: a checkpoint, or its own export; once made it stays.

    Args:
        bundle: with the student's weights beside its models.
        folder: of this bundle alone.
        kind: which of them.
    """
    checkpoint = folder / "student.pt"
    if not checkpoint.exists():
        import torch

        from lotwise.students.export.bundle import WEIGHTS
        from lotwise.teacher.checkpoint import load_model

        folder.mkdir(parents=True, exist_ok=True)
        torch.save({"model": load_model(bundle / WEIGHTS), "train_args": {}}, checkpoint)
    if kind == "pt":
        return checkpoint
    exported = folder / {"openvino": "student_openvino_model", "onnx": "student.onnx"}[kind]
    if not exported.exists():
        from ultralytics import YOLO

        width, height = read_manifest(bundle).input
        # What simplifies an ONNX file is another package, which Ultralytics would install by itself.
        plain = {"simplify": False} if kind == "onnx" else {}
        YOLO(str(checkpoint)).export(format=kind, imgsz=(height, width), half=False, verbose=False, **plain)
    return exported


class Ultralytics:
    """One YOLO object a camera; the cameras one after the other, or in as many threads as there are cores."""

    def __init__(self, job: Job, streams: Streams, looks: list[ProcessedFrame]) -> None:
        import torch
        from ultralytics import YOLO

        self._looks = looks
        count = min(job.system.threads or len(os.sched_getaffinity(0)), len(job.bundles))
        if job.system.threads == 0:
            torch.set_num_threads(1)
        self._manifests = {camera: read_manifest(Path(bundle)) for camera, bundle in job.bundles.items()}
        self._slots = {
            camera: tuple(shape.slot() for shape in manifest.slots) for camera, manifest in self._manifests.items()
        }
        self._models = {camera: YOLO(path, task="detect") for camera, path in job.models.items()}
        mine: dict[str, Stream] = {camera: streams.stream(camera, job.hold) for camera in job.bundles}
        self._over = threading.Event()
        shares: list[Mapping[str, Stream]] = [
            {camera: mine[camera] for camera in list(mine)[number::count]} for number in range(count)
        ]
        self._threads = [threading.Thread(target=self._work, args=(share,), daemon=True) for share in shares]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def detect(self, camera: str, image: Image) -> tuple[Detections, dict[str, SlotReading]]:
        """One frame by ``predict``, which gets the part of it that the student looks at; the bundle says what scores
        mean and how slots are read."""
        manifest = self._manifests[camera]
        size = (image.shape[1], image.shape[0])
        left, top, right, bottom = Letterbox(size, manifest.input, manifest.crop).window
        calibration = manifest.calibration
        slot_confidence = manifest.slot_confidence or manifest.confidence
        least = min(manifest.confidence, slot_confidence)
        # Classes are kinds of vehicles: without agnostic_nms a car that is also a truck would be there twice.
        said = (
            self._models[camera]
            .predict(
                image[top:bottom, left:right] if manifest.crop else image,
                imgsz=max(manifest.input),
                conf=calibration.raw(least) if calibration else least,
                iou=manifest.overlap,
                agnostic_nms=True,
                device="cpu",
                verbose=False,
            )[0]
            .boxes
        )
        scores = said.conf.cpu().numpy()
        boxes = said.xyxy.cpu().numpy() + np.array([left, top, left, top], np.float32)
        found = Detections.of(boxes, calibration(scores) if calibration else scores)
        rule = slot_rule(manifest.slot_model, manifest.crop)
        readings = rule(found, self._slots[camera], size, confidence=slot_confidence)
        return found[found.scores >= manifest.confidence], readings

    def extra(self) -> dict[str, Any]:
        return {}

    def _work(self, streams: Mapping[str, Stream]) -> None:
        cameras: Sequence[str] = list(streams)
        while True:
            for camera in cameras:
                if self._over.is_set():
                    return
                image = streams[camera].take()
                began = time.perf_counter()
                self.detect(camera, image)
                self._looks.append(ProcessedFrame(camera, time.monotonic(), "detected", time.perf_counter() - began))
