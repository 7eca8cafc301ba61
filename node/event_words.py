"""Events as lines of the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import get_args

from lotwise.cameras.view.report import Verdict
from lotwise.node.state import Event
from lotwise.node.time_words import local_time

BAD_VIEWS = {*get_args(Verdict)} - {"good"}
WARNED_STATES = BAD_VIEWS | {"stale", "down", "failed", "decision wanted", "none", "refused", "rolled back", "retrain"}
WARNED_STATES |= {"boards lost"}
"""States of a source, a view or a bundle that somebody should look into: logged as warnings, all others as
information."""
PLACES_NAMED = 8
"""Places that a line names; of a turned camera there are dozens."""


def event_line(event: Event) -> str:
    """One event."""
    why = event.details.get("why") or ""
    what = " ".join(word for word in (event.subject, event.camera, event.name) if word)
    return f"{what}: {event.before or '-'} -> {event.after}{f' ({why})' if why else ''}"


def disagreement_lines(events: Iterable[Event]) -> Iterator[tuple[str, bool]]:
    """Disagreements among some events, one line for all places on which the same cameras contradict each other.

    Yields:
        The line, and whether the disagreement lasts.
    """
    groups: dict[tuple[tuple[str, ...], str, str], list[Event]] = {}
    for event in events:
        if event.subject == "disagreement":
            said = event.details.get("cameras")
            cameras = tuple(said) if isinstance(said, dict) else ()
            groups.setdefault((cameras, event.after, str(event.details.get("why") or "")), []).append(event)
    for (cameras, after, why), found in groups.items():
        names = [event.name for event in found]
        more = f" and {len(names) - PLACES_NAMED} more" if len(names) > PLACES_NAMED else ""
        which = f"place{'s' * (len(names) > 1)} {', '.join(names[:PLACES_NAMED])}{more}"
        if after == "over":
            yield f"{which}: the cameras agree again", False
        else:
            since = min(datetime.fromisoformat(str(event.details["since"])) for event in found)
            yield f"{which}: {' and '.join(cameras)} contradict each other since {local_time(since)}; {why}", True
