"""One hub and three nodes as processes, from strangers to a retrained student, through all that can go wrong between.

Each fixture is a stage of one story and comes after the one that it asks for; the tests look at what is left of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import MODEL
from lotwise.cameras.site.slot_file import write_slot_file
from lotwise.datasets.synthetic.year import render_year
from tests.conftest import shared_folder
from tests.hub.signed_client import SignedClient
from tests.hub_fleet.fleet import CAMERA, CODE, FIRST, NEW, HubProgram, NodeProgram, NodeSite
from tests.hub_fleet.program import lotwise, lotwise_json, wait_for
from tests.hub_fleet.proxy import Fault, Passed
from tests.node.sites import history
from tests.small_disk import SmallDisk

pytestmark = [pytest.mark.slow, pytest.mark.long]

USUAL, MIST = ("sun", "cloud", "overcast"), ("mist",) * 10
A_DAY = 4
"""Pictures of each rendered day. Of the usual ones there are too few to retrain with, so that nothing is retrained
before the mist comes."""
assert len(USUAL) * A_DAY < FIRST + NEW
BUNDLES = "GET /v1/bundles"
CUT_S = 60.0


@dataclass(frozen=True)
class Fleet:
    """The hub, its nodes, and what is going to go wrong.

    Attributes:
        mist: pictures of the first node's camera once mist has come.
        disk: the hub's; None where the test may not mount one.
        upload: stops a frame of the first node half way up.
        download: stops the second node's first bundle half way down.
        flip: turns a bit of the third node's first bundle.
    """

    hub: HubProgram
    north: NodeProgram
    south: NodeProgram
    east: NodeProgram
    mist: list[Path]
    disk: SmallDisk | None
    upload: Fault
    download: Fault
    flip: Fault

    @property
    def nodes(self) -> tuple[NodeProgram, ...]:
        return self.north, self.south, self.east


def node_sites(root: Path) -> list[NodeSite]:
    """Two rendered cameras, and one with real frames where there are some."""
    days = render_year(root / "days", conditions=USUAL, cameras=3, frames_per_day=A_DAY, width=320, height=240)
    sites = []
    for name, camera in {"north": "C1", "south": "C2", "east": "C3"}.items():
        write_slot_file(root / f"{camera}.json", days.slots[camera])
        pictures = [frame.path for frame in days.of_camera(camera)]
        sites.append(NodeSite(name, pictures, root / f"{camera}.json", code=name == "east"))
    real = sorted((shared_folder() / "data" / "pklot" / "UFPR05").rglob("*.jpg"))[: len(USUAL) * A_DAY]
    if real:
        sites[2] = NodeSite("east", real, real[0].with_suffix(".xml"), code=True)
    return sites


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Started: the hub does not know the nodes yet, but for a code that the third one shows."""
    root = tmp_path_factory.mktemp("fleet")
    sites = node_sites(root)
    mist = render_year(
        root / "mist", conditions=(*USUAL, *MIST), cameras=1, frames_per_day=A_DAY, width=320, height=240
    )
    with ExitStack() as opened:
        opened.enter_context(pytest.MonkeyPatch.context()).setenv(CODE, "a code of this test 1234")
        disk = SmallDisk(root / "disk") if os.geteuid() == 0 else None
        if disk is not None:
            opened.callback(disk.close)
            disk.resize("2g")
        hub = HubProgram(root, (root / "disk" if disk is not None else root) / "hub-data")
        opened.callback(hub.close)
        hub.start()
        nodes = []
        for site in sites:
            node = NodeProgram(root / site.name, site, hub.port)
            opened.callback(node.close)
            opened.enter_context(node.camera)
            nodes.append(node)
        north, south, east = nodes
        upload = north.proxy.spoil(Fault("PUT /v1/frames", "hold upload", 1000))
        download = south.proxy.spoil(Fault(BUNDLES, "hold download", 2_000_000, suffix=MODEL))
        flip = east.proxy.spoil(Fault(BUNDLES, "flip", 1_000_000, suffix=MODEL))
        for node in nodes:
            node.start()
        pictures = [frame.path for frame in mist.frames[len(USUAL) * A_DAY :]]
        yield Fleet(hub, north, south, east, pictures, disk, upload, download, flip)


@pytest.fixture(scope="module")
def accepted(fleet: Fleet) -> Fleet:
    """An operator has accepted the two that waited."""
    for node in (fleet.north, fleet.south):
        node.must_say("waits to be accepted")
        lotwise(fleet.hub.folder, "hub", "accept", node.fingerprint[:12])
    for node in fleet.nodes:
        node.must_say("has accepted this node")
    return fleet


def test_nodes_ask_and_their_logs_say_how_to_accept_them(accepted: Fleet) -> None:
    for node in (accepted.north, accepted.south):
        assert f"node {node.name} ({node.fingerprint[:12]}) asks to take part: pending" in accepted.hub.said()
        line = f"lotwise hub accept {node.fingerprint[:12]}; the fingerprint there must be {node.fingerprint}"
        assert line in node.said()
    assert "waits to be accepted" not in accepted.east.said()
    for node in accepted.nodes:
        assert "no bundle is live here; the hub is to send the first one" in node.said()
    told = lotwise_json(accepted.hub.folder, "hub", "nodes")
    assert {one["node"]: one["state"] for one in told} == dict.fromkeys(("north", "south", "east"), "accepted")


@pytest.fixture(scope="module")
def killed_in_upload(accepted: Fleet) -> Fleet:
    """The hub was killed when it had a part of a frame, and started again."""
    wait_for(accepted.upload.reached.is_set, "a part of a frame has gone up")
    accepted.hub.kill()
    accepted.upload.released.set()
    accepted.north.must_say("the node goes on without it and tries again")
    accepted.hub.start()
    accepted.north.must_say(" sent (")  # "1 frame sent" where they leave one by one
    return accepted


def test_a_frame_of_which_a_killed_hub_had_a_part_is_sent_again(killed_in_upload: Fleet) -> None:
    north, hub = killed_in_upload.north, killed_in_upload.hub

    def states(sha256: str) -> list[str]:
        return [one["state"] for one in north.ledger() if one["sha256"] == sha256]

    cut = next(one["sha256"] for one in north.ledger() if one["state"] == "cut")
    wait_for(lambda: "sent" in states(cut), "the frame is sent again")
    assert states(cut)[-1] == "sent"
    stored = hub.data / "frames" / north.fingerprint / CAMERA / f"{cut}.jpg"
    assert hashlib.sha256(stored.read_bytes()).hexdigest() == cut
    assert "answers again" in north.said()


@dataclass(frozen=True)
class Training:
    """A training that was under way when the hub was killed.

    Attributes:
        folder: where its log and checkpoint are.
        first_line: of its log; a training that begins anew takes another time for its first epoch.
        hub_said: what the hub's log said up to then, bytes.
    """

    folder: Path
    first_line: str
    hub_said: int


@pytest.fixture(scope="module")
def killed_in_training(killed_in_upload: Fleet) -> Training:
    """The hub was killed when a first student was half trained, and started again."""
    hub = killed_in_upload.hub
    found: list[Path] = []

    def under_way() -> bool:
        for checkpoint in hub.data.glob("cameras/*/*/run/cameras/*/train/last.pt"):
            log = checkpoint.with_name("log.jsonl")
            if not (checkpoint.parents[1] / "camera.json").exists() and len(log.read_text().splitlines()) > 1:
                found.append(checkpoint.parent)
        return bool(found)

    wait_for(under_way, "a training is under way")
    hub.kill()
    killed = Training(found[0], (found[0] / "log.jsonl").read_text().splitlines()[0], hub.mark())
    hub.start()
    return killed


@pytest.fixture(scope="module")
def first_students(killed_in_training: Training, killed_in_upload: Fleet) -> Fleet:
    """All three cameras are read by students of the hub; the second node was killed while it fetched its one."""
    fleet = killed_in_upload
    wait_for(fleet.download.reached.is_set, "a part of a bundle has come down")
    fleet.south.kill()
    fleet.download.released.set()
    fleet.south.start()
    for node in fleet.nodes:
        wait_for(lambda node=node: node.now().get("bundle"), f"a student reads the camera of {node.name}")
        wait_for(lambda node=node: fleet.hub.camera(node.name)["live"], f"the hub hears of that from {node.name}")
    return fleet


def test_a_training_in_which_the_hub_was_killed_goes_on_where_it_was(
    killed_in_training: Training, first_students: Fleet
) -> None:
    lines = (killed_in_training.folder / "log.jsonl").read_text().splitlines()
    assert lines[0] == killed_in_training.first_line
    epochs = [json.loads(line)["epoch"] for line in lines]
    assert epochs == list(range(1, len(epochs) + 1))
    camera = killed_in_training.folder.relative_to(first_students.hub.data / "cameras").parts[0][:12]
    later = first_students.hub.said(killed_in_training.hub_said)
    assert re.search(rf"{camera} {CAMERA}: adapt \(job \d+\) begins", later)
    assert re.search(rf"{camera} {CAMERA}: adapt \(job \d+\) is done .*: offered first student", later)


def test_each_camera_runs_what_the_hub_has_offered(first_students: Fleet) -> None:
    offered = {one["bundle"]: one for one in first_students.hub.audit("offer")}
    for node in first_students.nodes:
        live = node.now()["bundle"]
        assert first_students.hub.camera(node.name)["live"] == live
        assert (offered[live]["how"], offered[live]["what"]) == ("live", f"{node.fingerprint[:12]} {CAMERA}")
        assert f"bundle {live} is live now; the camera had no bundle" in node.said()
        assert f"{node.fingerprint[:12]} {CAMERA}: bundle {live} is live" in first_students.hub.said()


def models(node: NodeProgram) -> list[Passed]:
    """What went down of the model of its first bundle, in turn."""
    return node.proxy.of(BUNDLES, suffix=f"{node.now()['bundle']}/{MODEL}")


def model_bytes(node: NodeProgram) -> int:
    """Size of the live bundle's model."""
    return (node.state / "hub" / "bundles" / CAMERA / node.now()["bundle"] / MODEL).stat().st_size


def test_a_node_that_was_killed_in_a_download_fetches_only_the_rest(first_students: Fleet) -> None:
    cut, *rest = models(first_students.south)
    assert cut.range_from == 0 and 0 < rest[0].range_from <= cut.body_down
    assert all(one.range_from > 0 for one in rest)  # a download that takes long pauses now and then
    assert rest[-1].range_from + rest[-1].body_down == model_bytes(first_students.south)


def test_a_bundle_with_one_bit_turned_is_thrown_away_and_fetched_again(first_students: Fleet) -> None:
    east = first_students.east
    assert first_students.flip.reached.is_set()
    assert f"its file {MODEL} is not what the hub has signed; thrown away and tried again" in east.said()
    tries = models(east)
    assert sum(one.range_from == 0 for one in tries) == 2, "none of it was kept"
    assert tries[-1].range_from + tries[-1].body_down == model_bytes(east)


@pytest.mark.shared
def test_a_camera_with_real_frames_got_its_student(shared: Path, first_students: Fleet) -> None:
    east = first_students.east
    assert {path.parents[2].name for path in east.camera.pictures} == {"pklot"}
    assert east.now()["slots"], "the slots of PKLot's file"
    assert "sent" in {one["state"] for one in east.ledger()}


@pytest.fixture(scope="module")
def network_cut(first_students: Fleet) -> int:
    """The third node has lost its hub for a minute; the frames it read meanwhile."""
    east = first_students.east
    since, before = east.mark(), east.now()["looked"]
    began = time.monotonic()
    east.proxy.cut_network()
    east.must_say("it does not answer; the node goes on without it and tries again", since)
    wait_for(lambda: time.monotonic() - began >= CUT_S, "the network was cut for a minute")
    looked = east.now()["looked"] - before
    east.proxy.mend_network()
    east.must_say("answers again", since)
    return int(looked)


def test_a_node_whose_network_is_cut_reads_on_and_reports_once_it_is_back(
    network_cut: int, first_students: Fleet
) -> None:
    assert network_cut >= 3
    hub, east = first_students.hub, first_students.east
    before = hub.camera("east")["reported"]
    wait_for(lambda: hub.camera("east")["reported"] > before, "it reports again")
    assert east.now()["bundle"] == hub.camera("east")["live"]


@pytest.fixture(scope="module")
def foreign_key(network_cut: int, first_students: Fleet) -> list[Passed]:
    """The second node was run with another key for a while; what it asked meanwhile."""
    south = first_students.south
    key = south.state / "hub" / "node.pem"
    south.stop()
    own, since, asked = key.read_bytes(), south.mark(), len(south.proxy.passed)
    key.unlink()
    south.start()
    south.must_say("waits to be accepted", since)
    wait_for(lambda: south.now().get("bundle"), "it reads its camera with what it has")
    meanwhile = south.proxy.passed[asked:]
    south.stop()
    key.write_bytes(own)
    since = south.mark()
    south.start()
    south.must_say("has accepted this node", since)
    return meanwhile


def test_a_node_with_a_foreign_key_gets_and_gives_nothing(foreign_key: list[Passed], first_students: Fleet) -> None:
    hub, south = first_students.hub, first_students.south
    assert {one.line for one in foreign_key} == {"POST /v1/enrol"}
    told = [one for one in lotwise_json(hub.folder, "hub", "nodes") if one["node"] == "south"]
    assert {one["fingerprint"] == south.fingerprint: (one["state"], one["cameras"]) for one in told} == {
        True: ("accepted", 1), False: ("pending", 0),
    }  # fmt: skip
    live = hub.camera(south.fingerprint)["live"]
    stranger = SignedClient(hub.port, "south")
    answer = stranger.ask("GET", f"/v1/bundles/{live}/{MODEL}")
    assert (answer.status, "this hub knows no node" in answer.error) == (401, True)
    (waiting,) = (one["fingerprint"] for one in told if one["state"] == "pending")
    assert f"node south ({waiting[:12]}) asks to take part: pending" in hub.said()


@pytest.fixture(scope="module")
def mist_on_a_full_disk(foreign_key: list[Passed], first_students: Fleet) -> Fleet:
    """Mist came to the first camera while the hub's disk was full; now there is room again."""
    north, disk = first_students.north, first_students.disk
    if disk is not None:
        disk.resize(str(disk.used() + 45_000_000))  # the hub leaves 50 MB free
    # The verdict asks for it too, but is over all frames of the day: it comes after minutes of mist.
    lotwise(first_students.hub.folder, "hub", "retrain", "north", CAMERA)
    since = north.mark()
    north.camera.pictures = first_students.mist
    if disk is not None:
        north.must_say("takes no frame for now (the hub's disk is full; its operators must make room)", since)
        disk.resize("2g")
        # It comes again by itself after the ten minutes that the hub has named; a node that starts asks at once.
        north.stop()
        north.start()
    return first_students


def test_frames_that_a_full_hub_does_not_take_are_kept_and_come_later(mist_on_a_full_disk: Fleet) -> None:
    if mist_on_a_full_disk.disk is None:
        pytest.skip("a small disk can be mounted only by root")
    north, hub = mist_on_a_full_disk.north, mist_on_a_full_disk.hub
    assert "no room for frames; make room, nodes keep theirs meanwhile" in hub.said()
    refused = [one for one in north.ledger() if "the hub's disk is full" in one["said"]]
    assert refused and {one["state"] for one in refused} == {"cut"}
    wanted = {one["sha256"] for one in refused}

    def sent() -> set[str]:
        return {one["sha256"] for one in north.ledger() if one["state"] == "sent"}

    wait_for(lambda: wanted <= sent(), "what was not taken is sent")


@pytest.fixture(scope="module")
def retrained(mist_on_a_full_disk: Fleet) -> str:
    """The first camera is read by a student that has learned from the mist; its identity."""
    north = mist_on_a_full_disk.north
    first = mist_on_a_full_disk.hub.camera("north")["live"]
    wait_for(lambda: north.now().get("bundle") not in (None, "", first), "a retrained student reads the camera")
    live = str(north.now()["bundle"])
    wait_for(lambda: mist_on_a_full_disk.hub.camera("north")["live"] == live, "the hub hears of that")
    return live


def test_a_student_that_learned_from_the_mist_is_promoted_by_the_node(
    retrained: str, mist_on_a_full_disk: Fleet
) -> None:
    hub, north = mist_on_a_full_disk.hub, mist_on_a_full_disk.north
    (offer,) = [one for one in hub.audit("offer") if one["bundle"] == retrained]
    assert (offer["how"], offer["what"]) == ("shadow", f"{north.fingerprint[:12]} {CAMERA}")
    assert f"bundle {retrained} runs in the shadow of" in north.said()
    assert f"bundle {CAMERA} {retrained}: shadow -> accepted" in north.said()
    assert f"{north.fingerprint[:12]} {CAMERA}: bundle {retrained} is live" in hub.said()
    assert hub.camera("north")["asked"] == ""


def test_in_the_end_nothing_is_lost_and_nothing_ran_that_was_not_offered(
    retrained: str, mist_on_a_full_disk: Fleet
) -> None:
    hub, offered = mist_on_a_full_disk.hub, {one["bundle"] for one in mist_on_a_full_disk.hub.audit("offer")}
    for node in mist_on_a_full_disk.nodes:
        node.stop()
    hub.stop()
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in hub.data.rglob("*.jpg")}
    for node in mist_on_a_full_disk.nodes:
        sent = {one["sha256"] for one in node.ledger() if one["state"] == "sent"}
        assert sent and sent <= kept, node.name
        query = "SELECT name FROM events WHERE subject = 'bundle' AND after IN ('live', 'accepted')"
        ran = {name for (name,) in history(node.folder / "site.yaml", query)}
        assert ran and ran <= offered, node.name
