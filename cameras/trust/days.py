"""Samples by day, and the verdict of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from lotwise.cameras.site.trust import TrustSettings
from lotwise.cameras.trust.reference import Measured, TrustReference, usual_reference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import mean_signals
from lotwise.cameras.trust.verdict import Verdict, verdict

FIRST_SAMPLES = 24
"""Samples that stand for the usual where a bundle carries no reference: eight hours at the usual pace."""


@dataclass(frozen=True)
class CameraDay:
    """A camera on one local day."""

    camera: str
    day: date
    verdict: Verdict


def by_day(samples: Iterable[Sample], zone: tzinfo | None = None) -> Mapping[date, list[Sample]]:
    """Samples of each day, in order; times with a time zone are read in ``zone``, the machine's where None."""
    days: dict[date, list[Sample]] = {}
    for sample in sorted(samples, key=lambda one: one.taken):
        taken = sample.taken if sample.taken.tzinfo is None else sample.taken.astimezone(zone)
        days.setdefault(taken.date(), []).append(sample)
    return days


def first_day_reference(samples: Sequence[Sample], bundle: str, measured: Measured) -> TrustReference:
    """For a bundle without a reference of its own: what other cameras taught, around its own first samples here."""
    own = [sample.signals for sample in samples if sample.bundle == bundle and sample.signals]
    return usual_reference(mean_signals(own[:FIRST_SAMPLES]), measured)


def camera_days(
    camera: str,
    samples: Iterable[Sample],
    reference_of: Callable[[str], TrustReference],
    settings: TrustSettings,
    zone: tzinfo | None = None,
) -> list[CameraDay]:
    """The verdict of each day, of the bundle that was last live on it.

    Args:
        camera: its id.
        samples: of the camera.
        reference_of: from a bundle's identity to its reference.
        settings: from which accuracy on a camera is good or bad.
        zone: in which a day begins.
    """
    found = []
    for day, of_day in by_day(samples, zone).items():
        live = of_day[-1].bundle
        own = [sample for sample in of_day if sample.bundle == live]
        found.append(CameraDay(camera, day, verdict(own, reference_of(live), settings)))
    return found
