"""Where the time of the node's loop goes: its parts, timed in their places while the node runs."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import lotwise.cameras.detection.detector
import lotwise.cameras.slots.rule
import lotwise.node.camera
from benchmarks.node_speed.lotwise_node import MemorySource
from lotwise.cameras.detection.backends.onnx_runtime import OnnxRuntime
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.slots.consecutive_readings import ConsecutiveReadings
from lotwise.cameras.view.change_detection import ChangeDetector
from lotwise.cameras.view.health import ViewHealth
from lotwise.node.camera import CameraLoop
from lotwise.node.hot_swap import HotSwap
from lotwise.node.journal.journal import Journal

WHOLE_LOOP = "a frame, all in all"
REST_OF_LOOP = "rest of the loop"

Parts = dict[str, tuple[float, float]]
"""Milliseconds of a frame by part: by the clock, and of them those on which its worker itself computed."""


def timed_functions() -> tuple[tuple[Any, str, str], ...]:
    """What is timed: class or module, name of its function, and the part of the loop that it counts for."""
    from lotwise.cameras.detection.backends.openvino import OpenVino

    return (
        (CameraLoop, "look", WHOLE_LOOP),
        (MemorySource, "newest", "source"),
        (HotSwap, "poll", "registry"),
        (CameraLoop, "_follow_slots", "slots of the bundle"),
        (lotwise.node.camera, "thumbnail", "thumbnail"),
        (ViewHealth, "check", "view health"),
        (ChangeDetector, "verdict", "change detection"),
        (ChangeDetector, "detected", "change detection"),
        (Letterbox, "image", "letterbox"),
        (OpenVino, "__call__", "network"),
        (OnnxRuntime, "__call__", "network"),
        (lotwise.cameras.detection.detector, "suppress", "suppression"),
        (lotwise.cameras.slots.rule, "match_slots", "slot rule"),
        (lotwise.cameras.slots.rule, "slot_states", "slot rule"),
        (lotwise.node.camera, "with_low_scores", "low-score boxes"),
        (lotwise.node.camera, "hidden_slots", "hidden slots"),
        (ConsecutiveReadings, "update", "slot hysteresis"),
        (ConsecutiveReadings, "same", "slot hysteresis, unchanged view"),
        (CameraLoop, "_slot_events", "events"),
        (Journal, "record", "journal"),
    )


class LoopProfile:
    """Times parts of the loop; none of them lies inside another but for the whole."""

    def __init__(self) -> None:
        self._spent: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        for owner, name, part in timed_functions():
            setattr(owner, name, self._timed(part, getattr(owner, name)))

    def begin(self) -> None:
        """Forget what was before."""
        self._spent.clear()

    def parts(self) -> Parts:
        """Means over all looks since ``begin``; the journal is written between looks."""
        looks = max(len(self._spent[WHOLE_LOOP]), 1)
        parts = {
            part: (1000 * sum(wall for wall, _ in spent) / looks, 1000 * sum(own for _, own in spent) / looks)
            for part, spent in self._spent.items()
        }
        wall, own = parts.pop(WHOLE_LOOP, (0.0, 0.0))
        inside = [spent for part, spent in parts.items() if part != "journal"]
        parts[REST_OF_LOOP] = (wall - sum(w for w, _ in inside), own - sum(o for _, o in inside))
        return {**parts, WHOLE_LOOP: (wall, own)}

    def _timed(self, part: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            wall, own = time.perf_counter(), time.thread_time()
            try:
                return run(*given, **named)
            finally:
                self._spent[part].append((time.perf_counter() - wall, time.thread_time() - own))

        return timed
