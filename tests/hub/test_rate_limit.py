"""So many requests at once, and so many a second over a longer time."""

from lotwise.hub.rate_limit import BURST_S, RateLimit


def test_a_burst_is_answered_and_then_so_many_a_second() -> None:
    now = [0.0]
    limit = RateLimit(2.0, lambda: now[0])
    burst = int(2.0 * BURST_S)
    assert [limit.wait_s("north") for _ in range(burst)] == [0.0] * burst
    assert limit.wait_s("north") == 0.5
    assert limit.wait_s("south") == 0.0, "each has its own"
    now[0] = 0.5
    assert limit.wait_s("north") == 0.0
    assert limit.wait_s("north") == 0.5


def test_not_everybody_who_ever_asked_is_remembered(monkeypatch) -> None:
    monkeypatch.setattr("lotwise.hub.rate_limit.MAX_KNOWN", 2)
    limit = RateLimit(0.01)
    assert [limit.wait_s(asker) for asker in ("a", "b", "c", "a")] == [0.0] * 4, "a was forgotten"
    assert limit.wait_s("c") > 0
