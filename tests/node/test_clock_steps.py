"""A machine's clock that is set is noticed, and one that is slewed is not taken for it."""

from datetime import UTC, datetime, timedelta

from lotwise.node.clock_steps import ClockSteps

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_only_jumps_are_steps() -> None:
    wall, steady = [1_000_000.0], [50.0]
    steps = ClockSteps(lambda: wall[0], lambda: steady[0])

    def pass_time(seconds: float, set_by: float = 0.0) -> tuple[datetime, datetime] | None:
        wall[0], steady[0] = wall[0] + seconds + set_by, steady[0] + seconds
        return steps.step()

    assert pass_time(5) is None
    assert pass_time(3600, set_by=0.5) is None  # slewed
    before, after = pass_time(5, set_by=-3600) or (EPOCH, EPOCH)
    assert after == datetime.fromtimestamp(wall[0], UTC)
    assert timedelta(seconds=3599) < before - after < timedelta(seconds=3601)
    assert pass_time(5) is None  # told once
    before, after = pass_time(1, set_by=7200) or (EPOCH, EPOCH)
    assert after - before == timedelta(seconds=7200)
