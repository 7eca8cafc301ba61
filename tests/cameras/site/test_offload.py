"""Offloading as it stands in a site file: nothing leaves unless that is said, and what is served needs tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from lotwise.cameras.site.detector import DetectorSettings
from lotwise.cameras.site.offload import OffloadSettings
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.serve_detection import ServeDetectionSettings
from lotwise.datasets.errors import InputError


def write(folder: Path, **more: Any) -> Path:
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump({"name": "lot", "cameras": {"gate": {"source": "gate"}}, **more}))
    return path


def test_an_address_alone_lets_nothing_leave() -> None:
    settings = DetectorSettings.model_validate({"offload": "https://other-node:8770/", "fallback": "local"})
    assert settings.offload is not None and settings.offload.url == "https://other-node:8770"
    assert not settings.offload.allows("gate")
    assert DetectorSettings().offload is None


def test_only_the_cameras_that_are_named_are_read_elsewhere() -> None:
    settings = OffloadSettings.model_validate(
        {"url": "https://h", "frames": {"allow": True, "cameras": ["gate", "roof"]}}
    )
    assert [settings.allows(name) for name in ("gate", "roof", "yard")] == [True, True, False]
    assert OffloadSettings.model_validate({"url": "https://h", "frames": {"allow": True}}).allows("yard")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"url": "other-node"}, "expected the other node's address"),
        ({"url": "http://other-node:8770"}, "frames would travel unencrypted; give https://"),
        ({"url": "https://me:hunter2@other-node"}, "carries no user:password"),
        ({"url": "https://h", "token": "hunter2"}, "give {env: NAME}"),
        ({"url": "https://h", "frames": {"quality": 5}}, "greater than or equal to 30"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, object], line: str) -> None:
    with pytest.raises(ValidationError, match=line) as refusal:
        OffloadSettings.model_validate(given)
    assert "hunter2" not in "; ".join(error["msg"] for error in refusal.value.errors())


@pytest.mark.parametrize("given", [{"cameras": {"C1": "b"}}, {"cameras": {"C1": "b"}, "tokens": []}])
def test_nothing_is_served_without_a_token(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="tokens"):
        ServeDetectionSettings.model_validate(given)


def test_paths_are_those_beside_the_site_file(tmp_path: Path) -> None:
    offload = {"url": "https://h", "ca": "ca.pem", "token": {"file": "token"}}
    serve = {"cameras": {"C1": "bundles"}, "tokens": [{"file": "theirs"}]}
    site = read_site(write(tmp_path, detector={"offload": offload}, serve_detection=serve))
    assert site.detector.offload is not None and site.serve_detection is not None
    assert site.detector.offload.ca == tmp_path / "ca.pem"
    assert site.serve_detection.cameras == {"C1": tmp_path / "bundles"}
    assert site.serve_detection.tokens[0].file == tmp_path / "theirs"


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {"detector": {"offload": {"url": "https://h", "frames": {"allow": True, "cameras": ["roof"]}}}},
            "detector.offload.frames names roof, but the cameras are gate",
        ),
        (
            {
                "serve_detection": {"cameras": {"C1": "b"}, "tokens": [{"env": "T"}]},
                "publish": {"api": {"enabled": False}},
            },
            "serve_detection needs the HTTP server",
        ),
        ({"detector": {"fallback": "nothing"}}, "fallback"),
        ({"detector": {"offload": 7}}, "offload"),
    ],
)
def test_what_does_not_fit_the_site_is_one_line(tmp_path: Path, more: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line) as refusal:
        read_site(write(tmp_path, **more))
    assert "\n" not in str(refusal.value)
