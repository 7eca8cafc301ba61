"""Live, stale, down and stalled, on a clock of the test's own."""

import pytest

from lotwise.cameras.site.sources import RtspSettings
from lotwise.cameras.sources.captured_frame import SourceState
from lotwise.cameras.sources.watchdog import Watchdog

SETTINGS = RtspSettings(kind="rtsp", url="rtsp://camera/stream", stale_s=10, restart_s=20)


@pytest.mark.parametrize(
    ("frames", "due_s", "now", "state", "stalled", "next_s"),
    [
        ([], 0, 5, "down", False, 15),  # still connecting
        ([], 0, 20, "down", True, 0),  # no answer for too long
        ([3], 0, 5, "live", False, 8),
        ([3, 9], 0, 18.9, "live", False, 0.1),
        ([3, 9], 0, 19, "stale", False, 10),
        ([3, 9], 0, 29, "stale", True, 0),
        ([3], 60, 72, "live", False, 1),  # the next snapshot was due after a minute only
        ([3], 60, 73, "stale", False, 10),
    ],
)
def test_judgement(
    frames: list[float], due_s: float, now: float, state: SourceState, stalled: bool, next_s: float
) -> None:
    watch = Watchdog(SETTINGS, due_s, 0.0)
    for frame in frames:
        watch.frame(frame)
    assert (watch.state(now), watch.stalled(now)) == (state, stalled)
    assert watch.next_s(now) == pytest.approx(next_s)


def test_lived_is_from_first_to_last_frame() -> None:
    watch = Watchdog(SETTINGS, 0, 0.0)
    assert watch.lived_s == 0
    watch.frame(5)
    watch.frame(25)
    assert watch.lived_s == 20
