"""The page says how the node stands with its hub."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.node.http.hub_line import hub_line
from lotwise.node.http.page import page
from lotwise.node.hub_now import HubNow
from tests.node.nodes import camera, lot

URL = "https://hub.example.org"
WAITS = "waits to be accepted: run on the hub: lotwise hub accept 3f9a0c; the fingerprint there must be 3f9a0c"


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (HubNow(URL), "not asked yet, last answer never; no frame may leave"),
        (HubNow(URL, "pending", WAITS), f"waits to be accepted, last answer never; no frame may leave; {WAITS}"),
        (
            HubNow(URL, "accepted", frames_allowed=True, frames_sent=1, frames_waiting=3, bytes_left=48_500_000),
            "linked, last answer never; 1 frame sent since the start, 3 wait, 48.5 MB may leave today",
        ),
        (
            HubNow(URL, "away", "it does not answer", frames_allowed=True, frames_sent=12),
            "away, last answer never; 12 frames sent since the start, 0 wait; it does not answer",
        ),
    ],
)
def test_state_last_answer_and_frames(now: HubNow, says: str) -> None:
    line = hub_line(now)
    assert line is not None
    assert f"{line.state}, last answer {line.last}; {line.frames}" + (f"; {line.why}" if line.why else "") == says


def test_the_last_answer_is_so_long_ago() -> None:
    line = hub_line(HubNow(URL, "away", answered=datetime.now(UTC) - timedelta(minutes=5, seconds=1)))
    assert line is not None
    assert line.last == "5 min ago"


def test_a_page_without_a_hub_says_nothing_of_one() -> None:
    now = lot([camera()])
    assert "<h2>Hub</h2>" not in page(now, (), None)
    shown = page(replace(now, hub=HubNow(URL, "pending", WAITS)), (), None)
    assert "<h2>Hub</h2>" in shown and WAITS in shown and "waits to be accepted</span>" in shown
