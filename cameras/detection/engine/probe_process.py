"""The probe in a process of its own, and each engine in one below that: no two of them are in memory at once, and
what a crash ends is one engine."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from lotwise.cameras.child_process import child_command, child_environment
from lotwise.cameras.detection.engine.alone import Alone, forked, here
from lotwise.cameras.detection.engine.engine import Engine
from lotwise.cameras.detection.engine.probe import Compared, by_speed, engine_speeds, first_right
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image

TIMEOUT_S = 600.0
"""Seconds after which a probe is given up. Chosen: on the slowest boxes each of seven engines takes some ten seconds to
compile."""
NICENESS = 10
"""Of a node's probe: cameras that are looked at meanwhile come first."""


class Speed(BaseModel):
    """Milliseconds that the network takes a frame in an engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Engine
    ms: float


class Order(BaseModel):
    """What a probe is asked for: engines, the default one first; speeds that are known already; frames to come; by how
    much others come before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: Path
    engines: tuple[Engine, ...]
    threads: int
    speeds: tuple[Speed, ...] = ()
    frames: int = 0
    niceness: int = 0


class Found(BaseModel):
    """What a probe has found: each engine's speed, and those that were held against the exact one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speeds: tuple[Speed, ...] = ()
    compared: tuple[Compared, ...] = ()


class ProbeProcess:
    """Runs one probe after the other; :meth:`close` ends the one that is under way.

    Args:
        niceness: of the process; 0 where nothing else has to be done meanwhile.
    """

    def __init__(self, niceness: int = NICENESS) -> None:
        self._niceness = niceness
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(
        self,
        bundle: Path,
        engines: Sequence[Engine],
        threads: int,
        speeds: Sequence[Speed] = (),
        frames: Sequence[Image] = (),
    ) -> Found:
        """Time engines, unless their speeds are known, and hold them against the exact one, unless there are no frames.

        Args:
            bundle: its folder.
            engines: the default one first.
            threads: for one frame.
            speeds: of an earlier probe on this machine.
            frames: (H, W, 3) BGR of the bundle's camera, with vehicles.

        Raises:
            InputError: the probe failed, was ended, or took too long.
        """
        order = Order(
            bundle=bundle.absolute(), engines=tuple(engines), threads=threads, speeds=tuple(speeds),
            frames=len(frames), niceness=self._niceness,
        )  # fmt: skip
        sent = io.BytesIO()
        for frame in frames:
            np.save(sent, frame)
        with self._lock:
            if self._closed:
                raise InputError("the probe was ended")
            self._process = process = subprocess.Popen(  # noqa: S603
                [sys.executable, *child_command(__name__), order.model_dump_json()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Of one thread, so that it can be forked.
                env=child_environment({"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}),
                start_new_session=True,  # Ctrl-C reaches the node alone, which ends its children in order
            )
        try:
            said, errors = process.communicate(sent.getvalue(), TIMEOUT_S)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            raise InputError(f"the probe took more than {TIMEOUT_S:g} s") from None
        finally:
            with self._lock:
                self._process = None
        if process.returncode:
            lines = errors.decode(errors="replace").strip().splitlines()
            raise InputError(f"the probe failed ({lines[-1] if lines else f'exit code {process.returncode}'})")
        return Found.model_validate_json(said)

    def close(self) -> None:
        """End the probe that is under way; no other one is begun."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                _kill(self._process)


def main() -> None:
    """In the child: the order is its last argument, frames come by standard input, what was found goes to standard
    output."""
    order = Order.model_validate_json(sys.argv[-1])
    with suppress(OSError):  # where that is forbidden it has the usual priority
        os.nice(order.niceness)
    with io.BytesIO(sys.stdin.buffer.read()) as sent:
        frames = [np.load(sent, allow_pickle=False) for _ in range(order.frames)]
    sys.stdout.write(probe(order, frames, forked).model_dump_json())


def probe(order: Order, frames: Sequence[Image], alone: Alone = here) -> Found:
    """What :meth:`ProbeProcess.run` gives, in this process; ``alone`` does each engine's part."""
    speeds = {one.engine: one.ms for one in order.speeds}
    if not speeds and len(order.engines) > 1:
        speeds = engine_speeds(order.bundle, order.engines, order.threads, alone)
    tried = by_speed(speeds, order.engines[0]) if speeds else list(order.engines)
    compared = first_right(order.bundle, tried, order.threads, frames, alone) if frames else []
    return Found(
        speeds=tuple(Speed(engine=engine, ms=round(ms, 2)) for engine, ms in speeds.items()), compared=tuple(compared)
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With the engine's process under it: the probe leads a group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
