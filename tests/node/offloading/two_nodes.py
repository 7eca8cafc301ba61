"""A weak node and its stronger neighbour, as sites on the disk and as processes."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import yaml

from tests.cameras.bundles import write_constant_bundle
from tests.free_port import free_port
from tests.node.sites import start, write_site

TOKEN = "a token of this test 1234"
PERIOD_S = 0.8
"""Seconds between two frames of the weak node, which the neighbour has for its answer: on a busy machine it takes some
hundredths."""


def write_strong(folder: Path, port: int, scores: tuple[float, float] = (0.7, 0.6), **bundle: Any) -> Path:
    """A site whose node detects for camera C1 of others, by a bundle that is surer of other scores than theirs."""
    folder.mkdir()
    site = write_site(folder, cameras=1, source={"repeat": True}, schedule={"period_s": 60})
    content = yaml.safe_load(site.read_text())
    write_constant_bundle(folder / "for-others", scores, **bundle)
    (folder / "token").write_text(TOKEN)
    content["publish"] = {"api": {"port": port}}
    content["serve_detection"] = {"cameras": {"C1": "for-others"}, "tokens": [{"file": "token"}]}
    content["trust"] = {"enabled": False}
    site.write_text(yaml.safe_dump(content))
    return site


def write_weak(folder: Path, port: int, **offload: Any) -> Path:
    """A site of one camera whose frames the node at a port may read."""
    folder.mkdir()
    site = write_site(folder, cameras=1, source={"repeat": True}, schedule={"period_s": PERIOD_S})
    content = yaml.safe_load(site.read_text())
    (folder / "token").write_text(TOKEN)
    settings = {"url": f"http://127.0.0.1:{port}", "token": {"file": "token"}, "frames": {"allow": True}}
    content["detector"]["offload"] = {**settings, **offload}
    content["detector"]["probe"] = False
    content["publish"] = {"api": {"port": free_port()}}
    content["change_detection"] = {"enabled": False}
    content["view"] = {"enabled": False}
    content["trust"] = {"enabled": False}
    site.write_text(yaml.safe_dump(content))
    return site


class Running:
    """A node of a site as a process; its log is read at the end."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self._port = yaml.safe_load(site.read_text())["publish"]["api"]["port"]
        self._process: subprocess.Popen[str] = start(site)

    def camera(self) -> dict[str, Any]:
        """What its API says of camera C1; empty before it answers."""
        return self.get("/api/v1/cameras/C1")

    @property
    def offload(self) -> dict[str, Any]:
        """What it says of who reads it."""
        return self.camera().get("offload") or {}

    def get(self, path: str) -> Any:
        """JSON of a path."""
        try:
            with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self._port}{path}", timeout=60) as answer:
                return json.loads(answer.read())
        except OSError:
            return {}

    def text(self, path: str) -> str:
        """Text of a path."""
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self._port}{path}", timeout=60) as answer:
            return str(answer.read().decode())

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.communicate()

    def stop(self) -> str:
        """SIGTERM, and what it has said."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.communicate(timeout=120)[1]

    def close(self) -> None:
        """Whatever state it is in, it is gone."""
        if self._process.poll() is None:
            self.kill()
