"""States in words that people at a car park read."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import Verdict, ViewReport
from lotwise.node.time_words import local_time
from lotwise.node.wording import VERDICT_WORDS, cause, problem, reason
from tests.node.nodes import NOON, camera

DOWN = SourceHealth("down", NOON, "connection refused")


def test_every_verdict_of_a_view_has_words() -> None:
    assert set(VERDICT_WORDS) == set(get_args(Verdict))


@pytest.mark.parametrize(
    ("source", "view", "says"),
    [
        (None, ViewReport("good"), ""),
        (None, ViewReport("black"), "the picture is black"),
        (None, ViewReport("moved", "by +9.0% of the width"), "the camera has moved: by +9.0% of the width"),
        (DOWN, ViewReport("black", "mean 2 of 255"), f"camera down since {local_time(NOON)}: connection refused"),
        (replace(DOWN, state="stale", why=""), ViewReport("good"), f"no new picture since {local_time(NOON)}"),
    ],
)
def test_what_is_wrong_with_a_camera(source: SourceHealth | None, view: ViewReport, says: str) -> None:
    now = camera(source=source, view=view)
    assert cause(now) == says
    assert cause(now).startswith(problem(now))


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("hidden", "hidden behind a vehicle"),
        ("down", "no connection to the camera"),
        ("black", "the picture is black"),
        ("ended", "the recording was read to its end"),
        ("something new", "something new"),
    ],
)
def test_why_a_slot_is_unknown(why: str, says: str) -> None:
    assert reason(why) == says
