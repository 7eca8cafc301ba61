"""A hub on a disk of its own, and nodes that each have one camera and a proxy before the hub."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lotwise.students.pretrained import NANO, TEACHER
from tests.free_port import free_port
from tests.hub_fleet.program import Program, lotwise_json, wait_for
from tests.hub_fleet.proxy import Proxy
from tests.uploading_camera import UploadingCamera

CAMERA = "C1"
FIRST, NEW = 6, 8
"""Frames of a camera from which its first student is made, and new ones from which it is retrained."""
CODE = "FLEET_CODE"
"""Variable of the environment with the code that accepts a node at once."""
RECIPE = (
    "{size: 320, epochs: 1, min_steps: 60, max_steps: 60, positive_threshold: 0.45, ignore_threshold: 0.2, "
    "export: {int8: false}}\n"
)


class HubProgram(Program):
    """``lotwise hub hub.yaml`` on a fixed port, so that nodes find it again."""

    def __init__(self, folder: Path, data: Path) -> None:
        super().__init__(("hub", "hub.yaml"), folder, folder / "hub.log")
        self.folder, self.data, self.port = folder, data, free_port()
        content = {
            "name": "city",
            "data": str(data),
            "report_s": 1,
            "listen": {"port": self.port},
            "recipe": {
                "teacher": str(TEACHER), "student": str(NANO), "settings": "recipe.yaml", "scales": [320, 512],
                "holdout": 0.34,
            },
            "learning": {"first_frames": FIRST, "new_frames": NEW},
            "limits": {"free_mb": 50},
            "codes": [{"code": {"env": CODE}}],
        }  # fmt: skip
        (folder / "recipe.yaml").write_text(RECIPE)
        (folder / "hub.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def start(self) -> None:
        """Start it and wait until it answers."""
        super().start()
        wait_for(self._answers, "the hub answers")

    def _answers(self) -> bool:
        if self._ended():
            raise AssertionError(self.said())
        return get_json(self.port, "healthz") is not None

    def camera(self, node: str) -> dict[str, Any]:
        """What ``lotwise hub cameras`` tells of the camera of a node."""
        (told,) = lotwise_json(self.folder, "hub", "cameras", node)
        return dict(told)

    def audit(self, action: str) -> list[dict[str, Any]]:
        """Entries of ``lotwise hub log`` of one kind."""
        return [one for one in lotwise_json(self.folder, "hub", "log", "--most", "1000") if one["action"] == action]


@dataclass(frozen=True)
class NodeSite:
    """What differs from node to node.

    Attributes:
        name: of the site.
        pictures: that its camera uploads.
        slots: a slot file; None for a camera without slots.
        code: whether it shows the hub's code.
    """

    name: str
    pictures: Sequence[Path]
    slots: Path | None = None
    code: bool = False


class NodeProgram(Program):
    """``lotwise run site.yaml`` of a site with one camera, and the proxy through which it sees its hub."""

    def __init__(self, folder: Path, site: NodeSite, hub_port: int) -> None:
        folder.mkdir()
        super().__init__(("run", "site.yaml"), folder, folder / "node.log")
        self.folder, self.name, self.proxy, self.port = folder, site.name, Proxy(hub_port), free_port()
        self.camera = UploadingCamera(folder / "upload", site.pictures)
        camera: dict[str, Any] = {"source": {"kind": "folder", "path": "upload", "follow": True}}
        if site.slots is not None:
            camera["slots"] = str(site.slots)
        hub: dict[str, Any] = {
            "url": f"http://127.0.0.1:{self.proxy.port}", "report_s": 1, "frames": {"allow": True, "every_s": 1},
        }  # fmt: skip
        if site.code:
            hub["code"] = {"env": CODE}
        content = {
            "name": site.name,
            "cameras": {CAMERA: camera},
            "hub": hub,
            "publish": {"api": {"port": self.port}},
            "schedule": {"period_s": 0.5},
            # Mist that comes at once is taken for a blurred lens, and a blurred view is not learned from.
            "view": {"enabled": False},
            "change_detection": {"enabled": False},
            "detector": {"backend": "onnxruntime"},
            # Students of 60 steps at 320 px, compared on a few frames: less is asked of them than of real ones.
            "trust": {"every_s": 1, "min_frames": 4, "good": 0.83, "bad": 0.82},
            "swap": {
                "shadow_share": 1, "shadow_frames": 6, "shadow_s": 0, "probation_share": 1, "probation_frames": 3,
                "probation_s": 0, "min_agreement": 0.1, "max_slot_difference": 0.6, "max_count_ratio": 10,
                "max_slowdown": 10,
            },
        }  # fmt: skip
        (folder / "site.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    @property
    def state(self) -> Path:
        """Its state folder."""
        return self.folder / "state"

    @property
    def fingerprint(self) -> str:
        """That of its key, as the hub calls it."""
        from lotwise.node.hub.signing import fingerprint, own_keys

        return fingerprint(own_keys(self.state / "hub" / "node.pem").public)

    def now(self) -> dict[str, Any]:
        """Its camera as its own interface tells it; nothing where it does not answer."""
        told = get_json(self.port, f"api/v1/cameras/{CAMERA}")
        return {} if told is None else told

    def ledger(self) -> list[dict[str, Any]]:
        """What ``lotwise sent`` tells."""
        return list(lotwise_json(self.folder, "sent", "site.yaml"))

    def close(self) -> None:
        """Nothing of it is left."""
        super().close()
        self.proxy.close()


def get_json(port: int, path: str) -> dict[str, Any] | None:
    """An answer over HTTP on loopback; None where there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=60) as answer:
            return dict(json.loads(answer.read()))
    except OSError:
        return None
