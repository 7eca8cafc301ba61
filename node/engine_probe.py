"""Finds out beside the first frames how each camera's bundle runs fastest on this machine, and has it run like that."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.detection.bundle import Manifest
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.engine.choices import Choices, bundle_shape
from lotwise.cameras.detection.engine.engine import engine_of, possible_engines
from lotwise.cameras.detection.engine.probe_process import Found, ProbeProcess
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.node.hot_swap import HotSwap
from lotwise.node.state import CameraNow

PERIOD_S = 1.0
"""Seconds between two frames that are kept for a probe, and between two looks for something to do."""
FRAMES = 4
"""Frames with vehicles on which engines are compared: a parking camera's show a hundred of them."""
MAX_WAIT_S = 30.0
"""Seconds for which these frames of a camera are waited for; then fewer will do, or another camera comes first."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watched:
    """A camera: its bundles, and from where its last frame and what is known of it then come."""

    name: str
    hot_swap: HotSwap
    last: Callable[[], tuple[Image, CameraNow] | None]


class EngineProbe:
    """A thread that probes, between ``start`` and ``close``; one bundle at a time.

    Args:
        choices: what is known, and where what is found is kept.
        settings: what they leave open is looked at.
        threads: of the node's models, for one frame.
        ready: whether every camera has been looked at; nothing is done before.
    """

    def __init__(self, choices: Choices, settings: DetectorSettings, threads: int, ready: Callable[[], bool]) -> None:
        self._choices, self._settings, self._threads, self._ready = choices, settings, threads, ready
        self._cameras: list[Watched] = []
        self._done: set[str] = set()
        self._process = ProbeProcess()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="engine probe", daemon=True)

    def add(self, camera: Watched) -> None:
        """Look after a camera too; before ``start``."""
        self._cameras.append(camera)

    def start(self) -> None:
        """Begin, where there may be something to find out."""
        if self._settings.probe:
            self._thread.start()

    def close(self) -> None:
        """End what is under way. What was not found is looked for at the next start."""
        self._stop.set()
        self._process.close()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(PERIOD_S):
            if not self._ready():
                continue
            for camera in self._cameras:
                detector, folder = camera.hot_swap.detector, camera.hot_swap.folder
                if self._stop.is_set() or detector is None or detector.manifest is None or folder is None:
                    continue
                try:
                    self._look_after(camera, detector, detector.manifest, folder)
                except (InputError, OSError) as error:
                    if not self._stop.is_set():
                        log.warning("camera %s: %s; it runs on as it does", camera.name, error)

    def _look_after(self, camera: Watched, detector: Detector, manifest: Manifest, folder: Path) -> None:
        if manifest.identity in self._done:
            return
        if self._choices.choice(manifest) is None:
            engines = possible_engines(manifest, self._settings)
            if len(engines) == 1:
                self._done.add(manifest.identity)
                return
            frames = self._frames(camera)
            if not frames or self._stop.is_set():
                return
            self._done.add(manifest.identity)  # whatever comes of it, until the next start
            shape = bundle_shape(folder, manifest)
            found = self._process.run(folder, engines, self._threads, self._choices.speeds(shape), frames)
            self._tell(camera, found)
            self._choices.keep(manifest, shape, found)
        self._done.add(manifest.identity)
        engine = self._choices.engine(manifest)
        if engine != engine_of(detector):
            camera.hot_swap.load_again()

    def _frames(self, camera: Watched) -> list[Image]:
        """Frames of a camera that show vehicles, about a second apart; fewer than wanted where it is slow."""
        frames: list[Image] = []
        looked, end = -1, time.monotonic() + MAX_WAIT_S
        while len(frames) < FRAMES and time.monotonic() < end and not self._stop.is_set():
            last = camera.last()
            if last is None or last[1].view.verdict != "good" or not len(last[1].detections):
                return frames  # nothing to be compared now; the next camera
            image, now = last
            if now.looked != looked:
                looked = now.looked
                frames.append(image)
            if len(frames) < FRAMES:
                self._stop.wait(PERIOD_S)
        return frames

    def _tell(self, camera: Watched, found: Found) -> None:
        times = ", ".join(f"{one.engine} {one.ms:.0f} ms" for one in sorted(found.speeds, key=lambda one: one.ms))
        log.info("camera %s: %s a frame", camera.name, times)
        for one in found.compared:
            if one.why:
                log.warning("camera %s: %s is not taken: %s", camera.name, one.engine, one.why)
