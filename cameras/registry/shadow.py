"""Whether a new bundle may replace the live one: both detect the same frames, before the swap and just after it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Literal

from lotwise.cameras.detection.agreement import matches
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections

Phase = Literal["shadow", "probation"]
"""``shadow``: the old bundle is live and the new one runs beside it; ``probation``: the new one is live
and the old one runs beside it."""
ShadowOutcome = Literal["open", "accept", "refuse"]
"""``open``: more frames or time are needed before the new bundle is accepted or refused."""

TIMED_FRAMES = 1000
"""Latest frames whose seconds are kept: a comparison that waits for a person may go on for months."""
MIN_TIMED_FRAMES = 20
"""Frames that both were timed on before a bundle is called slow: on a busy machine a few of them say nothing."""
NEGLIGIBLE_S = 0.005
"""Seconds a frame by which a new bundle may always be slower: so much one and the same model varies on a busy node."""


class ShadowRun:
    """Old and new bundle on the same frames, and what follows from the comparison.

    Pure bookkeeping: the caller runs both models.

    Args:
        settings: how many frames are enough, and how much the two bundles may differ.
        phase: before the swap or just after it.
        identity: identity of the new bundle, 16 hex digits.
        period_s: seconds between two frames of the camera; 0 for as many as the machine can process.
    """

    def __init__(self, settings: SwapSettings, phase: Phase, identity: str, period_s: float = 0.0) -> None:
        self._period_s = period_s
        self._alike = True
        self.settings, self.phase, self.identity = settings, phase, identity
        self._least_frames = settings.shadow_frames if phase == "shadow" else settings.probation_frames
        self._error = ""
        self._first: float | None = None
        self._last: float | None = None
        self._frames = self._old = self._new = self._same = 0
        self._slots = self._slots_differ = 0
        self._old_s: deque[float] = deque(maxlen=TIMED_FRAMES)
        self._new_s: deque[float] = deque(maxlen=TIMED_FRAMES)

    def due(self, number: int) -> bool:
        """Whether both detect this frame.

        Args:
            number: 1, 2, … of the detected frame; evenly spaced ones are due, the first among them.
        """
        share = self.settings.shadow_share if self.phase == "shadow" else self.settings.probation_share
        return math.ceil(number * share) != math.ceil((number - 1) * share)

    def compare(
        self,
        at: float,
        old: Detections,
        new: Detections,
        old_s: float,
        new_s: float,
        old_slots: Mapping[str, SlotReading] | None = None,
        new_slots: Mapping[str, SlotReading] | None = None,
        alike: bool = True,
    ) -> None:
        """Count one frame that both detected.

        Args:
            at: seconds of a clock that never jumps; not when the frame was taken, for a camera's clock may be set, and
                recorded frames are of other days.
            old, new: what the bundle says that was live before the swap, and the new one, each at its own
                deployed confidence, in pixels of the frame.
            old_s, new_s: seconds that each took for the frame.
            old_slots, new_slots: each one's own reading of this frame, before any hysteresis; slots of only one of
                the two, and unknown ones, do not count.
            alike: whether both models are run in the same way, so that their times can be compared.
        """
        self._alike = alike
        self._first = at if self._first is None else self._first
        self._last = at
        self._frames += 1
        self._old += len(old)
        self._new += len(new)
        self._same += matches(old, new)
        self._old_s.append(old_s)
        self._new_s.append(new_s)
        for name, reading in (old_slots or {}).items():
            states = {reading.state, new_slots[name].state} if new_slots and name in new_slots else {"unknown"}
            if "unknown" not in states:
                self._slots += 1
                self._slots_differ += len(states) - 1

    def fail(self, why: str) -> None:
        """The new bundle could not be loaded or run; one line."""
        self._error = " ".join(why.split())

    def verdict(self, now: float | None = None) -> tuple[ShadowOutcome, str]:
        """What follows from the frames so far, and why in one line.

        Too much difference refuses as soon as there are enough frames; accepting waits for the whole time.

        Args:
            now: seconds of the same clock, so that a shadow ends also where nothing is compared any more; those of the
                last compared frame where None.
        """
        settings, frames = self.settings, self._frames
        if self._error:
            return "refuse", self._error
        shadow = self.phase == "shadow"
        vehicles, least_s = max(self._old, self._new), settings.shadow_s if shadow else settings.probation_s
        enough = vehicles >= settings.min_vehicles
        if frames >= self._least_frames and (alarm := self._alarm(enough)):
            return "refuse", f"{alarm} ({frames} frames)"
        wanting = ""
        if frames < self._least_frames:
            wanting = f"{frames} of {self._least_frames} frames compared"
        elif shadow and not enough:
            wanting = f"{vehicles} of {settings.min_vehicles} vehicles seen"
        if wanting and shadow and self._span(now) >= settings.shadow_hours * 3600:
            return "refuse", f"only {wanting} in {settings.shadow_hours:g} hours"
        if not wanting and self._span(None) < least_s:
            wanting = f"{self._span(None):.0f} of {least_s:g} s passed"
        if wanting:
            return "open", wanting
        return "accept", f"agreement {self._agreement():.3f} on {frames} frames, {self._old} and {self._new} vehicles"

    def measured(self) -> dict[str, object]:
        """All figures, as plain JSON values."""
        outcome, why = self.verdict()
        return {
            "phase": self.phase,
            "bundle": self.identity,
            "outcome": outcome,
            "why": why,
            "frames": self._frames,
            "seconds": round(self._span(None), 3),
            "vehicles_old": self._old,
            "vehicles_new": self._new,
            "agreement": round(self._agreement(), 4),
            "slots": self._slots,
            "slots_differ": round(self._differ(), 4),
            "old_s": round(median(self._old_s or [0.0]), 6),
            "new_s": round(median(self._new_s or [0.0]), 6),
        }

    def _alarm(self, enough: bool) -> str:
        """What is wrong, or ""; detections count only where ``enough`` vehicles were seen."""
        settings = self.settings
        low, high = sorted((self._old, self._new))
        if enough and high > settings.max_count_ratio * max(low, 1):
            return f"{self._new} vehicles where the old one sees {self._old}"
        if enough and self._agreement() < settings.min_agreement:
            return f"agreement {self._agreement():.3f} with the old one, under {settings.min_agreement:g}"
        if enough and self._differ() > settings.max_slot_difference:
            return f"{self._differ():.1%} of slot readings differ, over {settings.max_slot_difference:.1%}"
        return self._slowness()

    def _slowness(self) -> str:
        """Whether the new bundle is too slow for its camera, and by far slower than the old one in the same format."""
        settings, old, new = self.settings, median(self._old_s), median(self._new_s)
        if len(self._new_s) < MIN_TIMED_FRAMES or new <= settings.max_period_share * self._period_s:
            return ""
        # Between a float and an INT8 model a factor of two or three is what is expected, and no fault of the student.
        if not self._alike and self._period_s == 0:
            return ""
        if new <= settings.max_slowdown * old or new <= old + NEGLIGIBLE_S:
            return ""
        period = f", every {self._period_s:g} s" if self._period_s else ""
        return f"{1000 * new:.0f} ms a frame{period} where the old one takes {1000 * old:.0f} ms"

    def _agreement(self) -> float:
        total = self._old + self._new
        return 2 * self._same / total if total else 1.0

    def _differ(self) -> float:
        return self._slots_differ / self._slots if self._slots else 0.0

    def _span(self, now: float | None) -> float:
        if self._first is None or self._last is None:
            return 0.0
        return (self._last if now is None else max(now, self._last)) - self._first
