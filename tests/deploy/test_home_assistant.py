"""The add-on for Home Assistant: its manifest agrees with the rest, and its options become a site that runs."""

from __future__ import annotations

import json
import runpy
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from lotwise.cameras.site.reading import read_site
from tests.conftest import ROOT
from tests.deploy.supervisor import supervised

ADD_ON = ROOT / "deploy" / "home_assistant" / "lotwise"
MANIFEST = yaml.safe_load((ADD_ON / "config.yaml").read_text())
RUN = runpy.run_path(str(ADD_ON / "run.py"))
TOKEN = "0123456789abcdef"
OPTIONS: dict[str, Any] = {
    "site": "my lot",
    "token": TOKEN,
    "cameras": [
        {"id": "entrance", "url": "rtsp://10.0.0.5/stream1", "username": "viewer", "password": "hunter2"},
        {"id": "yard", "url": "http://10.0.0.6/snapshot.jpg", "every_s": 5.0},
    ],
}
BROKER = {"host": "core-mosquitto", "port": 1883, "ssl": False, "username": "addons", "password": "broker-secret"}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The folder that is kept, and the one that the user sees."""
    data, config = tmp_path / "data", tmp_path / "config"
    data.mkdir()
    config.mkdir()
    return data, config


def write(folders: tuple[Path, Path], options: dict[str, Any], broker: dict[str, Any] | None = BROKER) -> Path:
    """The site file that the add-on makes of options."""
    data, config = folders
    (data / "options.json").write_text(json.dumps(options))
    with supervised(broker) as url:
        return Path(RUN["write_site"](data, config, url))


def test_the_version_is_that_of_the_package() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert MANIFEST["version"] == declared


def test_every_option_is_explained() -> None:
    texts = yaml.safe_load((ADD_ON / "translations" / "en.yaml").read_text())
    assert set(texts["configuration"]) == set(MANIFEST["schema"])
    assert set(texts["network"]) == set(MANIFEST["ports"])
    assert set(MANIFEST["options"]) <= set(MANIFEST["schema"])
    assert set(yaml.safe_load((ADD_ON / "build.yaml").read_text())["build_from"]) == set(MANIFEST["arch"])


def test_options_are_a_site_that_listens_where_home_assistant_looks(folders: tuple[Path, Path]) -> None:
    site = read_site(write(folders, OPTIONS))
    assert list(site.cameras) == ["entrance", "yard"]
    assert site.cameras["entrance"].source.password.read(Path()) == "hunter2"
    assert site.settings_of("yard").schedule.period_s == 5
    assert site.state == folders[0] / "state"
    api, mqtt = site.publish.api, site.publish.mqtt
    assert f"{api.port}/tcp" in MANIFEST["ports"] and f"[PORT:{api.port}]" in MANIFEST["webui"]
    assert api.token is not None and api.token.read(Path()) == TOKEN
    assert mqtt is not None and mqtt.password is not None and mqtt.home_assistant
    assert (mqtt.host, mqtt.port, mqtt.username) == ("core-mosquitto", 1883, "addons")
    assert mqtt.password.read(Path()) == "broker-secret"


def test_passwords_are_kept_in_files_of_root_alone(folders: tuple[Path, Path]) -> None:
    path = write(folders, OPTIONS)
    assert not any(secret in path.read_text() for secret in ("hunter2", "broker-secret", TOKEN))
    kept = list((folders[0] / "secrets").iterdir())
    assert len(kept) == 3
    assert {stat.S_IMODE(one.stat().st_mode) for one in kept} == {0o600}


def test_a_hub_students_and_slots_of_the_user_are_taken(folders: tuple[Path, Path]) -> None:
    config = folders[1]
    (config / "slots").mkdir()
    (config / "slots" / "yard.json").write_text("[]")
    (config / "run").mkdir()
    hub = {"hub_url": "https://hub.example.org:8780", "hub_code": "fedcba9876543210", "hub_frames": True}
    site = read_site(write(folders, OPTIONS | hub))
    assert site.hub is not None and site.hub.code is not None and site.hub.frames.allow
    assert site.hub.code.read(Path()) == "fedcba9876543210"
    assert site.run == config / "run"
    assert (site.cameras["yard"].slots, site.cameras["entrance"].slots) == (config / "slots" / "yard.json", None)


def test_without_a_broker_the_node_runs_all_the_same(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_site(write(folders, OPTIONS, None)).publish.mqtt is None
    assert "names no broker" in capsys.readouterr().out


def test_a_site_file_of_the_user_is_run_where_it_lies(folders: tuple[Path, Path]) -> None:
    config = folders[1]
    (config / "mine.yaml").write_text("name: mine\nstate: /data/state\ncameras: {C1: {source: rtsp://10.0.0.5/1}}\n")
    path = write(folders, OPTIONS | {"site_file": "mine.yaml"})
    assert path == folders[0] / "site.yaml" and path.resolve() == config / "mine.yaml"
    assert read_site(path.resolve()).name == "mine"
    # And without it again the options count, and its file is as it was.
    assert read_site(write(folders, OPTIONS)).name == "my lot"
    assert (config / "mine.yaml").read_text().startswith("name: mine")
