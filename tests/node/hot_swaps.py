"""A camera's bundles in the loop of a node, frame by frame, for tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.slots import slot_states
from lotwise.node.hot_swap import REGISTRY_POLL_S, HotSwap
from lotwise.node.state import Event
from tests.node.cameras import Later

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
QUICK = SwapSettings(
    shadow_share=1, shadow_frames=3, shadow_s=0, probation_share=1, probation_frames=3, probation_s=0, min_vehicles=2
)
IMAGE = np.full((64, 64, 3), 90, np.uint8)


class Running:
    """A camera's bundles in the loop of a node, one frame a second."""

    def __init__(
        self, place: Registry | Path, swap: SwapSettings = QUICK, load=load_detector, period_s: float = 0.0
    ) -> None:
        self.seconds, self.loader, self.loaded = 0.0, Later(), 0
        self.noon = NOON
        """What this machine's clock said at the start; a test may set it meanwhile."""
        self.taken: datetime | None = None
        """When frames were taken; as the machine's clock says where None."""
        self.events: list[Event] = []

        def counted(path: Path) -> Detector:
            self.loaded += 1
            return load(path)

        self.bundles = HotSwap("C1", place, counted, self.loader, swap, lambda: self.seconds, period_s)
        self.events += self.bundles.start(NOON)

    def frame(self) -> str:
        """One frame as the node's loop looks at it: who detected it, "" where nobody could."""
        self.seconds += REGISTRY_POLL_S
        now = self.noon + timedelta(seconds=self.seconds)
        self.events += self.bundles.poll(now)
        if self.bundles.detector is None:
            return ""
        used = self.bundles.detector.identity

        def read(detector: Detector, found):
            return slot_states(found, detector.slots, (64, 64), detector.confidence)

        found = self.bundles.detect(IMAGE, self.taken or now, read)
        self.events += found.events
        assert len(found.detections) and set(found.readings) == {"1", "2"}
        return used

    def frames(self, count: int) -> list[str]:
        """With models loaded as soon as that is asked for."""
        used = []
        for _ in range(count):
            used.append(self.frame())
            self.loader.run()
        return used

    @property
    def said(self) -> list[str]:
        return [str(event.details["what"]) for event in self.events]


def failing(path: Path, sick: set[str]) -> Detector:
    """A detector that fails on frames of some bundles, but not on a blank one."""
    detector = load_detector(path)

    class Failing:
        input, outputs, metadata, name = detector.network.input, {}, {}, "failing"

        def __call__(self, images):
            if path.name in sick and images.any():
                raise RuntimeError("out of memory")
            return detector.network(images)

    return replace(detector, network=Failing())
