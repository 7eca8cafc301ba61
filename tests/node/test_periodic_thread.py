"""Work that fails, that says when it is to be done again, and that is closed."""

from __future__ import annotations

import logging
import threading

import pytest

from lotwise.datasets.errors import InputError
from lotwise.node.periodic_thread import PeriodicThread
from tests.node.mqtt.brokers import until

LONG_S = 3600.0


def test_work_goes_on_after_failures_and_each_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    failures = [InputError("a.csv: no rows"), InputError("a.csv: no rows"), ValueError("odd"), ValueError("odd"), None]
    failures += [InputError("a.csv: no rows")]
    done = []

    def work() -> None:
        done.append(0)
        failure = failures[len(done) - 1] if len(done) <= len(failures) else None
        if failure is not None:
            raise failure

    with caplog.at_level(logging.WARNING):
        thread = PeriodicThread("work", work, 0.001, 0.0, failing="nothing is told")
        thread.start()
        until(lambda: len(done) > len(failures), "it goes on")
        assert thread.close()
    told = [record.getMessage() for record in caplog.records]
    # Once more after it had worked in between.
    assert told == ["nothing is told: a.csv: no rows", "nothing is told", "nothing is told: a.csv: no rows"]
    assert [record.exc_info is not None for record in caplog.records] == [False, True, False]


def test_the_first_time_waits_and_work_says_when_the_next_one_is() -> None:
    times: list[float | None] = [0.0, 0.0, LONG_S]
    done = threading.Event()

    def work() -> float | None:
        pause = times.pop(0)
        if not times:
            done.set()
        return pause

    waiting = PeriodicThread("waits", work, LONG_S, LONG_S, failing="")
    waiting.start()
    assert not done.wait(0.05) and waiting.close() and len(times) == 3
    thread = PeriodicThread("works", work, LONG_S, 0.0, failing="")
    thread.start()
    assert done.wait(60) and not times
    assert thread.close() and thread.close()


def test_work_that_does_not_end_is_left_behind_and_sees_that_it_is_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lotwise.node.periodic_thread.CLOSE_TIMEOUT_S", 0.01)
    began, go_on = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        go_on.wait(60)

    thread = PeriodicThread("long", work, LONG_S, 0.0, failing="")
    assert thread.close(), "one that never began has ended"
    thread = PeriodicThread("long", work, LONG_S, 0.0, failing="")
    thread.start()
    assert began.wait(60)
    assert not thread.close() and thread.stop.is_set()
    go_on.set()
    until(thread.close, "it ends")
