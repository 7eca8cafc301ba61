"""Events of a camera's slots and of its source, as they are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lotwise.cameras.slots.state import SlotChange
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.node.offload_now import OffloadNow
from lotwise.node.state import Event


def source_events(camera: str, before: SourceHealth, now: SourceHealth, moment: datetime) -> list[Event]:
    """That a source has come or gone, where it has."""
    if now.state == before.state:
        return []
    return [Event(moment, "camera", camera, "source", before.state, now.state, {"why": now.why})]


def slot_events(
    camera: str, changes: Sequence[SlotChange], moment: datetime, offload: OffloadNow | None
) -> tuple[Event, ...]:
    """An event of each change; of what was read also who has read it, where there are two who may.

    Args:
        camera: its id.
        changes: of its slots.
        moment: of the frame.
        offload: who has read the last frame; None where the camera's own student reads all.
    """
    by: dict[str, object] = {}
    if offload is not None and offload.last:
        by = {"read_by": offload.last, "bundle": offload.last_bundle}
    return tuple(
        Event(moment, "slot", camera, change.slot, change.before.state, change.after.state, _details(change, by))
        for change in changes
    )


def _details(change: SlotChange, by: dict[str, object]) -> dict[str, object]:
    after = change.after
    details: dict[str, object] = {"since": after.since.isoformat(), "score": round(after.score, 4), "why": after.why}
    return details if after.state == "unknown" else details | by
