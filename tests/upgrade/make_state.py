"""Makes what a node and a hub of one version leave on the disk, and what that version says of it.

It is run from a checkout of that version, with this file copied into the same place there:

    python -m tests.upgrade.make_state NAME.tar.xz
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path

import yaml

from lotwise.cameras.registry.registry import Registry
from tests.cameras.bundles import add
from tests.node.sites import write_site

NODE_SAYS = {
    "bundles": ("bundles", "site.yaml"),
    "ignored": ("ignore", "site.yaml", "--camera", "C1"),
    "history": ("history", "site.yaml", "--from", "2026-11-01", "--to", "2026-12-01", "--by", "slot"),
}
"""Commands that tell all of a node's state, by the name of the file with their answer."""
LEDGER_SAYS = {"sent": ("sent", "site.yaml")}
"""Likewise of frames that it has sent to a hub."""
HUB_SAYS = {
    "nodes": ("hub", "nodes"),
    "cameras": ("hub", "cameras"),
    "jobs": ("hub", "jobs"),
    "log": ("hub", "log"),
}
"""Likewise of a hub."""
MOMENT = datetime(2026, 11, 2, 12, tzinfo=UTC)
WITH_HUB = find_spec("lotwise.node.hub") is not None and find_spec("lotwise.node.hub.ledger") is not None
"""Whether this version knows hubs."""
PASSWORD = "a night at the lot"
"""Of the hub's user, where that version has users."""


def lotwise(folder: Path, *arguments: str, given: str = "") -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "lotwise", *arguments], cwd=folder, input=given, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"lotwise {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def said(folder: Path, commands: dict[str, tuple[str, ...]]) -> dict[str, object]:
    """The JSON of some commands."""
    answers = {}
    for name, command in commands.items():
        lotwise(folder, *command, "--json", f"{name}.json")
        answers[name] = json.loads((folder / f"{name}.json").read_text())
        (folder / f"{name}.json").unlink()
    return answers


@contextmanager
def hub_runs(folder: Path) -> Iterator[int]:
    """A hub as a process that is ended in order; its port."""
    log = folder / "hub.log"
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", "lotwise", "hub", "hub.yaml"], cwd=folder, stderr=file)
    try:
        while " listens on " not in log.read_text():
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        yield int(log.read_text().partition(" listens on ")[2].split()[0].rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        if process.wait(60):
            raise RuntimeError(log.read_text())
    log.unlink()


def make_node(folder: Path) -> None:
    """A site of one camera, whose bundle was exchanged once, that has run; frames of it went to a hub."""
    folder.mkdir()
    site = write_site(folder, cameras=1, frames=2)
    shutil.rmtree(folder / "bundle")
    registry = Registry(folder / "run" / "cameras" / "C1" / "bundles")
    first, second, third = (add(registry, folder, score) for score in (0.9, 0.85, 0.8))
    registry.promote(first)
    registry.promote(second, probation=False)
    registry.start_shadow(third)
    registry.refuse(third, "sees other vehicles than the live one")
    content = yaml.safe_load(site.read_text())
    del content["cameras"]["C1"]["bundles"]
    content |= {"run": "run", "state": "state", "schedule": {"period_s": 0, "timezone": "UTC"}}
    site.write_text(yaml.safe_dump(content, sort_keys=False))
    lotwise(folder, "run", "site.yaml")
    lotwise(folder, "ignore", "site.yaml", "--camera", "C1", "--add", "0.7,0.7,0.8,0.8", "--note", "container")
    shutil.rmtree(folder / "state" / "cache", ignore_errors=True)  # of compiled models; made anew by every version
    if not WITH_HUB:
        return
    from lotwise.node.hub.ledger import Ledger, OutgoingFrame

    ledger = Ledger(folder / "state" / "hub" / "sent.sqlite")
    for number, state in enumerate(("sent", "cut", "failed")):
        frame = OutgoingFrame("C1", f"{number}.jpg", MOMENT, ("new light",), f"{number}" * 64, 1000 + number)
        ledger.end(ledger.begin(frame, date(2026, 11, 2)), state, "the hub will not have it" * (state == "failed"))
    ledger.close()


def make_hub(folder: Path, keys: Path) -> None:
    """A hub that knows two nodes, one of which has sent frames, was offered a bundle, and of which a job has failed."""
    from lotwise.hub.database.database import open_database
    from lotwise.hub.database.job_table import JobRow
    from lotwise.hub.database.rollout_table import RolloutRow
    from lotwise.hub.database.tables import OfferRow
    from lotwise.hub.reading import read_hub
    from lotwise.node.hub.messages import CameraCard, CameraReport
    from lotwise.node.hub.signing import own_keys
    from tests.hub.signed_client import SignedClient, jpeg_of

    folder.mkdir()
    hub = folder / "hub.yaml"
    hub.write_text("name: city\nlisten: {port: 0}\nlearning: {first_frames: 1000}\n")
    with hub_runs(folder) as port:
        north, south = SignedClient(port, "north", own_keys(keys)), SignedClient(port, "south")
        for client in (north, south):
            client.enrol()
        lotwise(folder, "hub", "accept", "north", "--group", "canary")
        lotwise(folder, "hub", "reject", "south")
        card = CameraCard(ignored=((0.7, 0.7, 0.8, 0.8),))
        report = CameraReport(card=card.stamp, verdict="watch", accuracy=0.8, free=3, occupied=5, view="ok")
        assert north.report({"C1": report}, {"C1": card}).status == 200
        for number in range(3):
            assert north.send("C1", jpeg_of(number)).status in (200, 201, 204)
    of, made = {"node": north.fingerprint, "camera": "C1"}, {"state": "live", "changed": MOMENT}
    offer = made | {"identity": "ab" * 8, "role": "student", "how": "live", "why": "first student", "files": []}
    offer |= {"signature": "s", "offered": MOMENT}
    job = made | {"kind": "retrain", "why": "6 new frames", "state": "failed", "tries": 3, "error": "out of memory"}
    job |= {"created": MOMENT, "begun": MOMENT}
    rollout = made | {"name": "larger", "recipe": {"teacher": "yolo26x.pt"}, "recipe_id": "cd" * 8, "stages": []}
    rollout |= {"stop_share": 0.3, "state": "undone", "who": "ada", "created": MOMENT}
    database = open_database(read_hub(hub))
    with database.writing() as session:
        session.add_all([OfferRow(**of, **offer), JobRow(**of, **job), RolloutRow(**rollout)])
    database.close()
    if find_spec("lotwise.hub.users"):
        lotwise(folder, "hub", "user", "add", "ada", "--role", "admin", given=f"{PASSWORD}\n{PASSWORD}\n")
        token = lotwise(folder, "hub", "token", "add", "screen", "--role", "viewer")
        (folder / "token.txt").write_text(next(word for word in token.split() if len(word) > 30))
    lotwise(folder, "hub", "backup", "backup.tar")


def main(archive: Path) -> None:
    """Make the archive."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_node(folder / "node")
        commands = NODE_SAYS | (LEDGER_SAYS if WITH_HUB else {})
        answers = {"node": said(folder / "node", commands)}
        if WITH_HUB:
            make_hub(folder / "hub", folder / "node" / "state" / "hub" / "node.pem")
            answers["hub"] = said(folder / "hub", HUB_SAYS)
        (folder / "said.json").write_text(json.dumps(answers, indent=1))
        left = [path for path in folder.rglob("*.sqlite-wal") if path.stat().st_size]
        assert not left, f"{left}: not in the database yet"
        with tarfile.open(archive, "w:xz") as tar:
            for part in sorted(os.listdir(folder)):
                tar.add(folder / part, part, filter=_kept)


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """What is packed: no empty files beside a database, and nobody's name."""
    member.uname = member.gname = ""
    return None if member.name.endswith(("-wal", "-shm")) else member


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
