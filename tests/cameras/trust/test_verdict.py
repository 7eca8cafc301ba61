"""The verdict is one plain word with an estimate, an interval and reasons that a person understands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.cameras.site.trust import TrustSettings
from lotwise.cameras.trust.days import camera_days
from lotwise.cameras.trust.drift import drifts, in_words
from lotwise.cameras.trust.prior import PRIOR
from lotwise.cameras.trust.reference import TrustReference, usual_reference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import SIGNALS
from lotwise.cameras.trust.verdict import verdict

USUAL = dict.fromkeys(SIGNALS, 0.0)
REFERENCE = TrustReference(
    frames=5, usual=USUAL, weights={"faint boxes": 0.1, "contrast": 0.05}, offset=0.1, radius=0.05
)
SETTINGS = TrustSettings()
START = datetime(2026, 11, 3, 8, tzinfo=UTC)


def sample(minutes: float = 0, **worse: float) -> Sample:
    """A sample in which signals are so many spreads worse than usual; their names with _ for a space."""
    signals = {
        **USUAL,
        **{name.replace("_", " "): PRIOR.spread[name.replace("_", " ")] * by for name, by in worse.items()},
    }
    return Sample(START + timedelta(minutes=minutes), signals, bundle="b")


def test_a_usual_day_is_good_and_says_so() -> None:
    found = verdict([sample()] * 4, REFERENCE, SETTINGS)
    assert found.word == "good"
    assert found.accuracy == pytest.approx(0.99)
    assert found.low is not None and found.high is not None and found.low < 0.99 < found.high
    assert found.reasons == ("all signals are as on the days it learned from",)


def test_a_worse_day_is_watched_and_a_bad_one_wants_retraining() -> None:
    worse = verdict([sample(faint_boxes=1.7)] * 4, REFERENCE, SETTINGS)
    assert worse.word == "watch" and worse.reasons == (SIGNALS["faint boxes"],)
    bad = verdict([sample(faint_boxes=3, contrast=4)] * 4, REFERENCE, SETTINGS)
    assert bad.word == "retrain" and bad.accuracy is not None and bad.accuracy < 0.8
    assert bad.reasons == (SIGNALS["faint boxes"], SIGNALS["contrast"])


def test_what_nobody_can_know_is_not_told() -> None:
    assert verdict([], REFERENCE, SETTINGS).word == "cannot tell"
    unlearned = verdict([sample()] * 4, REFERENCE.model_copy(update={"usual": {}}), SETTINGS)
    assert unlearned.word == "cannot tell" and "usual signals" in unlearned.reasons[0]
    few = verdict([sample()] * 2, REFERENCE, SETTINGS)
    assert few.word == "cannot tell" and few.reasons == ("2 sampled frames, 3 are wanted",)
    moved = [Sample(START, view="moved")] * 5
    turned = verdict([sample()] * 3 + moved, REFERENCE, SETTINGS)
    assert turned.word == "cannot tell" and "moved on 5 of 8 frames" in turned.reasons[0]
    assert "slots anew" in turned.reasons[0]
    wide = verdict([sample(faint_boxes=5)] * 4, REFERENCE.model_copy(update={"radius": 0.5}), SETTINGS)
    assert wide.word == "cannot tell" and "anywhere from" in wide.reasons[0]


def test_the_teachers_word_outweighs_the_signals() -> None:
    looked = [replace(sample(), teacher=0.3) for _ in range(8)]
    found = verdict(looked, REFERENCE, SETTINGS)
    assert found.word == "retrain" and found.looked == 8
    assert found.reasons[0] == "the teacher agrees with 70% of the slots on 8 frames"


def test_unknown_and_flickering_slots_want_an_eye() -> None:
    unknown = verdict([replace(sample(), unknown=0.5)] * 4, REFERENCE, SETTINGS)
    assert unknown.word == "watch" and "50% of the slots are unknown" in unknown.reasons
    flickering = verdict([replace(sample(), flicker=1.5)] * 4, REFERENCE, SETTINGS)
    assert flickering.word == "watch" and "1.5 times an hour" in flickering.reasons[0]


def test_cameras_that_contradict_it_want_an_eye() -> None:
    contradicted = [replace(sample(), compared=20, differed=3)] * 4
    found = verdict(contradicted, REFERENCE, SETTINGS)
    assert found.word == "watch" and found.accuracy == pytest.approx(0.99)
    assert found.reasons == ("other cameras that see its places say otherwise in 15% of 80 comparisons",)
    seldom = [replace(sample(), compared=20, differed=1)] * 4
    few = [replace(sample(), compared=7, differed=7)] * 4
    assert verdict(seldom, REFERENCE, SETTINGS).word == verdict(few, REFERENCE, SETTINGS).word == "good"
    bad = [replace(sample(faint_boxes=3, contrast=4), compared=20, differed=10)] * 4
    assert verdict(bad, REFERENCE, SETTINGS).word == "retrain"


def test_a_bundle_without_its_own_fit_is_judged_by_other_cameras() -> None:
    found = verdict([sample()] * 4, usual_reference(USUAL), SETTINGS)
    assert found.word != "cannot tell" or found.accuracy is not None
    assert found.to_json()["measured"] == "slots"


def test_each_day_is_judged_by_the_bundle_that_was_last_live() -> None:
    first = [sample(minutes) for minutes in range(4)]
    later = [replace(sample(1440 + minutes, faint_boxes=4), bundle="old") for minutes in range(3)]
    later += [replace(sample(1500 + minutes), bundle="new") for minutes in range(3)]
    days = camera_days("C1", [*later, *first], lambda _: REFERENCE, SETTINGS, UTC)
    assert [(day.day.day, day.verdict.word, day.verdict.frames) for day in days] == [(3, "good", 4), (4, "good", 3)]


def test_drift_says_since_when_and_in_what() -> None:
    rng = __import__("numpy").random.default_rng(0)
    calm = [sample(30 * index, faint_boxes=float(rng.normal(0, 0.3))) for index in range(40)]
    foggy = [sample(30 * index, faint_boxes=float(rng.normal(3, 0.3)), contrast=2.5) for index in range(40, 60)]
    found = drifts([*calm, *foggy], REFERENCE)
    assert [drift.signal for drift in found] == ["faint boxes", "contrast"]
    assert abs((found[0].since - foggy[0].taken).total_seconds()) <= 3 * 1800
    assert SIGNALS["faint boxes"] in in_words(found) and "since 2026-11-04" in in_words(found)
    assert drifts(calm, REFERENCE) == [] and in_words([]) == ""
