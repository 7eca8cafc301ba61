"""What the soak must notice, on soaks that were made up."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.soak.faults import KINDS, schedule
from benchmarks.soak.report import Soak, checks, figures
from benchmarks.soak.samples import Sample

CAMERAS = ("C1", "C2")


def made_up(grows_mb: float = 0.0, **changed: object) -> Soak:
    """Half an hour in which memory grows by so much an hour, and sways with the decoders that are killed."""
    samples = tuple(
        Sample(
            seconds=5.0 * i, node_mb=400 + grows_mb * i / 720, children_mb=100.0 - 30 * (i % 7 == 0), threads=30,
            files=27, children=10, cpu_s=0.4 * i, looked=dict.fromkeys(CAMERAS, 5 * i), detected=i, live=2, unknown=0.1,
            journal_mb=1, undelivered=0,
        )
        for i in range(360)
    )  # fmt: skip
    soak = Soak(
        seconds=1800, calm_s=60, period_s=1, cameras=CAMERAS, faults=(), samples=samples, crash="", exit_code=0, left=0,
        cold_s=5, warm_s=2, told_s=3, last_event=4, numbers=(1, 2, 3, 2, 3, 4), asked=9, unanswered=(), bundle_events=0,
        log=("WARNING camera C1 source: live -> down",),
    )  # fmt: skip
    return replace(soak, **changed)  # type: ignore[arg-type]


def ends_with_threads(count: int) -> Soak:
    soak = made_up()
    return replace(soak, samples=(*soak.samples[:-12], *(replace(one, threads=count) for one in soak.samples[-12:])))


def failed(soak: Soak) -> list[str]:
    return [one.name for one in checks(soak) if not one.holds]


@pytest.mark.parametrize(
    ("soak", "expected"),
    [
        (made_up(), []),
        (made_up(grows_mb=3), []),  # under 5 MB an hour
        (made_up(grows_mb=60), ["memory of all flat", "memory of the node's process flat"]),
        (made_up(numbers=(1, 2, 4)), ["every event, in order"]),  # one is lost
        (made_up(numbers=(2, 1, 2, 3, 4)), []),  # told again from an earlier one on
        (made_up(numbers=(1, 3, 2, 3, 4)), ["every event, in order"]),  # one came too early
        (made_up(last_event=5), ["every event, in order"]),  # the last one never came
        (made_up(exit_code=-9, left=1), ["stops in order, leaves nobody"]),
        (made_up(unanswered=("/metrics: 500",)), ["every request answered"]),
        (made_up(log=("ERROR camera C1: looking at it failed",)), ["no error in the log"]),
        (made_up(warm_s=3.5), ["first detection within 3 s"]),
        (made_up(crash="the node ended"), ["no crash"]),
        (ends_with_threads(33), []),  # a bundle is on probation at the end
        (ends_with_threads(36), ["no more threads"]),
    ],
)
def test_checks(soak: Soak, expected: list[str]) -> None:
    assert failed(soak) == expected


def test_what_is_left_at_the_end_is_noticed() -> None:
    soak = made_up()
    late = [replace(one, threads=40, files=50, children=12, live=1) for one in soak.samples[-12:]]
    still = [replace(one, looked={**one.looked, "C2": soak.samples[-12].looked["C2"]}) for one in late]
    worse = replace(soak, samples=(*soak.samples[:-12], *still))
    assert failed(worse) == [
        "no more threads", "no more file descriptors", "no more child processes", "all cameras live again",
        "all keep their rate",
    ]  # fmt: skip


@pytest.mark.parametrize("left", [0, 1])
def test_a_machine_too_busy_to_be_sampled_at_the_end_still_gets_its_report(left: int) -> None:
    soak = made_up()
    end = soak.seconds - soak.calm_s
    before = [one for one in soak.samples if one.seconds < end]
    assert "all keep their rate" in failed(replace(soak, samples=(*before, *soak.samples[len(soak.samples) - left :])))


def test_figures() -> None:
    found = figures(made_up(grows_mb=36))
    assert found["growth of the node's process, MB/h"] == pytest.approx(36)
    assert found["CPU a frame looked at, ms"] == pytest.approx(40)
    assert found["events told twice"] == 2


@pytest.mark.parametrize("seed", range(5))
def test_schedule(seed: int) -> None:
    faults = schedule(CAMERAS, 60, 1740, seed)
    assert {fault.kind for fault in faults} == set(KINDS)
    assert all(60 <= fault.begin_s <= fault.end_s <= 1740 for fault in faults)
    for kind in KINDS:
        assert all(a.end_s < b.begin_s for a, b in pairwise(fault for fault in faults if fault.kind == kind))
    assert faults == schedule(CAMERAS, 60, 1740, seed)
