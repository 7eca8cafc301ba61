"""How fast each way to run a bundle is on this machine, and whether it sees what the exact one sees."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.engine.engine import EXACT, Engine, load_engine
from lotwise.cameras.detection.model_comparison import MIN_AGREEMENT, MIN_SLOT_AGREEMENT, compare
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image

WARM_UP, RUNS = 2, 12
"""Frames before an engine is timed, and those that count: a third of a second where a frame takes 25 ms. Of the counted
ones the quickest says what the engine can do; the others say what else the machine did meanwhile."""
HOPELESS = 1.5
"""An engine whose first timed frames take so many times as long as the best one's is not timed any further."""
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


def engine_speeds(bundle: Path, engines: Sequence[Engine], threads: int) -> dict[Engine, float]:
    """Milliseconds that the network takes a frame in each engine; an engine that cannot be loaded is left out.

    Each is timed in turns with the best one before it, so that what else the machine does meanwhile hits both, and not
    more than two models are in memory. On one thread it is processor time, which others on the same cores do not add
    to; on several it is time by the clock.

    Args:
        bundle: its folder.
        engines: the default one first.
        threads: for one frame.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    speeds: dict[Engine, float] = {}
    best: tuple[float, Engine, Detector] | None = None
    for engine in engines:
        try:
            detector = load_engine(bundle, engine, threads)
            picture = _picture(detector)
            for _ in range(WARM_UP):
                detector.network(picture)
        except (InputError, RuntimeError):
            continue
        mine: list[float] = []
        its: list[float] = []
        for run in range(RUNS):
            mine.append(_timed(clock, detector, picture))
            if best is None:
                continue
            its.append(_timed(clock, best[2], picture))
            if run >= 2 and min(mine) > HOPELESS * min(its):
                break
        took = min(mine)
        if best is not None:
            # What the best one takes now is what this one is held against; its own figure stands for both moments.
            took *= best[0] / min(its)
        speeds[engine] = 1000 * took
        if best is None or took < best[0]:
            best = took, engine, detector
    return speeds


def by_speed(speeds: Mapping[Engine, float], default: Engine) -> list[Engine]:
    """Engines in the order in which they should be tried; the default one before others that are hardly faster.

    >>> slow, fast = Engine(backend="onnxruntime", precision="float"), Engine(backend="openvino", precision="float")
    >>> by_speed({slow: 20, fast: 10}, slow)[0] == fast, by_speed({slow: 20, fast: 19.5}, slow)[0] == fast
    (True, False)
    """
    return sorted(speeds, key=lambda engine: speeds[engine] * (WORTH if engine == default else 1))


def first_right(bundle: Path, engines: Iterable[Engine], threads: int, frames: Sequence[Image]) -> list[Compared]:
    """Hold engines against the exact one, in turn, until one sees the same; the last one compared is that one.

    Args:
        bundle: its folder.
        engines: in the order in which they are wanted.
        threads: for one frame.
        frames: (H, W, 3) BGR of the bundle's camera, with vehicles.

    Raises:
        InputError: the bundle cannot be run at all.
    """
    exact = load_engine(bundle, EXACT, threads)
    found = []
    for engine in engines:
        if engine == EXACT:
            found.append(Compared(engine=engine, agreement=1.0, slot_agreement=1.0, frames=len(frames)))
            break
        try:
            said = compare(exact, load_engine(bundle, engine, threads), frames)
        except (InputError, RuntimeError) as error:
            found.append(Compared(engine=engine, why=" ".join(str(error).split())))
            continue
        why = _refusal(said, exact.manifest.measured if exact.manifest else {}, engine)
        found.append(Compared(engine=engine, **said, why=why))
        if not why:
            break
    return found


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


def _timed(clock: Any, detector: Detector, picture: NDArray[np.uint8]) -> float:
    began = clock()
    detector.network(picture)
    return float(clock() - began)
