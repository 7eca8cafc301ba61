"""What a running system says of each look at a camera, and the figures that come of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from lotwise.datasets.errors import InputError

POLL_S = 0.05
"""Seconds between two looks at whether all cameras have begun."""
START_TIMEOUT_S = 300.0
"""Seconds within which every camera must have had a result: loading nine PyTorch models takes one of them."""
Kind = Literal["detected", "same", "refused"]


class ProcessedFrame(NamedTuple):
    """One look: at whom, when it was done, what came of it, and seconds from the frame to its slot states."""

    camera: str
    moment: float
    kind: Kind
    latency: float


class Window(NamedTuple):
    """What was counted: from and to on the monotonic clock, and seconds of processor time in between."""

    begin: float
    end: float
    cpu: float


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    return sum(os.times()[:4])


def count_window(
    looks: Sequence[ProcessedFrame],
    cameras: Sequence[str],
    warmup: float,
    seconds: float,
    all_started: Callable[[], None],
) -> Window:
    """Wait for the first result of every camera and for the warm-up, then let it run.

    Args:
        looks: grows while this waits.
        all_started: called once all cameras have had a look, before the warm-up.

    Raises:
        InputError: a camera never had a look.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    while {look.camera for look in looks[:]} < set(cameras):
        if time.monotonic() > deadline:
            raise InputError(f"no result of every camera within {START_TIMEOUT_S:g} s; see the log beside the job")
        time.sleep(POLL_S)
    all_started()
    time.sleep(warmup)
    begin, cpu = time.monotonic(), cpu_seconds()
    time.sleep(seconds)
    return Window(begin, time.monotonic(), cpu_seconds() - cpu)


def figures(looks: Sequence[ProcessedFrame], window: Window, started: float) -> dict[str, float]:
    """Frames a second, latencies of the detected frames, processor time a frame, seconds to the first results.

    Args:
        looks: all.
        started: when the process was started.
    """
    counted = [look for look in looks if window.begin <= look.moment < window.end]
    waited = 1000 * np.array([look.latency for look in counted if look.kind == "detected"] or [np.nan])
    first = {look.camera: look.moment for look in reversed(looks)}.values()
    frames = max(len(counted), 1)
    return {
        "frames": len(counted),
        "frames_per_s": len(counted) / (window.end - window.begin),
        **{kind: sum(look.kind == kind for look in counted) for kind in ("detected", "same", "refused")},
        "latency_p50_ms": float(np.percentile(waited, 50)),
        "latency_p99_ms": float(np.percentile(waited, 99)),
        "cpu_ms": 1000 * window.cpu / frames,
        "first_s": min(first) - started,
        "all_s": max(first) - started,
    }
