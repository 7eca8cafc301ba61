"""ONVIF cameras are found by WS-Discovery over UDP, from a responder in another process."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lotwise.cameras.new_site import onvif
from lotwise.cameras.new_site.onvif import OnvifCamera, discover
from lotwise.datasets.errors import InputError
from tests.conftest import ROOT
from tests.lotwise.running import run

SERVICE = "http://192.0.2.77:8899/onvif/device_service"
TRIES = 5
"""Times that is asked: on a busy machine a packet is lost."""


@contextmanager
def camera(name: str, service: str = SERVICE) -> Iterator[None]:
    """A responder while the block runs."""
    pytest.importorskip("wsdiscovery")
    command = [sys.executable, str(Path(__file__).with_name("wsd_camera.py")), name, service]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != "ready":
            pytest.skip("no network that takes part in multicast")
        yield
    finally:
        process.kill()
        process.wait()


def seen(name: str) -> list[OnvifCamera]:
    """What is found."""
    for _ in range(TRIES):
        found = [one for one in discover(3) if one.name == name]
        if found:
            return found
    pytest.skip("this machine's network carries no multicast from one process to another")


def test_a_camera_says_where_and_what_it_is() -> None:
    name = f"Entrance {os.getpid()}"
    with camera(name.replace(" ", "%20")):
        assert seen(name) == [OnvifCamera("192.0.2.77", name, "M-3045", SERVICE)]


def test_found_cameras_are_told_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = f"Roof{os.getpid()}"
    with camera(name):
        seen(name)
        (tmp_path / "frames").mkdir()
        for _ in range(TRIES):
            assert run("init", tmp_path / "site.yaml", "--discover") == 0
            said = capsys.readouterr()
            if said.out:
                break
    assert "192.0.2.77" in said.out
    assert f"lotwise init {tmp_path / 'site.yaml'} rtsp://USER:PASSWORD@192.0.2.77/" in said.out
    assert not (tmp_path / "site.yaml").exists()


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith("wsdiscovery"):
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install 'lotwise\[onvif\]'"):
        discover(0.1)


@pytest.mark.parametrize(
    ("addresses", "scopes", "expected"),
    [
        (["http://[fd00::7]/a", "http://10.0.0.7/a"], [], OnvifCamera("10.0.0.7", "", "", "http://10.0.0.7/a")),
        (
            ["http://10.0.0.7/a"],
            ["onvif://www.onvif.org/name/a%0A%1Bb"],
            OnvifCamera("10.0.0.7", "ab", "", "http://10.0.0.7/a"),
        ),
        (["urn:x"], [], None),
        ([], [], None),
    ],
)
def test_what_cameras_say_is_taken_with_care(addresses, scopes, expected) -> None:
    assert onvif._camera(addresses, scopes) == expected
