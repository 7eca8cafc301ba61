"""Who reads the next frame: the rule alone, on a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from lotwise.node.offloading import rule
from lotwise.node.offloading.rule import State, choose, limit_s


@dataclass
class Camera:
    """One camera with a neighbour that answers after ``there_s``; None where it is away.

    Attributes:
        here_s: seconds that its own student takes.
        period_s: between two frames.
        readers: who read each frame so far. sent: frames that left.
        worst_s: longest time from a frame to its result.
    """

    here_s: float
    there_s: float | None
    period_s: float
    state: State = field(default_factory=State)
    now: float = 0.0
    readers: list[str] = field(default_factory=list)
    sent: int = 0
    worst_s: float = 0.0

    def frames(self, count: int) -> str:
        """Who read each of the next frames, as letters: n for the neighbour, l for the own student."""
        begun = len(self.readers)
        for _ in range(count):
            self.frame()
        return "".join(reader[0] for reader in self.readers[begun:])

    def frame(self) -> None:
        began, reader = self.now, "local"
        choice = choose(self.state, self.now, self.period_s)
        limit = limit_s(self.state, self.period_s)
        if choice.reader == "neighbour":
            assert limit is not None
            reader = self._ask(limit)
        elif choice.trial:
            self.sent += 1
            if self.there_s is None:
                self.state = rule.failed(self.state, self.now, "nothing listens there")
            else:
                self.state = rule.answered(self.state, self.now, self.there_s, self.period_s, trial=True)
        if reader == "local":
            self.now += self.here_s
            self.state = rule.read_here(self.state, self.now, self.here_s)
        self.readers.append(reader)
        self.worst_s = max(self.worst_s, self.now - began)
        self.now = max(self.now, began + self.period_s)

    def _ask(self, limit: float) -> str:
        self.sent += 1
        if self.there_s is None:
            self.state = rule.failed(self.state, self.now, "nothing listens there")
            return "local"
        self.now += min(self.there_s, limit)
        in_time = self.there_s <= limit
        if not in_time:
            self.state = rule.late(self.state, self.now)
        self.state = rule.answered(self.state, self.now, self.there_s, self.period_s)
        return "neighbour" if in_time else "local"


@pytest.mark.parametrize(
    ("here_s", "there_s", "period_s", "reader"),
    [
        (0.3, 0.1, 0.0, "n"),  # as fast as it goes, and the neighbour is quicker
        (0.1, 0.3, 0.0, "l"),  # as fast as it goes, and it is slower
        (0.1, 0.09, 0.0, "l"),  # a little quicker, which a little more load would turn round
        (0.1, 0.3, 1.0, "n"),  # slower, but in time: this machine has less to do, by a student that may be better
        (0.3, 0.65, 1.0, "l"),  # in time, but with nothing to spare for reading it here after all
        (0.8, 0.5, 1.0, "n"),  # this machine cannot read it in time after waiting, and is slower itself
        (1.5, 1.0, 1.0, "n"),  # neither keeps the period
        (1.5, 1.0, 0.0, "n"),
        (0.1, 5.0, 60.0, "l"),  # a slot's change is told within seconds, however seldom frames come
        (0.1, 2.0, 60.0, "n"),
    ],
)
def test_the_neighbour_reads_where_that_pays(here_s: float, there_s: float, period_s: float, reader: str) -> None:
    camera = Camera(here_s, there_s, period_s)
    assert set(camera.frames(40)[-20:]) == {reader}


def test_the_first_frames_are_read_here_and_some_are_sent_on_trial() -> None:
    assert Camera(0.2, 0.05, 1.0).frames(8) == "l" * (rule.LOCAL_FRAMES + rule.TRIALS) + "nn"


def test_away_in_mid_run_no_frame_is_lost_and_back_again_it_reads() -> None:
    camera = Camera(0.2, 0.05, 1.0)
    camera.frames(20)
    camera.there_s = None
    assert camera.frames(30) == "l" * 30
    assert camera.worst_s < 1.0
    camera.there_s = 0.05
    assert camera.frames(120)[-1] == "n"


def test_slow_in_mid_run_two_frames_wait_and_no_more() -> None:
    camera = Camera(0.2, 0.05, 1.0)
    camera.frames(20)
    camera.there_s = 2.0
    sent = camera.sent
    assert camera.frames(8) == "l" * 8
    assert camera.sent - sent == rule.LATE_IN_A_ROW
    assert camera.worst_s == pytest.approx(0.8 + 0.2)  # it waited as long as its period allowed, and then read here


def test_who_is_away_for_long_is_asked_ever_more_seldom_but_within_a_minute() -> None:
    camera = Camera(0.2, None, 1.0)
    camera.frames(600)
    sent = camera.sent
    camera.frames(600)
    assert 8 <= camera.sent - sent <= 12
    camera.there_s = 0.05
    assert camera.frames(70)[-1] == "n"


def test_who_is_slow_for_long_costs_few_bytes() -> None:
    camera = Camera(0.2, 3.0, 1.0)
    camera.frames(3600)
    assert camera.sent <= 12


def test_some_late_answers_do_not_turn_it_and_many_do() -> None:
    for share, readers in ((0.1, {"neighbour"}), (0.45, {"local"})):
        camera, chance = Camera(0.2, 0.05, 1.0), np.random.default_rng(3)
        camera.frames(20)
        at_end = []
        for _ in range(40):
            camera.there_s = 1.5 if chance.random() < share else 0.3
            camera.frame()
            at_end.append(camera.state.reader)
        assert readers <= set(at_end)
        assert ("local" in at_end) == (share > 0.2)


def test_at_the_very_limit_it_does_not_go_back_and_forth() -> None:
    """A neighbour whose time lies now over and now under what is of use."""
    camera, chance = Camera(0.2, 0.8, 1.0), np.random.default_rng(5)
    for _ in range(3600):
        camera.there_s = float(chance.normal(0.75, 0.1))
        camera.frame()
    turns = sum(a != b for a, b in zip(camera.readers, camera.readers[1:], strict=False))
    assert turns < 40  # in an hour, of 3600 frames


def test_its_own_time_stays_known_while_the_neighbour_reads() -> None:
    camera = Camera(0.2, 0.05, 1.0)
    camera.frames(20)
    readers = camera.frames(int(3 * rule.LOCAL_EVERY_S))
    assert readers.count("l") in (2, 3)


def test_a_refusal_that_asks_for_time_gets_it() -> None:
    state = rule.failed(State(), 100.0, "too many wrong tokens", 30.0)
    assert state.asked_again >= 130.0


def test_an_answer_that_comes_after_it_was_let_go_mends_nothing() -> None:
    camera = Camera(0.2, 0.05, 1.0)
    camera.frames(20)
    state = rule.late(rule.late(camera.state, camera.now), camera.now)
    assert state.reader == "local"
    after = rule.answered(state, camera.now + 2, 3.0, 1.0)
    assert (after.reader, after.asked_again, after.trials) == ("local", state.asked_again, 0)


@pytest.mark.parametrize(
    ("there_s", "line"),
    [
        (0.05, "the neighbour reads: it answers within 50 ms of the 800 ms it has, it would take 200 ms here"),
        (
            2.0,
            "reads here, as the neighbour takes 2.0 s, 800 ms would be of use; it takes 200 ms here; asked again after",
        ),
        (None, "reads here, as the neighbour does not answer (nothing listens there); asked again after"),
    ],
)
def test_what_is_done_and_why_is_one_line(there_s: float | None, line: str) -> None:
    camera = Camera(0.2, there_s, 1.0)
    assert rule.describe(camera.state, 0.0, 1.0) == "reads here, to know how long that takes"
    camera.frames(20)
    said = rule.describe(camera.state, camera.now, 1.0)
    assert said.startswith(line) and "\n" not in said
