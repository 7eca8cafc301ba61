"""Verdicts of a site's cameras, day by day."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.log import append, log_file
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.site_days import site_trust


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Rome", date(2026, 3, 5)), ("America/Los_Angeles", date(2026, 3, 4))]
)
def test_a_day_is_one_of_the_sites_time_zone(tmp_path: Path, zone: str, day: date) -> None:
    site = Site.model_validate(
        {
            "name": "lot", "state": str(tmp_path), "schedule": {"timezone": zone},
            "cameras": {"C1": {"source": "x", "bundles": str(tmp_path / "bundles")}},
        }
    )  # fmt: skip
    append(log_file(site.state, "C1"), Sample(datetime(2026, 3, 4, 23, 30, tzinfo=UTC)))
    (found,) = site_trust(site, tmp_path / "site.yaml", ["C1"], 7)
    assert [one.day for one in found.days] == [day]


def test_samples_of_a_bundle_that_is_gone_are_judged_by_what_others_taught(tmp_path: Path) -> None:
    """The registry keeps some bundles, and the log more days than these ran."""
    cameras = {"C1": {"source": "x", "bundles": str(tmp_path / "bundles")}}
    site = Site.model_validate({"name": "lot", "state": str(tmp_path), "cameras": cameras})
    append(log_file(site.state, "C1"), Sample(datetime(2026, 3, 4, 12, tzinfo=UTC), bundle="a" * 16))
    (found,) = site_trust(site, tmp_path / "site.yaml", ["C1"], 7)
    assert len(found.days) == 1
