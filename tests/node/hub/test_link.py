"""The whole of a node's side: enrolled, reported, sent and fetched, with a hub that comes and goes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.sources import BackoffSettings
from lotwise.datasets.errors import InputError
from lotwise.node.hub import link as link_module
from lotwise.node.hub.ledger import LEDGER, read_ledger
from lotwise.node.hub.link import KEY, HubLink
from lotwise.node.hub.messages import Orders, SlotOrder, slot_order_text
from lotwise.node.hub.signing import own_keys
from lotwise.node.journal.query import EventQuery
from lotwise.node.slot_editing.document import as_saved, entries_version
from lotwise.node.start import Service, open_service
from tests.cameras.bundles import write_constant_bundle
from tests.conftest import ROOT
from tests.node.hub.fake_hub import Failure, FakeHub
from tests.node.mqtt.brokers import until
from tests.node.nodes import square
from tests.node.sites import write_site


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "PENDING_S", 0.05)
    monkeypatch.setattr(link_module, "REJECTED_S", 0.05)
    monkeypatch.setattr(link_module, "AWAY", BackoffSettings(first_s=0.05, cap_s=0.1))
    monkeypatch.setattr(HubLink.__init__, "__defaults__", (link_module.AWAY, 30.0))


def without_a_bundle(folder: Path, **more: object) -> Path:
    """A site file of one camera, a folder that is shown over and over."""
    path = write_site(folder, cameras=1, source={"pace": "own", "repeat": True}, **more)
    text = path.read_text().replace("    bundles: bundle\n", "").replace("period_s: 0", "period_s: 0.2")
    path.write_text(text)
    return path


@pytest.fixture
def service(tmp_path: Path, hub: FakeHub) -> Iterator[Service]:
    """A node of one camera that has no bundle and no slots, only a hub."""
    frames = {"allow": True, "every_s": 1}
    path = without_a_bundle(tmp_path, hub={"url": hub.url, "report_s": 1, "frames": frames})
    made = open_service(read_site(path), path)
    yield made
    made.close()


def link(service: Service) -> HubLink:
    (found,) = (one for one in service.publishers if isinstance(one, HubLink))
    return found


def test_from_no_bundle_to_a_live_one(
    service: Service, hub: FakeHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "lotwise.node.hub.link")
    hub.state = "pending"
    hub.orders = Orders(again_s=1, cards=("C1",), frames={"C1": 2})
    service.start()
    until(lambda: len(hub.enrolled) > 2, "the node asks how its request stands")
    assert not hub.reports
    waits = service.node.now().hub
    assert waits is not None and (waits.state, waits.answered is not None) == ("pending", True)
    assert "waits to be accepted: on the hub's page, or on its machine by: lotwise hub accept" in waits.why
    assert sum("waits to be accepted" in line for line in caplog.messages) == 1
    hub.state = "accepted"
    until(lambda: hub.reports, "a report")
    first = hub.reports[0].cameras["C1"]
    assert (first.live, hub.reports[0].frames_allowed) == (None, True)
    until(lambda: "C1" in hub.cards, "a card")
    hub.orders = Orders(again_s=1, frames={"C1": 2})
    until(lambda: len(hub.taken) >= 1, "a first frame", 60)
    until(lambda: read_ledger(tmp_path / "state" / "hub" / LEDGER)[0].state == "sent", "a line in the ledger")
    assert {why for _, _, why in hub.about.values()} == {"first frames"}
    bundle = tmp_path / "bundle"
    identity = parse_manifest(bundle).identity
    hub.orders = Orders(again_s=1, offers=(hub.offer(bundle, identity),))
    until(lambda: service.node.now().cameras["C1"].bundle == identity, "the bundle reads the camera", 60)
    until(lambda: hub.reports[-1].cameras["C1"].live == identity, "the hub hears of that", 60)
    told = link(service).metrics()
    assert (
        told["lotwise_hub_accepted"] == told["lotwise_hub_connected"] == told["lotwise_hub_bundles_fetched_total"] == 1
    )
    now = service.node.now().hub
    assert now is not None and (now.url, now.state, now.why, now.frames_allowed) == (hub.url, "accepted", "", True)
    assert now.frames_sent >= 1
    assert "is live now; the camera had no bundle" in caplog.text


def test_a_hub_that_goes_and_comes_back_is_told_how_things_are(
    service: Service, hub: FakeHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "lotwise.node.hub.link")
    hub.orders = Orders(again_s=1)
    service.start()
    until(lambda: hub.reports, "a report")
    hub.close()
    until(lambda: "nothing listens there" in caplog.text, "the log says so", 60)
    away = service.node.now().hub
    assert away is not None and away.state == "away" and away.why.startswith("nothing listens there")
    failures = link(service).metrics()["lotwise_hub_failures_total"]
    until(lambda: link(service).metrics()["lotwise_hub_failures_total"] > failures + 3, "it is tried again")
    assert caplog.text.count("nothing listens there") == 1
    assert service.node.stuck() is None
    back = FakeHub(tmp_path, hub.port)
    back.node_key = hub.node_key
    back.orders = Orders(again_s=60)  # so that what comes by the clock is not taken for what has piled up
    until(lambda: back.reports, "a report once it is back", 60)
    before = len(back.reports)
    assert before <= 2  # states, not what has piled up
    until(lambda: "answers again" in caplog.text, "the log says so")
    assert caplog.text.count("answers again") == 1
    back.close()


def test_a_node_that_is_thrown_out_asks_to_be_taken_in_again(
    service: Service, hub: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    service.start()
    until(lambda: hub.reports, "a report")
    hub.state, hub.what_to_do = "rejected", "ask the office"
    hub.failures.append(Failure("/v1/report", 403, "this node was rejected"))
    until(lambda: "this node, lot, ask the office" in caplog.text, "the log says so", 60)
    assert "says: this node was rejected" in caplog.text
    hub.state, reports = "accepted", len(hub.reports)
    until(lambda: len(hub.reports) > reports, "a report after it was accepted again", 60)


def test_another_hub_gets_no_report(hub: FakeHub, tmp_path: Path) -> None:
    path = without_a_bundle(tmp_path, hub={"url": hub.url, "report_s": 1})
    first = open_service(read_site(path), path)
    first.start()
    until(lambda: hub.reports, "a report")
    first.close()
    (tmp_path / "other").mkdir()
    hub.keys, reports, enrolled = own_keys(tmp_path / "other" / "hub.pem"), len(hub.reports), len(hub.enrolled)
    again = open_service(read_site(path), path)
    again.start()
    until(lambda: len(hub.enrolled) > enrolled + 1, "it asks")
    assert len(hub.reports) == reports
    again.close()


def test_its_end_does_not_wait_for_a_hub_that_hangs(service: Service, hub: FakeHub) -> None:
    hub.server.shutdown()  # it listens still, and nobody answers
    service.start()
    began = time.monotonic()
    link(service).close()
    assert time.monotonic() - began < 25  # its request is given up after thirty
    link(service).close()


def test_what_the_state_folder_holds_must_be_readable(tmp_path: Path) -> None:
    path = write_site(tmp_path, cameras=1, hub={"url": "https://hub.invalid"})
    (tmp_path / "state" / "hub").mkdir(parents=True)
    (tmp_path / "state" / "hub" / KEY).write_text("no key")
    with pytest.raises(InputError, match=r"node\.pem: holds no Ed25519 key"):
        open_service(read_site(path), path)


def test_a_node_without_a_hub_loads_nothing_for_it(tmp_path: Path) -> None:
    path = write_site(tmp_path, cameras=1)
    code = (
        "import sys; from pathlib import Path\n"
        "from lotwise.cameras.site.reading import read_site\n"
        "from lotwise.node.start import open_service\n"
        "path = Path(sys.argv[1]); open_service(read_site(path), path).close()\n"
        "print([name for name in ('jwt', 'cryptography', 'lotwise.node.hub') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300
    )
    assert said.stdout.strip() == "[]", said.stderr
    assert not (tmp_path / "state" / "hub").exists()


def test_the_bundle_is_kept_where_the_site_file_names_a_run(tmp_path: Path, hub: FakeHub) -> None:
    path = without_a_bundle(tmp_path, run="run", hub={"url": hub.url, "report_s": 1})
    made = write_constant_bundle(tmp_path / "made")
    identity = parse_manifest(made).identity
    hub.orders = Orders(again_s=1, offers=(hub.offer(made, identity),))
    service = open_service(read_site(path), path)
    service.start()
    registry = Registry(tmp_path / "run" / "cameras" / "C1" / "bundles")
    until(lambda: registry.state().live == identity, "it is live", 60)
    service.close()


def test_slots_that_were_drawn_at_the_hub_are_in_force_in_the_running_node(tmp_path: Path, hub: FakeHub) -> None:
    path = without_a_bundle(tmp_path, hub={"url": hub.url, "report_s": 1, "slots": {"allow": True}})
    drawn = as_saved([SlotEntry.of(square(name, x, 0.1)) for name, x in (("1", 0.1), ("2", 0.6))])
    version = entries_version(drawn)
    with closing(open_service(read_site(path), path)) as service:
        hub.orders = Orders(again_s=1, documents=("C1",))
        service.start()
        until(lambda: hub.reports and hub.reports[-1].documents, "the hub has all of the slots")
        seen = hub.reports[-1].cameras["C1"].slots_version
        assert seen is not None and hub.reports[-1].documents == {"C1": ()}
        signature = hub.keys.sign(slot_order_text("C1", [seen], version, "user otto"))
        order = {"camera": "C1", "seen": [seen], "version": version, "by": "user otto", "signature": signature}
        slots = [one.model_dump(mode="json") for one in drawn]
        hub.orders = Orders(again_s=1, slots=(SlotOrder.model_validate(order | {"slots": slots}),))
        until(lambda: hub.reports[-1].cameras["C1"].slots_version == version, "the hub hears which ones are in force")
        until(lambda: [one.id for one in service.node.slots("C1")] == ["1", "2"], "the node reads them")
        until(lambda: "C1" in hub.cards and len(hub.cards["C1"].slots) == 2, "the card has them")
        noted = service.node.events(EventQuery(camera="C1"))
        assert [one.details["by"] for one in noted if one.name == "slot file"] == ["user otto at the hub"]
