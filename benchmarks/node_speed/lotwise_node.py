"""The real node on streams from memory: only where frames come from is the benchmark's own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.node_speed.memory_streams import Stream, Streams
from benchmarks.node_speed.processed_frames import Kind, ProcessedFrame
from benchmarks.node_speed.systems import Job
from lotwise.cameras.site.settings import Site
from lotwise.cameras.slots import SlotReading
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.datasets.frame import Detections, Image
from lotwise.node import start
from lotwise.node.camera import CameraLoop, Looked
from lotwise.node.hot_swap import HotSwap
from lotwise.node.state_folder import HEARTBEAT_FILE, JOURNAL


class MemorySource:
    """A camera that has a new frame whenever it is asked for one."""

    def __init__(self, stream: Stream, arrived: Callable[[], None]) -> None:
        self._stream = stream
        self._health = SourceHealth("live", datetime.now(UTC))
        arrived()

    def newest(self) -> CapturedFrame | None:
        image = self._stream.take()
        self._health = replace(self._health, frames=self._stream.taken)
        return CapturedFrame(image, datetime.now(UTC), self._stream.taken)

    def health(self) -> SourceHealth:
        return self._health

    def close(self) -> None:
        pass


class LotwiseNode:
    """The node of a job; every look at a camera is told to ``looks``."""

    def __init__(self, job: Job, streams: Streams, looks: list[ProcessedFrame]) -> None:
        self._job, self._looks = job, looks
        self._bundles: dict[str, HotSwap] = {}
        self.told: dict[str, float] = {}
        """When the first slot of each camera was known, monotonic clock."""
        system, state = job.system, Path(job.state)
        shutil.rmtree(state / "views", ignore_errors=True)
        for left in (HEARTBEAT_FILE, *(f"{JOURNAL}{end}" for end in ("", "-wal", "-shm"))):
            (state / left).unlink(missing_ok=True)
        state.mkdir(parents=True, exist_ok=True)
        site = Site.model_validate(
            {
                "name": "benchmark",
                # The bundle itself, not its registry: one that is still watched over would be run beside its old one.
                "cameras": {name: {"source": job.streams, "bundles": path} for name, path in job.bundles.items()},
                "schedule": {"period_s": 0},
                "detector": {
                    "backend": system.backend,
                    "precision": system.precision,
                    "number_format": system.number_format,
                    "probe": system.probe,
                },
                "change_detection": {"enabled": system.change_detection},
                "view": {"enabled": system.view},
                "publish": {"api": {"enabled": system.api, "port": 0}},
                "state": state,
            }
        )
        told = self

        class Timed(CameraLoop):
            """A camera that tells of its looks."""

            def __init__(
                self, camera: str, settings: Any, source: Any, view: Any, bundles: HotSwap, *rest: Any, **named: Any
            ):
                super().__init__(camera, settings, source, view, bundles, *rest, **named)
                told._bundles[camera] = bundles

            def look(self) -> Looked:
                before = self.now
                looked = super().look()
                if looked.fresh:
                    told._note(before.detected, before.untrusted, self)
                return looked

        def from_memory(settings: Any, camera: str, arrived: Callable[[], None], *_: Any) -> MemorySource:
            return MemorySource(streams.stream(camera, job.hold), arrived)

        given = {name: getattr(start, name) for name in ("CameraLoop", "open_camera")}
        for name, replacement in {"CameraLoop": Timed, "open_camera": from_memory}.items():
            setattr(start, name, replacement)
        try:
            self._service = start.open_service(site, state / "site.yaml")
        finally:
            for name, original in given.items():
                setattr(start, name, original)

    def start(self) -> None:
        self._service.start()

    def stop(self) -> None:
        self._service.close()

    def detect(self, camera: str, image: Image) -> tuple[Detections, dict[str, SlotReading]]:
        """What the camera's own detector says of one frame, once the node has stopped."""
        detector = self._bundles[camera].detector
        assert detector is not None, self._bundles[camera].why
        found = detector([image], min(detector.confidence, detector.slot_confidence))[0]
        size = (image.shape[1], image.shape[0])
        readings = detector.slot_rule(found, detector.slots, size, confidence=detector.slot_confidence)
        return found[found.scores >= detector.confidence], readings

    def extra(self) -> dict[str, Any]:
        """Seconds until every camera had told a slot's state; its bundles' problems, which must be none."""
        whole = set(self.told) == set(self._job.bundles)
        problems = [bundles.why for bundles in self._bundles.values() if bundles.why]
        return {
            **({"told_s": max(self.told.values()) - self._job.started} if whole else {}),
            "events": self._service.node.last_event(),
            "problems": problems,
        }

    def _note(self, detected: int, refused: int, loop: CameraLoop) -> None:
        now, moment = loop.now, time.monotonic()
        kind: Kind = "detected" if now.detected > detected else "refused" if now.untrusted > refused else "same"
        self._looks.append(ProcessedFrame(loop.camera, moment, kind, now.latency_s if kind == "detected" else 0.0))
        if loop.camera not in self.told and any(slot.state != "unknown" for slot in now.slots.values()):
            self.told[loop.camera] = moment
