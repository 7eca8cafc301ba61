"""One click on a real node's page, in a real browser: what is no vehicle counts for nothing, until it is undone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.cameras.view.scenes import scene
from tests.conftest import ROOT
from tests.free_port import free_port
from tests.node.http.browser import Browser
from tests.node.mqtt.brokers import until
from tests.node.sites import write_site

TOKEN = "0123456789abcdef0123"
BUTTON = "[data-ignore]"
UNDO = "[data-undo]"


class Node:
    """``lotwise run`` on a camera whose pictures are those of fifteen hours, again and again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.site = write_site(
            folder,
            cameras=1,
            frames=0,
            source={"pace": "own", "repeat": True},
            schedule={"period_s": 0.05},
            view={"enabled": False},
            change_detection={"enabled": False},
            publish={"api": {"port": self.port, "token": {"env": "LOT_TOKEN"}}},
        )
        for half in range(30):
            taken = datetime(2026, 3, 4, 6) + timedelta(minutes=30 * half)
            picture = cv2.resize(scene(seed=0), (200, 150))
            cv2.imwrite(str(folder / "frames1" / f"{taken:%Y-%m-%d_%H_%M_%S}.jpg"), picture)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ends with a kill, as a power cut does."""
        command = [sys.executable, "-m", "lotwise", "run", str(self.site)]
        log = (self.site.parent / "node.log").open("ab")
        with (
            log,
            subprocess.Popen(command, cwd=ROOT, env=os.environ | {"LOT_TOKEN": TOKEN}, stdout=log, stderr=log) as node,
        ):
            try:
                until(self._answers, "the node answers")
                yield
            finally:
                node.send_signal(signal.SIGKILL)

    def camera(self) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/cameras/C1", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.loads(answer.read()))

    @property
    def counts(self) -> tuple[int, int]:
        """Vehicles and ignored boxes, as the API has them."""
        now = self.camera()
        return now["vehicles"], now["ignored"]

    def _answers(self) -> bool:
        try:
            return bool(self.camera()["detected"])
        except OSError:
            return False


@pytest.mark.slow
def test_one_click_and_its_undo(tmp_path: Path) -> None:
    (tmp_path / "lot").mkdir()
    node = Node(tmp_path / "lot")
    url = f"http://127.0.0.1:{node.port}/"
    with node.running():
        until(lambda: bool(node.camera()["staying"]), "something is known to stay")
        assert node.counts == (2, 0)
        assert node.camera()["slots"]["1"]["state"] == "occupied"
        with Browser(tmp_path / "first") as browser:
            browser.open(url, password=TOKEN)
            browser.wait(f"document.querySelectorAll('{BUTTON}').length === 1")  # the other box is a car on a slot
            assert "Ignored: not vehicles" not in browser.text()
            browser.wait("[...document.querySelectorAll('.thing img')].every((i) => i.complete && i.naturalWidth)")
            browser.click(BUTTON)
            browser.wait(f"document.querySelector('{UNDO}') && !document.querySelector('{BUTTON}')")
            assert "1 box is ignored: no vehicle" in browser.text()
            until(lambda: node.counts == (1, 1), "the next frame is counted so")
            assert node.camera()["slots"]["1"]["state"] == "occupied"

    with node.running():  # after a power cut
        assert node.counts == (1, 1)
        assert [one["after"] for one in _events(node) if one["name"].startswith("region ")] == ["ignored"]
        with Browser(tmp_path / "second") as browser:
            browser.open(url, password=TOKEN)
            browser.wait(f"document.querySelector('{UNDO}')")
            browser.click(UNDO)
            browser.wait(f"!document.querySelector('{UNDO}')")
            assert "no vehicle" not in browser.text().split("Last changes")[0].replace(
                "A click on what is no vehicle", ""
            )
        until(lambda: node.counts == (2, 0), "the next frame is counted so")
        assert node.camera()["ignore_regions"] == []


def _events(node: Node) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{node.port}/api/v1/events?limit=1000", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return list(json.loads(answer.read()))
