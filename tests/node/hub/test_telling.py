"""The log says each thing once."""

import logging

import pytest

from lotwise.node.hub.telling import Telling


def test_a_line_is_said_again_only_once_it_has_changed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hub")
    telling = Telling(logging.getLogger("hub"), "hub h")
    telling.warn("failed", "the clock is 400 s behind")
    telling.warn("failed", "the clock is 401 s behind")
    telling.note("enrolment", "accepted")
    telling.warn("failed", "it does not answer")
    telling.over("failed")
    telling.warn("failed", "it does not answer")
    assert caplog.messages == [
        "hub h: the clock is 400 s behind",
        "hub h: accepted",
        "hub h: it does not answer",
        "hub h: it does not answer",
    ]
