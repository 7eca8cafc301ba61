"""Frames that are new are kept within their budget, with the reason; what looks like them is not kept again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lotwise.cameras.trust.new_frames import NewFrames, new_frames, newness_reasons
from lotwise.cameras.trust.prior import PRIOR
from lotwise.cameras.trust.reference import TrustReference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import SIGNALS
from lotwise.datasets.frame import Image

USUAL = dict.fromkeys(SIGNALS, 0.0)
REFERENCE = TrustReference(usual=USUAL, weights={"faint boxes": 0.1}, offset=0.05, radius=0.1)
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def picture(seed: int) -> Image:
    blocks = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    return np.kron(blocks, np.ones((20, 20, 1), np.uint8))


def test_what_is_new_is_named() -> None:
    assert newness_reasons(Sample(NOON, USUAL), REFERENCE) == ()
    faint = {**USUAL, "faint boxes": 5 * PRIOR.spread["faint boxes"], "light": 2.0}
    assert newness_reasons(Sample(NOON, faint), REFERENCE) == ("new light", "many faint boxes", "low accuracy")
    assert newness_reasons(Sample(NOON, faint, view="moved"), REFERENCE) == ()


def test_new_frames_are_kept_once_and_listed(tmp_path: Path) -> None:
    kept = NewFrames(tmp_path, "C1", 10)
    assert kept.offer(picture(0), NOON, ("new light",))
    assert not kept.offer(picture(0), NOON + timedelta(hours=1), ("new light",))
    assert not kept.offer(picture(1), NOON, ())
    assert kept.offer(picture(1), NOON + timedelta(hours=2), ("low accuracy",))
    found = new_frames(tmp_path, "C1")
    assert [frame.why for frame in found] == [("new light",), ("low accuracy",)]
    assert [frame.taken for frame in new_frames(tmp_path, "C1", NOON + timedelta(hours=1))] == [found[1].taken]
    assert new_frames(tmp_path, "C2") == []
    # A restart knows what was kept before.
    assert not NewFrames(tmp_path, "C1", 10).offer(picture(1), NOON + timedelta(hours=3), ("new light",))


def test_the_budget_holds(tmp_path: Path) -> None:
    size = NewFrames(tmp_path / "one", "C1", 10)
    size.offer(picture(0), NOON, ("new light",))
    kept = NewFrames(tmp_path / "few", "C1", 2.5 * size.bytes / 1e6)
    for seed in range(6):
        kept.offer(picture(seed), NOON + timedelta(minutes=seed), ("new light",))
    on_disk = sum(file.stat().st_size for file in (tmp_path / "few" / "C1").glob("*.jpg"))
    assert on_disk == kept.bytes <= 2.5 * size.bytes
    assert len(new_frames(tmp_path / "few", "C1")) == kept.count
    assert not NewFrames(tmp_path / "none", "C1", 0).offer(picture(0), NOON, ("new light",))


def test_two_frames_of_one_second_are_both_listed(tmp_path: Path) -> None:
    kept = NewFrames(tmp_path, "C1", 10)
    assert kept.offer(picture(0), NOON, ("new light",))
    assert kept.offer(picture(1), NOON, ("low accuracy",))
    assert sorted(frame.why for frame in new_frames(tmp_path, "C1")) == [("low accuracy",), ("new light",)]
