"""How the node stands with its hub, as the operators' page says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lotwise.node.hub_now import HubNow, HubState
from lotwise.node.time_words import duration_words

HUB_WORDS: Mapping[HubState, str] = {
    "starting": "not asked yet",
    "pending": "waits to be accepted",
    "rejected": "rejected",
    "accepted": "linked",
    "away": "away",
}


@dataclass(frozen=True)
class HubLine:
    """How the node stands with its hub.

    Attributes:
        state: in words. why: what is wrong or what to do; empty where all is well.
        last: when the hub last answered, in words.
        frames: what has left for it and what waits, in words.
    """

    url: str
    state: str
    why: str
    last: str
    frames: str


def hub_line(now: HubNow | None) -> HubLine | None:
    """The link to the hub in words; None where the node has none."""
    if now is None:
        return None
    last = "never" if now.answered is None else _age_words(now.answered)
    frames = "no frame may leave"
    if now.frames_allowed:
        sent, left = now.frames_sent, now.bytes_left / 1e6
        frames = f"{sent} frame{'s' * (sent != 1)} sent since the start, {now.frames_waiting} wait"
        frames += f", {left:.1f} MB may leave today" if now.state == "accepted" else ""
    return HubLine(now.url, HUB_WORDS[now.state], now.why, last, frames)


def _age_words(moment: datetime) -> str:
    return f"{duration_words((datetime.now(UTC) - moment).total_seconds())} ago"
