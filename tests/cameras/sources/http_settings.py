"""Settings of snapshot and MJPEG cameras that are tried again at once."""

from __future__ import annotations

import pytest

from lotwise.cameras.site.sources import MjpegSettings, SnapshotSettings
from tests.cameras.sources.cameras import QUICK
from tests.cameras.sources.http_server import LOGIN


def snapshot(url: str, **more: object) -> SnapshotSettings:
    return SnapshotSettings.model_validate({"kind": "snapshot", "url": url} | QUICK | more)


def mjpeg(url: str, **more: object) -> MjpegSettings:
    return MjpegSettings.model_validate({"kind": "mjpeg", "url": url} | QUICK | more)


def account(monkeypatch: pytest.MonkeyPatch, password: str = LOGIN[1]) -> dict[str, object]:
    monkeypatch.setenv("CAMERA_PASSWORD", password)
    # No try is given up for its time, which would be a second one, and another log-in, on a busy machine.
    patient = {"restart_s": 60, "backoff": {"first_s": 0.01, "cap_s": 60}}
    return {"username": LOGIN[0], "password": {"env": "CAMERA_PASSWORD"}, **patient}
