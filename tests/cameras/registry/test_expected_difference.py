"""A retrained bundle may differ from the one it replaces as it did when the teacher judged both, and from no other."""

from typing import Any

from lotwise.cameras.detection.bundle import Manifest
from lotwise.cameras.registry.expected_difference import AGAINST_LIVE, Difference, difference, expecting
from lotwise.cameras.registry.shadow import ShadowRun
from lotwise.cameras.site.swap import SwapSettings
from lotwise.datasets.frame import Detections

OLD = "a" * 16
QUICK = SwapSettings(shadow_share=1, shadow_frames=3, shadow_s=0, min_vehicles=2)
MANY = Detections.of([[10 * at, 0, 10 * at + 8, 8] for at in range(8)], [0.9] * 8)
FEW = Detections.of([[0, 0, 8, 8]], [0.9])


def manifest(said: Any) -> Manifest:
    return Manifest.model_construct(measured={AGAINST_LIVE: said})


def outcome(settings: SwapSettings) -> str:
    """Of a new bundle that sees eight cars in a fog in which the old one sees a single one."""
    run = ShadowRun(settings, "shadow", "b" * 16)
    for second in range(3):
        run.compare(float(second), FEW, MANY, 0.1, 0.1)
    return run.verdict()[0]


def test_what_was_measured_is_allowed_against_that_bundle_alone() -> None:
    apart = difference(OLD, [(FEW, MANY)] * 4, [("free", "occupied")] * 3 + [("free", "free"), ("unknown", "free")])
    assert (apart.frames, apart.slots_differ, apart.count_ratio) == (4, 0.75, 8.0)
    assert apart.agreement == round(2 / 9, 4)
    assert outcome(QUICK) == "refuse"
    assert outcome(expecting(QUICK, manifest(apart.to_json()), OLD)) == "accept"
    assert expecting(QUICK, manifest(apart.to_json()), "c" * 16) == QUICK


def test_a_new_bundle_that_was_alike_is_held_to_the_settings() -> None:
    alike = Difference(OLD, 4, 0.97, 0.01, 1.02)
    assert expecting(QUICK, manifest(alike.to_json()), OLD) == QUICK


def test_where_the_old_bundle_sees_nothing_at_all() -> None:
    apart = difference(OLD, [(Detections.empty(), MANY)], [])
    assert (apart.agreement, apart.slots_differ, apart.count_ratio) == (0.0, 0.0, 8.0)
    assert difference(OLD, [], []).agreement == 1.0


def test_what_another_version_wrote_changes_nothing() -> None:
    assert expecting(QUICK, None, OLD) == QUICK
    for said in (None, {"live": OLD}, {"live": OLD, "agreement": 0.5, "more": 1}, "text"):
        assert expecting(QUICK, manifest(said), OLD) == QUICK
