"""The weak node of the comparison, as a process: the real node, on frames from memory, and what came of each.

``compare.py`` starts it. Nothing but where frames come from, and for one row who reads them, is the benchmark's own.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.node_speed.memory_streams import Streams
from lotwise.cameras.site.settings import Site
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.node import start
from lotwise.node.camera import CameraLoop, Looked
from lotwise.node.offloading import rule


@dataclass(frozen=True)
class Look:
    """One look at a frame.

    Attributes:
        place: of the frame in the pool. last: it is the last look at this frame.
        at_s: when it ended, monotonic. cpu_s: processor time of the process by then.
        kind: ``detected`` or ``same``.
        latency_s: of a detected frame, from taking it to its slot states.
        reader: who has read it.
        sent_bytes: bytes of frames that had left by then.
        states: of the slots after the last look at a frame.
    """

    place: int
    last: bool
    at_s: float
    cpu_s: float
    kind: str
    latency_s: float
    reader: str
    sent_bytes: int
    states: dict[str, str]


class Held:
    """A camera whose frames are each held for some looks, the first one longer; then it ends."""

    def __init__(self, streams: Streams, camera: str, hold: int, settle: int, arrived: Callable[[], None]) -> None:
        self._streams, self._hold, self._settle = streams, hold, settle
        self._stream = streams.stream(camera, hold)
        self._first = streams.stream(camera, settle)
        self.taken = 0
        arrived()

    @property
    def place(self) -> int:
        """Of the frame that was taken last; -1 while things settle."""
        return (self.taken - self._settle - 1) // self._hold if self.taken > self._settle else -1

    @property
    def last(self) -> bool:
        """Whether that was the last look at its frame."""
        return self.place >= 0 and (self.taken - self._settle) % self._hold == 0

    @property
    def over(self) -> bool:
        """Whether every frame was looked at."""
        return self.last and self.place == len(self._streams.frames) - 1

    def newest(self) -> CapturedFrame | None:
        if self.over:
            return None
        self.taken += 1
        image = self._first.take() if self.taken <= self._settle else self._stream.take()
        return CapturedFrame(image, datetime.now(UTC), self.taken)

    def health(self) -> SourceHealth:
        return SourceHealth("live", datetime.now(UTC), frames=self.taken)

    def close(self) -> None:
        pass


def run(job: dict[str, Any]) -> list[Look]:
    """The node of a job until all frames were looked at."""
    streams, over = Streams(Path(job["streams"])), threading.Event()
    looks: list[Look] = []
    streams.touch()
    held: list[Held] = []

    def from_memory(settings: Any, camera: str, arrived: Callable[[], None], *_: Any) -> Held:
        held.append(Held(streams, camera, job["hold"], job["settle"], arrived))
        return held[0]

    class Timed(CameraLoop):
        """A camera that tells of its looks."""

        def look(self) -> Looked:
            before = self.now.detected
            looked = super().look()
            if held[0].taken == 1 and looked.fresh and job["group"]:  # its model is loaded
                (Path(job["group"]) / "cgroup.procs").write_text(str(os.getpid()))
            if looked.fresh and held[0].place >= 0:
                now, source = self.now, held[0]
                kind = "detected" if now.detected > before else "same"
                last: dict[str, str] = {name: slot.state for name, slot in now.slots.items()} if source.last else {}
                reader = now.offload.last if now.offload is not None else "local"
                sent = now.offload.sent_bytes if now.offload is not None else 0
                moments = time.monotonic(), time.process_time()
                looks.append(Look(source.place, source.last, *moments, kind, now.latency_s, reader, sent, last))
            if held[0].over:
                over.set()
            return looked

    if job["always"]:  # the row that never reads here
        rule.choose = lambda *_: rule.Choice("neighbour")
        rule.limit_s = lambda *_: 60.0
    vars(start).update(CameraLoop=Timed, open_camera=from_memory)
    service = start.open_service(Site.model_validate(job["site"]), Path(job["folder"]) / "site.yaml")
    service.start()
    try:
        if not over.wait(job["timeout_s"]):
            raise TimeoutError(f"{len(looks)} looks within {job['timeout_s']} s")
    finally:
        service.close()
    return looks


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    Path(job["out"]).write_text(json.dumps([asdict(look) for look in run(job)]))


if __name__ == "__main__":
    main()
