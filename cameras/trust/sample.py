"""One sampled frame as it is kept: the signals of it, and what the node knew beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lotwise.cameras.trust.signals.frame_signals import SIGNALS


@dataclass(frozen=True)
class Sample:
    """One sampled frame of a camera.

    Attributes:
        taken: when.
        signals: by name; empty where the view was not good, as nothing was measured then.
        view: verdict of view health, ``good`` or what is wrong.
        bundle: identity of the bundle that was judged.
        vehicles: how many were reported.
        unknown: share of the slots whose state nobody knew, 0..1.
        flicker: changes taken back within minutes, of each slot and hour since the sample before; None where nobody
            counted.
        jitter, missed: how steadily parked cars were seen, as of :class:`Steadiness`; None where nothing stood.
        compared: how often one of its slots was compared with other cameras that see the same place, since the sample
            before. differed: of these, how often another said something else.
        teacher: share of slots that the teacher reads otherwise on this frame; None where it was not asked.
    """

    taken: datetime
    signals: Mapping[str, float] = field(default_factory=dict)
    view: str = "good"
    bundle: str = ""
    vehicles: int = 0
    unknown: float = 0.0
    flicker: float | None = None
    jitter: float | None = None
    missed: float | None = None
    teacher: float | None = None
    compared: int = 0
    differed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded; what is not known is left out."""
        content: dict[str, Any] = {
            "taken": self.taken.isoformat(),
            "view": self.view,
            "bundle": self.bundle,
            "vehicles": self.vehicles,
            "unknown": round(self.unknown, 4),
        }
        for name in ("flicker", "jitter", "missed", "teacher"):
            value = getattr(self, name)
            if value is not None:
                content[name] = round(value, 5)
        if self.compared:
            content |= {"compared": self.compared, "differed": self.differed}
        known = {name: round(value, 5) for name, value in self.signals.items() if value == value}
        return content | ({"signals": known} if known else {})

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> Sample:
        """What :meth:`to_json` wrote; signals of other versions are left out.

        Raises:
            KeyError, TypeError, ValueError: it did not write this.
        """
        optional = {
            name: float(content[name]) for name in ("flicker", "jitter", "missed", "teacher") if name in content
        }
        signals = {name: float(value) for name, value in content.get("signals", {}).items() if name in SIGNALS}
        return Sample(
            datetime.fromisoformat(content["taken"]),
            signals,
            str(content["view"]),
            str(content["bundle"]),
            int(content["vehicles"]),
            float(content["unknown"]),
            **optional,
            compared=int(content.get("compared", 0)),
            differed=int(content.get("differed", 0)),
        )
