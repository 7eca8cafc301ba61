"""Whoever guesses tokens is slowed and told of; whoever has the right one is not kept out by others."""

from __future__ import annotations

import threading
import time

import pytest

from lotwise.node.http import token_attempts
from lotwise.node.http.token_attempts import DELAY_S, FREE_ATTEMPTS, MAX_WAITING, WINDOW_S, TokenAttempts
from tests.node.http.asking import ask, served
from tests.node.nodes import FakeNode

TOKEN = "0123456789abcdef-secret"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_typing_errors_cost_nothing_and_guessing_does(caplog: pytest.LogCaptureFixture) -> None:
    attempts, clock = TokenAttempts(), Clock()
    attempts = TokenAttempts(clock)
    assert [attempts.wrong("10.0.0.5") for _ in range(FREE_ATTEMPTS)] == [0.0] * FREE_ATTEMPTS
    assert caplog.text == ""
    for _ in range(MAX_WAITING):
        assert attempts.may_try("10.0.0.5")
        assert attempts.wrong("10.0.0.5") == DELAY_S
    assert not attempts.may_try("10.0.0.5")
    assert attempts.may_try("10.0.0.6")
    attempts.answered("10.0.0.5")
    assert attempts.may_try("10.0.0.5")
    assert [record.getMessage() for record in caplog.records] == [
        "HTTP: 11 requests with a wrong token from 10.0.0.5; answers to it are slowed"
    ]


def test_an_address_is_forgotten_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    attempts = TokenAttempts(clock)
    for _ in range(FREE_ATTEMPTS + 1):
        attempts.wrong("10.0.0.5")
    attempts.answered("10.0.0.5")
    clock.now += WINDOW_S + 1
    assert attempts.wrong("10.0.0.5") == 0.0


def test_one_who_goes_on_is_told_of_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    attempts = TokenAttempts(clock)
    for _ in range(130):
        attempts.wrong("10.0.0.5")
        clock.now += 1
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == [11, 61]


def test_all_addresses_of_one_ipv6_network_are_one() -> None:
    attempts = TokenAttempts(Clock())
    for number in range(FREE_ATTEMPTS):
        attempts.wrong(f"2001:db8::{number:x}")
    assert attempts.wrong("2001:db8::ffff") == DELAY_S
    assert attempts.wrong("2001:db8:0:1::1") == 0.0


def test_memory_of_addresses_is_bounded() -> None:
    attempts = TokenAttempts(Clock())
    for number in range(3 * token_attempts.MAX_ADDRESSES):
        attempts.wrong(f"10.0.{number // 256}.{number % 256}")
    assert len(attempts._addresses) == token_attempts.MAX_ADDRESSES


def test_two_hundred_wrong_tokens_over_a_real_connection(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_TOKEN", TOKEN)
    monkeypatch.setattr(token_attempts, "DELAY_S", 1.0)
    right = {"Authorization": f"Bearer {TOKEN}"}
    statuses: list[int] = []
    with served(FakeNode(), token={"env": "NODE_TOKEN"}) as url:

        def guess() -> None:
            for number in range(10):
                statuses.append(ask(f"{url}/api/v1/state", {"Authorization": f"Bearer wrong-{number}"}).status)

        assert ask(f"{url}/api/v1/state").status == 401  # a browser's first request is no attempt
        guessers = [threading.Thread(target=guess) for _ in range(20)]
        began = time.monotonic()
        for guesser in guessers:
            guesser.start()
        assert ask(f"{url}/healthz").status == 200
        for guesser in guessers:
            guesser.join(60)
        took = time.monotonic() - began
        compared = statuses.count(401)
        assert len(statuses) == 200
        assert set(statuses) == {401, 429}
        assert compared <= FREE_ATTEMPTS + MAX_WAITING * (took / 1.0 + 1)
        assert ask(f"{url}/api/v1/state", right).status == 200
    (record,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "wrong token from 127.0.0.1" in record.getMessage()
    assert TOKEN not in caplog.text
