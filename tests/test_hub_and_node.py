"""A real hub and a real node, which is a process of its own: enrolled, accepted, frames up, a bundle down."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from lotwise.cameras.detection.bundle import MANIFEST, MODEL, parse_manifest, sha256
from lotwise.datasets.synthetic import render_site
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.frames import count_frames
from lotwise.hub.database.nodes import decide, find_node, nodes_by_state
from lotwise.hub.database.offers import make_offer, offer_of
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.hub import Hub
from lotwise.node.hub.messages import OfferedFile, offer_text
from tests.cameras.bundles import write_constant_bundle
from tests.hub.http.conftest import Serve, serve
from tests.lotwise.running import run
from tests.node.mqtt.brokers import until
from tests.node.sites import start

__all__ = ["serve"]  # a fixture
NAME = "gate 1"


def write_node(folder: Path, port: int) -> Path:
    """A site of one camera, as a rendered yard sees it, without a bundle."""
    render_site(folder / "rendered", cameras=1, days=2, frames_per_day=4, width=200, height=150, seed=1)
    frames = folder / "frames"
    frames.mkdir()
    for number, path in enumerate(sorted((folder / "rendered").rglob("*.jpg"))):
        path.rename(frames / f"{number:02}.jpg")
    content = {
        "name": "north",
        "cameras": {NAME: {"source": {"kind": "folder", "path": "frames", "repeat": True}}},
        "publish": {"api": {"enabled": False}},
        "detector": {"backend": "onnxruntime"},
        "schedule": {"period_s": 0.2},
        "hub": {"url": f"http://127.0.0.1:{port}", "report_s": 1, "frames": {"allow": True, "every_s": 1}},
    }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def offer(hub: Hub, node: str, folder: Path) -> str:
    """A bundle that the hub has, offered as the first one of a camera; its identity."""
    registry = bundle_registry(hub.folders, node, NAME)
    identity = registry.add(write_constant_bundle(folder / "made", camera=NAME))
    bundle = registry.folder / identity
    files = tuple(
        OfferedFile(name=name, bytes=(bundle / name).stat().st_size, sha256=sha256(bundle / name))
        for name in (MODEL, MANIFEST)
    )
    signed = hub.keys.sign(offer_text(NAME, identity, "student", "live", files))
    now = datetime.now(UTC)
    row = OfferRow(
        node=node, camera=NAME, identity=identity, role="student", how="live", why="eight frames",
        files=[one.model_dump() for one in files], signature=signed, offered=now, changed=now,
    )  # fmt: skip
    with hub.database.writing() as session:
        make_offer(session, row)
    return identity


@pytest.mark.slow
def test_from_strangers_to_a_camera_that_is_read(serve: Serve, tmp_path: Path) -> None:
    served = serve("report_s: 1\nlisten: {port: 0}\nlearning: {first_frames: 2}\n")
    hub = served.hub
    site = write_node(tmp_path, served.port)
    node = start(site)
    try:

        def found(state: str) -> list[str]:
            with hub.database.reading() as session:
                return [one.fingerprint for one in nodes_by_state(session, state)]  # type: ignore[arg-type]

        until(lambda: found("pending"), "the node asks to be taken in", 120)
        (who,) = found("pending")
        with hub.database.writing() as session:
            decide(session, find_node(session, "north"), "accepted")

        def frames() -> int:
            with hub.database.reading() as session:
                return count_frames(session, who, NAME, "new")

        until(lambda: frames() >= 2, "its first frames", 120)
        identity = offer(hub, who, tmp_path)

        def state() -> str:
            with hub.database.reading() as session:
                row = offer_of(session, who, NAME, identity)
                return "" if row is None else row.state

        until(lambda: state() == "live", "the hub hears that its bundle is live", 120)
    finally:
        node.send_signal(signal.SIGTERM)
        said = node.communicate(timeout=120)[1]
    assert node.returncode == 0, said
    assert f"lotwise hub accept {who[:12]}" in said and f"the fingerprint there must be {who}" in said
    # Beside warnings the log tells what passes between the two.
    for line in ("has accepted this node as north", " sent (", f"bundle {identity} is live now"):
        assert line in said, said
    here = tmp_path / "state" / "hub" / "bundles" / NAME / identity
    assert parse_manifest(here).identity == identity
    assert run("sent", site, "--json", tmp_path / "sent.json") == 0
    left = json.loads((tmp_path / "sent.json").read_text())
    assert {one["state"] for one in left} == {"sent"} and {one["camera"] for one in left} == {NAME}
    stored = hub.folders.frames(who, NAME)
    assert {one["sha256"] for one in left} == {path.stem for path in stored.glob("*.jpg")}
    assert sum(one["bytes"] for one in left) == sum(path.stat().st_size for path in stored.glob("*.jpg"))
    assert os.stat(tmp_path / "state" / "hub" / "node.pem").st_mode & 0o077 == 0
