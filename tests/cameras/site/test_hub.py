"""The hub as it stands in a site file: what is refused, and that nothing leaves unless it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from lotwise.cameras.site.hub import HubSettings
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError


def test_no_frame_leaves_unless_that_is_said() -> None:
    settings = HubSettings(url="https://hub.example.org:8790/")
    assert settings.url == "https://hub.example.org:8790"
    assert not settings.frames.allow and settings.bundles.allow


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"url": "hub.example.org"}, "expected the hub's address"),
        ({"url": "http://hub.example.org"}, "give https://"),
        ({"url": "http://0.0.0.0:8790"}, "give https://"),
        ({"url": "ftp://hub.example.org"}, "expected the hub's address"),
        ({"url": "https://me:hunter2@hub.example.org"}, "carries no user:password"),
        ({"url": "https://hub.example.org/?a=b"}, "leave out what follows"),
        ({"url": "https://h", "key": "abc"}, "String should match pattern"),
        ({"url": "https://h", "code": "a-code"}, "give {env: NAME}"),
        ({"url": "https://h", "frames": {"mb_a_day": 0}}, "greater than 0"),
        ({"url": "https://h", "frames": {"allow": True, "budget": 3}}, "Extra inputs"),
        ({"url": "https://h", "report_s": 0}, "greater than or equal to 1"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, object], line: str) -> None:
    with pytest.raises(ValidationError, match=line) as refusal:
        HubSettings.model_validate(given)
    assert "hunter2" not in "; ".join(error["msg"] for error in refusal.value.errors())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8790", "http://localhost", "http://[::1]:1", "https://h/lotwise"])
def test_addresses_that_are_taken(url: str) -> None:
    assert HubSettings(url=url).url == url


def test_every_setting_is_described_in_the_schema() -> None:
    schema = HubSettings.model_json_schema()
    for model in ("HubFrames", "HubBundles"):
        assert all("description" in field for field in schema["$defs"][model]["properties"].values())


def test_frames_of_a_camera_that_is_not_there_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    hub = {"url": "https://h", "ca": "ca.pem", "frames": {"allow": True, "cameras": ["gate"]}}
    path.write_text(yaml.safe_dump({"name": "lot", "cameras": {"gate": {"source": "gate"}}, "hub": hub}))
    site = read_site(path)
    assert site.hub is not None and site.hub.ca == tmp_path / "ca.pem" and site.hub.frames.cameras == ("gate",)
    path.write_text(path.read_text().replace("- gate", "- roof"))
    with pytest.raises(InputError, match=r"hub\.frames names roof, but the cameras are gate"):
        read_site(path)
