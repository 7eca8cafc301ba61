"""What a site will run with, but should not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lotwise.cameras.site.reading import read_site
from lotwise.node.check import camera_slots, check_site
from lotwise.node.site_warnings import site_warnings
from tests.cameras.bundles import write_constant_bundle
from tests.lotwise.running import run
from tests.node.sites import write_site


def corners(number: int) -> list[list[float]]:
    """Of the place of a slot in a grid of 20 by 20."""
    x, y = number % 20 / 20, number // 20 % 20 / 20
    return [[x, y], [x + 0.04, y], [x + 0.04, y + 0.04]]


def site(folder: Path, ids: dict[str, list[str]], **more: Any) -> Path:
    """Cameras with slots of these ids."""
    write_constant_bundle(folder / "bundle")
    cameras = {}
    for name, slots in ids.items():
        drawn = [{"id": slot, "polygon": corners(number)} for number, slot in enumerate(slots)]
        (folder / f"{name}.json").write_text(json.dumps(drawn))
        (folder / name).mkdir()
        cameras[name] = {"source": name, "slots": f"{name}.json", "bundles": "bundle"}
    (folder / "site.yaml").write_text(yaml.safe_dump({"name": "lot", "cameras": cameras} | more, sort_keys=False))
    return folder / "site.yaml"


def warnings(path: Path) -> list[str]:
    assert check_site(path) == []
    return site_warnings(read_site(path), path)


def test_ids_that_stand_twice_are_told(tmp_path: Path) -> None:
    numbers = [str(number) for number in range(1, 19)]
    found = warnings(site(tmp_path, {"gate": numbers, "roof": numbers[:12], "yard": ["y1"]}))
    assert found == [
        "cameras gate and roof have the same slot ids (1, 2, 3, 4, 5, …): they count as different places; "
        "where they are the same ones, set shared_slots: [[gate, roof]]"
    ]


def test_many_cameras_are_one_line(tmp_path: Path) -> None:
    (found,) = warnings(site(tmp_path, {f"C{number}": ["1", "2"] for number in range(1, 10)}))
    assert found.endswith("set shared_slots: [[C1, C2, C3, C4, C5, C6, C7, C8, C9]]")


@pytest.mark.parametrize("shared", [True, [["gate", "roof"]]])
def test_ids_that_are_said_to_be_shared_are_not(tmp_path: Path, shared: Any) -> None:
    assert warnings(site(tmp_path, {"gate": ["1", "2"], "roof": ["2", "3"]}, shared_slots=shared)) == []


def test_slots_drawn_on_one_place_are_told(tmp_path: Path) -> None:
    path = site(tmp_path, {"C1": ["1", "2", "3"]})
    (tmp_path / "C1.json").write_text(json.dumps([{"id": name, "polygon": corners(3)} for name in ("1", "2")]))
    (line,) = warnings(path)
    assert "camera C1: slots drawn on one place: 1 and 2 (100%)" in line


def test_proposed_slots_are_told_and_not_read(tmp_path: Path) -> None:
    path = site(tmp_path, {"gate": ["1", "2"]})
    file = tmp_path / "gate.json"
    file.write_text(file.read_text().replace('"id": "2"', '"id": "2", "status": "proposed"'))
    assert warnings(path) == [
        f"camera gate: {file}: 1 proposed slot counts as not there until a person accepts; see lotwise slots accept"
    ]
    assert [slot.id for slot in camera_slots(read_site(path), "gate")] == ["1"]


def test_cameras_that_share_nothing_are_told(tmp_path: Path) -> None:
    found = warnings(site(tmp_path, {"gate": ["1"], "roof": ["2"]}, shared_slots=True))
    assert found == ["shared_slots: gate and roof have no slot id in common, so they share none; check the ids"]


@pytest.mark.parametrize(
    ("mode", "host", "certificate", "says"),
    [
        (0o640, "127.0.0.1", False, []),
        (0o644, "127.0.0.1", False, [r"publish.api.token: .*token: every user of this machine can read"]),
        (0o602, "127.0.0.1", False, [r"publish.api.token: .*token: every user of this machine can read or change"]),
        (0o600, "0.0.0.0", False, [r"publish.api: the token crosses the network unencrypted \(http on 0.0.0.0\)"]),
        (0o600, "0.0.0.0", True, []),
    ],
)
def test_a_token_that_others_can_read(tmp_path: Path, mode: int, host: str, certificate: bool, says: list[str]) -> None:
    (tmp_path / "token").write_text("0123456789abcdef")
    (tmp_path / "token").chmod(mode)
    for name in ("node.pem", "node.key"):
        (tmp_path / name).write_text("")
    tls = {"certificate": "node.pem", "key": "node.key"} if certificate else {}
    api = {"host": host, "token": {"file": "token"}} | tls
    found = warnings(site(tmp_path, {"gate": ["1"]}, publish={"api": api}))
    assert len(found) == len(says)
    for line, pattern in zip(found, says, strict=True):
        assert re.search(pattern, line)


def test_passwords_of_cameras_are_looked_after_too(tmp_path: Path) -> None:
    (tmp_path / "roof.txt").write_text("hunter2")
    (tmp_path / "roof.txt").chmod(0o644)
    path = site(tmp_path, {"gate": ["1"]})
    content = yaml.safe_load(path.read_text())
    content["cameras"]["gate"]["source"] = {
        "kind": "rtsp", "url": "rtsp://h/s", "username": "u", "password": {"file": "roof.txt"},
    }  # fmt: skip
    path.write_text(yaml.safe_dump(content))
    (line,) = warnings(path)
    assert line.startswith("cameras.gate.source.password: ")
    assert "hunter2" not in line


def test_a_short_token_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2")
    path = site(tmp_path, {"gate": ["1"]}, publish={"api": {"token": {"file": "token"}}})
    (problem,) = check_site(path)
    assert "publish.api.token: token in " in problem
    assert "needs at least 16 plain characters" in problem
    assert "hunter2" not in problem


def test_the_check_prints_warnings_and_the_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", write_site(tmp_path), "--check") == 0
    said = capsys.readouterr().out
    assert "warning: cameras C1 and C2 have the same slot ids (1, 2):" in said
    assert "memory: a limit for 2 cameras" in said


def test_listed_places_without_a_slot_are_told(tmp_path: Path) -> None:
    places = {"A1": {"gate": "1", "roof": "1"}, "A2": {"gate": "2", "roof": "7"}}
    assert warnings(site(tmp_path, {"gate": ["1", "2"], "roof": ["1"]}, shared_slots=places)) == [
        "shared_slots: place A2 is slot 7 of roof, which has no such slot; check its id"
    ]
