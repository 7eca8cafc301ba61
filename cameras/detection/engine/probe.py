"""How fast each way to run a bundle is on this machine, and whether it sees what the exact one sees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.engine.alone import Alone, here
from lotwise.cameras.detection.engine.engine import EXACT, Engine, load_engine
from lotwise.cameras.detection.model_comparison import MIN_AGREEMENT, MIN_SLOT_AGREEMENT, Said, compared, said
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image

WARM_UP, RUNS = 2, 12
"""Frames before an engine is timed, and those that count: a third of a second where a frame takes 25 ms. Of the counted
ones the quickest says what the engine can do; the others say what else the machine did meanwhile."""
HOPELESS = 1.5
"""An engine whose first timed frames take so many times as long as the best one's is not timed any further."""
PACE, PACES, SHORTEST_S = (192, 192), 3, 1e-9
"""Two matrices of this shape are multiplied so many times between two frames, half a millisecond each: how fast the
machine is just then. No time is shorter than what stands for none."""
WORTH = 0.95
"""Another engine takes the place of the default one where it needs at most this share of its time."""
SAMPLE_SLACK = 0.01
"""By which agreement may fall short of what is asked for: the frames of a probe are fewer than those of an export."""


class Compared(BaseModel):
    """An engine beside the exact one on a camera's own frames.

    Attributes:
        agreement: F1 of their boxes. slot_agreement: share of slots that both read alike; None without slots.
        frames, vehicles: on how many, and how many vehicles the exact one saw there.
        why: it may not be taken; empty where it may.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Engine
    agreement: float = 0.0
    slot_agreement: float | None = None
    frames: int = 0
    vehicles: int = 0
    why: str = ""


def engine_speeds(bundle: Path, engines: Sequence[Engine], threads: int, alone: Alone = here) -> dict[Engine, float]:
    """Milliseconds that the network takes a frame in each engine; an engine that cannot be loaded is left out.

    Engines are loaded one after the other, so that one model and one library are in memory. Each is timed in turns with
    the same small piece of arithmetic, and held against the others by that: what else the machine does at that moment
    slows both. On one thread it is processor time, which others on the same cores do not add to; on several it is time
    by the clock.

    Args:
        bundle: its folder.
        engines: the default one first.
        threads: for one frame.
        alone: what does each engine's part.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    speeds: dict[Engine, float] = {}
    pace, best = 0.0, np.inf
    for engine in engines:
        try:
            took, its_pace = alone(partial(_timed_engine, bundle, engine, threads, clock, best))
        except (InputError, RuntimeError):
            continue
        pace, best = pace or its_pace, min(best, took / its_pace)
        speeds[engine] = 1000 * took * pace / its_pace
    return speeds


def _timed_engine(
    bundle: Path, engine: Engine, threads: int, clock: Callable[[], float], best: float
) -> tuple[float, float]:
    """Seconds of a frame in an engine, and of the piece of arithmetic beside it; ``best`` is the least ratio so far."""
    detector = load_engine(bundle, engine, threads)
    picture, factors = _picture(detector), np.random.default_rng(0).random((2, *PACE), np.float32)
    for _ in range(WARM_UP):
        detector.network(picture)
    mine: list[float] = []
    pace: list[float] = []
    for run in range(RUNS):
        mine.append(_timed(clock, lambda: detector.network(picture)))
        pace += [max(_timed(clock, lambda: _multiply(*factors)), SHORTEST_S) for _ in range(PACES)]
        if run >= 2 and min(mine) > HOPELESS * best * min(pace):
            break
    return min(mine), min(pace)


def _multiply(first: NDArray[np.float32], second: NDArray[np.float32]) -> None:
    np.matmul(first, second)


def by_speed(speeds: Mapping[Engine, float], default: Engine) -> list[Engine]:
    """Engines in the order in which they should be tried; the default one before others that are hardly faster.

    >>> slow, fast = Engine(backend="onnxruntime", precision="float"), Engine(backend="openvino", precision="float")
    >>> by_speed({slow: 20, fast: 10}, slow)[0] == fast, by_speed({slow: 20, fast: 19.5}, slow)[0] == fast
    (True, False)
    """
    return sorted(speeds, key=lambda engine: speeds[engine] * (WORTH if engine == default else 1))


def first_right(
    bundle: Path, engines: Iterable[Engine], threads: int, frames: Sequence[Image], alone: Alone = here
) -> list[Compared]:
    """Hold engines against the exact one, in turn, until one sees the same; the last one compared is that one.

    Args:
        bundle: its folder.
        engines: in the order in which they are wanted.
        threads: for one frame.
        frames: (H, W, 3) BGR of the bundle's camera, with vehicles.
        alone: what does each engine's part, one after the other.

    Raises:
        InputError: the bundle cannot be run at all.
    """
    measured = parse_manifest(bundle).measured
    exact = alone(partial(_said, bundle, EXACT, threads, frames))
    found = []
    for engine in engines:
        if engine == EXACT:
            found.append(Compared(engine=engine, agreement=1.0, slot_agreement=1.0, frames=len(frames)))
            break
        try:
            quick = alone(partial(_said, bundle, engine, threads, frames))
        except (InputError, RuntimeError) as error:
            found.append(Compared(engine=engine, why=" ".join(str(error).split())))
            continue
        same = compared(zip(exact, quick, strict=True))
        why = _refusal(same, measured, engine)
        found.append(Compared(engine=engine, **same, why=why))
        if not why:
            break
    return found


def _said(bundle: Path, engine: Engine, threads: int, frames: Sequence[Image]) -> list[Said]:
    detector = load_engine(bundle, engine, threads)
    return [said(detector, frame) for frame in frames]


def _refusal(said: Mapping[str, Any], measured: Mapping[str, Any], engine: Engine) -> str:
    """Why an engine may not be taken. An INT8 model need not agree better than it did at its export, where the gate of
    that export let it pass."""
    passed = measured.get("int8") if engine.precision == "int8" else None
    passed = passed if isinstance(passed, dict) else {}
    least = min(MIN_AGREEMENT, float(passed.get("agreement") or 1.0)) - SAMPLE_SLACK
    least_slots = min(MIN_SLOT_AGREEMENT, float(passed.get("slot_agreement") or 1.0)) - SAMPLE_SLACK
    if not said["vehicles"]:
        return "the exact model sees no vehicle on these frames, so nothing shows that this one sees any"
    if not said["agreement"] >= least:  # so that no number fails too
        return f"F1 {said['agreement']:.3f} against the exact model on {said['frames']} frames, under {least:.3f}"
    slots = said["slot_agreement"]
    if slots is not None and slots < least_slots:
        return f"{slots:.1%} of slot states are the exact model's on {said['frames']} frames, under {least_slots:.1%}"
    return ""


def _picture(detector: Detector) -> NDArray[np.uint8]:
    """Noise at the size of the input; what is on a picture makes no network slower."""
    width, height = detector.input
    return np.random.default_rng(0).integers(0, 256, (1, height, width, 3), np.uint8)


def _timed(clock: Callable[[], float], work: Callable[[], object]) -> float:
    began = clock()
    work()
    return clock() - began
