"""What holds for a camera: the site's settings, and the camera's own over them."""

from typing import Any

import pytest
from pydantic import ValidationError

from lotwise.cameras.site.settings import Site


def site_with(camera: dict[str, Any], **shared: Any) -> Site:
    cameras = {"gate": {"source": "gate"} | camera, "roof": {"source": "roof"}}
    return Site.model_validate({"name": "lot", "cameras": cameras} | shared)


def test_a_camera_changes_only_what_it_names() -> None:
    site = site_with(
        {"schedule": {"period_s": 30}, "hysteresis": {"confirm_frames": 5}, "change_detection": {"enabled": False}},
        schedule={"period_s": 2, "hours": ["06:00-22:00"], "timezone": "Europe/Rome"},
        hysteresis={"hidden": "unknown", "confirm_frames": 4},
        view={"enabled": False},
    )
    gate, roof = site.settings_of("gate"), site.settings_of("roof")
    assert (gate.schedule.period_s, gate.schedule.hours) == (30, ("06:00-22:00",))
    assert (gate.hysteresis.confirm_frames, gate.hysteresis.hidden) == (5, "unknown")
    assert (gate.change_detection.enabled, gate.view.enabled) == (False, False)
    assert (roof.schedule.period_s, roof.hysteresis.confirm_frames, roof.change_detection.enabled) == (2, 4, True)


def test_saying_a_default_wins_over_the_site() -> None:
    site = site_with({"schedule": {"period_s": 1.0}}, schedule={"period_s": 9})
    assert site.settings_of("gate").schedule.period_s == 1.0


def test_defaults() -> None:
    site = site_with({})
    assert site.schedule.period_s == 1.0
    assert (site.detector.backend, site.detector.precision, site.detector.workers) == ("auto", "auto", 0)
    assert (site.publish.mqtt, site.run, str(site.state)) == (None, None, "state")


def test_two_cameras_may_have_one_source() -> None:
    assert (
        len(
            site_with(
                {"source": "rtsp://h/s"}, cameras={"a": {"source": "rtsp://h/s"}, "b": {"source": "rtsp://h/s"}}
            ).cameras
        )
        == 2
    )


def test_a_site_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        site_with({}).name = "other"  # type: ignore[misc]


def test_cameras_share_no_slots_unless_the_site_says_so() -> None:
    cameras = {"C1": {"source": "a"}, "C2": {"source": "b"}, "C3": {"source": "c"}}
    site = {"name": "lot", "cameras": cameras}
    assert Site.model_validate(site).shared_slots is False
    assert Site.model_validate(site | {"shared_slots": True}).shared_slots is True
    assert Site.model_validate(site | {"shared_slots": [["C1", "C2"]]}).shared_slots == (("C1", "C2"),)


@pytest.mark.parametrize(
    ("groups", "says"),
    [([["C1", "C7"]], "shared_slots names C7, but the cameras are C1, C2"), ([["C1", "C2"], ["C2"]], "names C2 twice")],
)
def test_groups_that_cannot_be_are_refused(groups: list[list[str]], says: str) -> None:
    cameras = {"C1": {"source": "a"}, "C2": {"source": "b"}}
    with pytest.raises(ValidationError, match=says):
        Site.model_validate({"name": "lot", "cameras": cameras, "shared_slots": groups})
