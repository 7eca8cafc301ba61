"""Bundles come whole, signed and for this node's cameras, or they do not come; none goes live that was not gated."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import MANIFEST, MODEL, parse_manifest, sha256, write_manifest
from lotwise.cameras.registry import state_file
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.state_file import LOCK
from lotwise.cameras.site.hub import HubBundles
from lotwise.cameras.site.settings import Site
from lotwise.node.hub import download as download_module
from lotwise.node.hub import fetching as fetching_module
from lotwise.node.hub.bundles import NodeBundles
from lotwise.node.hub.client import HubClient
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.fetching import FETCHING, Fetching
from lotwise.node.hub.ledger import LEDGER, Ledger
from lotwise.node.hub.messages import Offer
from lotwise.node.hub.refusals import REFUSALS, Refusals
from lotwise.node.hub.signing import own_keys
from lotwise.node.hub.telling import Telling
from tests.cameras.bundles import add, write_constant_bundle
from tests.node.hub.fake_hub import Failure, FakeHub

MODEL_PATH = f"/{MODEL}"


class Fetcher:
    """A node's side with cameras C1 and C2; bundles are made as the hub's."""

    def __init__(self, folder: Path, hub: FakeHub, client: HubClient) -> None:
        self.folder, self.hub, self.client, self.day = folder, hub, client, date(2026, 3, 4)
        cameras = {"C1": {"source": "x"}, "C2": {"source": "y"}, "one": {"source": "z", "bundles": folder / "fixed"}}
        content = {"name": "lot", "state": folder / "state", "cameras": cameras, "hub": {"url": hub.url}}
        self.site = Site.model_validate(content)
        self.registry = Registry(folder / "state" / "hub" / "bundles" / "C1")
        self.ledger = Ledger(folder / LEDGER)
        self.refusals = Refusals(folder / REFUSALS)

    def fetching(self, **settings: object) -> Fetching:
        bundles = NodeBundles(self.site, lambda *_: None)
        return Fetching(
            self.site, HubBundles.model_validate(settings), self.folder, self.client, self.ledger, bundles,
            self.refusals, lambda: self.hub.keys.public, Telling(logging.getLogger("hub"), "hub h"), lambda: self.day,
        )  # fmt: skip

    def bundle(self, score: float = 0.9, **fields: object) -> tuple[Path, str]:
        """A bundle beside the node, and its identity."""
        made = write_constant_bundle(self.folder / f"made-{score}-{len(fields)}", (score, 0.5), **fields)
        return made, parse_manifest(made).identity

    def offered(self, how: str = "live", **fields: object) -> Offer:
        return self.hub.offer(*self.bundle(**fields), how=how)  # type: ignore[arg-type]

    def parts(self) -> list[str]:
        return sorted(path.name for path in (self.folder / FETCHING).glob("*/*"))

    def gets(self) -> list[tuple[str, str]]:
        return [(path.rpartition("/")[2], span) for method, path, span in self.hub.asked if method == "GET"]


@pytest.fixture
def node(tmp_path: Path, hub: FakeHub, client: HubClient) -> Fetcher:
    return Fetcher(tmp_path, hub, client)


def fetch(fetching: Fetching, *offers: Offer, seconds: float = 60) -> bool:
    return fetching.fetch(offers, ["C1", "C2", "one"], time.monotonic() + seconds, threading.Event())


def test_the_first_bundle_goes_live_and_the_next_into_its_shadow(node: Fetcher) -> None:
    fetching, first = node.fetching(), node.offered()
    assert fetch(fetching, first) is False
    assert node.registry.state().live == first.identity
    second = node.offered(how="live", score=0.8)  # not live at once, whatever the hub says: something is live
    fetch(fetching, first, second)
    state = node.registry.state()
    assert (state.live, state.shadow, fetching.fetched) == (first.identity, second.identity, 2)
    asked = len(node.hub.asked)
    fetch(fetching, first, second)
    assert len(node.hub.asked) == asked and node.parts() == []


def test_one_for_the_shadow_waits_where_nothing_is_live(node: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    fetching, offer = node.fetching(), node.offered(how="shadow")
    fetch(fetching, offer)
    assert node.registry.state().live is None and "none is live here" in caplog.text
    asked = len(node.hub.asked)
    fetch(fetching, node.hub.offer(*node.bundle()))
    assert node.registry.state().live == offer.identity
    assert len(node.hub.asked) == asked  # it had come already


def test_a_download_that_was_cut_goes_on_there(node: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "CHUNK", 100)
    offer = node.offered()
    size = next(file.bytes for file in offer.files if file.name == MODEL)
    node.hub.cut_after = 50  # the manifest, whose name comes first
    with pytest.raises(HubFailed, match=rf"{MANIFEST}: the connection broke off after 50 of"):
        fetch(node.fetching(), offer)
    shutil.copy(node.bundle()[0] / MANIFEST, node.folder / FETCHING / offer.identity / MANIFEST)
    node.hub.cut_after = size - 120
    with pytest.raises(HubFailed, match="broke off"):
        fetch(node.fetching(), offer)
    assert node.registry.state().live is None
    fetch(node.fetching(), offer)  # as after a kill: nothing is remembered but what lies on the disk
    assert node.gets() == [(MANIFEST, ""), (MODEL, ""), (MODEL, f"bytes={size - 120}-")]
    assert node.registry.state().live == offer.identity


def test_a_download_pauses_for_the_next_report_and_when_the_node_ends(
    node: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "CHUNK", 100)
    offer, fetching = node.offered(), node.fetching()
    assert fetch(fetching, offer, seconds=0) is True
    stop = threading.Event()
    took = fetching._took

    def stop_soon(count: int) -> int:
        if count:
            stop.set()
        return took(count)

    monkeypatch.setattr(fetching, "_took", stop_soon)
    assert fetching.fetch([offer], ["C1"], time.monotonic() + 60, stop) is False
    assert node.parts() == [f".{MANIFEST}.part"]
    fetch(node.fetching(), offer)
    assert node.gets()[1] == (MANIFEST, "bytes=100-") and node.registry.state().live == offer.identity


def test_one_wrong_bit_is_thrown_away_and_fetched_anew(node: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    offer, fetching = node.offered(), node.fetching()
    path = next(one for one in node.hub.files if one.endswith(MODEL_PATH))
    good = node.hub.files[path]
    node.hub.files[path] = good[:70] + bytes([good[70] ^ 1]) + good[71:]
    fetch(fetching, offer)
    assert "model.onnx is not what the hub has signed; thrown away and tried again" in caplog.text
    assert node.parts() == [MANIFEST] and node.registry.state().live is None
    node.hub.files[path] = good
    fetch(fetching, offer)
    assert node.registry.state().live == offer.identity


@pytest.mark.parametrize("change", [lambda good: good + b"x", lambda good: good[:-1] + b"x"])
def test_one_that_is_always_wrong_is_refused_and_not_fetched_again(node: Fetcher, change) -> None:
    offer, fetching = node.offered(), node.fetching()
    path = next(one for one in node.hub.files if one.endswith(MODEL_PATH))
    node.hub.files[path] = change(node.hub.files[path])
    for _ in range(5):
        fetch(fetching, offer)
    assert [name for name, _ in node.gets()].count(MODEL) == 3
    assert "not what the hub has signed, 3 times" in node.refusals.of("C1")[offer.identity]
    assert node.parts() == [] and node.registry.state().live is None
    asked = len(node.hub.asked)
    node.refusals = Refusals(node.folder / REFUSALS)
    fetch(node.fetching(), offer)  # after a restart neither
    assert len(node.hub.asked) == asked


def test_offers_of_others_are_not_fetched(node: Fetcher, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bundle, identity = node.bundle()
    (tmp_path / "foreign").mkdir()
    foreign = node.hub.offer(bundle, identity, keys=own_keys(tmp_path / "foreign" / "hub.pem"))
    elsewhere = node.hub.offer(bundle, identity, camera="C9")
    fixed = node.hub.offer(bundle, identity, camera="one")
    write_constant_bundle(tmp_path / "fixed")
    signed_for_another = foreign.model_copy(update={"signature": elsewhere.signature})
    fetch(node.fetching(), foreign, elsewhere, fixed, signed_for_another)
    assert node.hub.asked == []
    assert "not signed with the hub's key" in caplog.text and "has no such camera" in caplog.text
    assert "always runs one bundle" in caplog.text
    fetch(node.fetching(allow=False), node.offered())
    assert node.hub.asked == []


def test_a_bundle_of_another_camera_or_role_is_refused(node: Fetcher) -> None:
    for fields, why in (({"camera": "C2"}, "made for camera C2"), ({"role": "baseline"}, "baseline and the offer")):
        offer = node.offered(**fields)
        fetch(node.fetching(), offer)
        assert why in node.refusals.of("C1")[offer.identity]
    bundle, identity = node.bundle(score=0.7)
    named_otherwise = node.hub.offer(bundle, "0" * 16)
    (bundle / "more.txt").write_text("more")
    with_more = node.hub.offer(bundle, identity)
    fetch(node.fetching(), named_otherwise, with_more)
    assert f"holds bundle {identity}" in node.refusals.of("C1")["0" * 16]
    assert "does not list the files" in node.refusals.of("C1")[identity]
    assert not node.registry.folder.exists() and node.parts() == []


def test_one_that_was_refused_in_its_shadow_is_not_fetched_again(node: Fetcher) -> None:
    node.registry.promote(add(node.registry, node.folder, 0.95))
    offer = node.offered(how="shadow")
    fetch(node.fetching(), offer)
    node.registry.refuse(offer.identity, "sees less")
    shutil.rmtree(node.registry.folder / offer.identity)
    asked = len(node.hub.asked)
    fetch(node.fetching(), offer)
    assert len(node.hub.asked) == asked and node.registry.state().shadow is None


def test_a_bundle_that_was_live_before_comes_back_at_once_and_its_successor_does_not(node: Fetcher) -> None:
    fetching, first, second = node.fetching(), node.offered(), node.offered(score=0.8)
    fetch(fetching, first)
    fetch(fetching, second)
    node.registry.accept(second.identity)
    asked = len(node.hub.asked)
    back = node.offered(how="back")
    assert back.identity == first.identity
    fetch(fetching, back)
    state = node.registry.state()
    assert state.live == first.identity and list(state.refused) == [second.identity]
    assert len(node.hub.asked) == asked, "nothing is fetched for that"
    fetch(fetching, back, second)
    assert node.registry.state() == state, "it is told again and again until the next report"


def test_what_runs_in_the_shadow_of_it_is_given_up(node: Fetcher) -> None:
    fetching, first, second = node.fetching(), node.offered(), node.offered(score=0.8)
    fetch(fetching, first)
    fetch(fetching, second)
    assert node.registry.state().shadow == second.identity
    fetch(fetching, node.offered(how="back"))
    state = node.registry.state()
    assert (state.live, state.shadow, list(state.refused)) == (first.identity, None, [second.identity])


def test_where_others_were_live_between_it_is_compared_first(node: Fetcher) -> None:
    fetching, first = node.fetching(), node.offered()
    fetch(fetching, first)
    for score in (0.8, 0.7):
        later = node.offered(score=score)
        fetch(fetching, later)
        node.registry.accept(later.identity)
    fetch(fetching, node.offered(how="back"))
    state = node.registry.state()
    assert (state.live, state.shadow) == (later.identity, first.identity)


def test_a_model_that_cannot_be_loaded_is_refused(node: Fetcher) -> None:
    broken = write_constant_bundle(node.folder / "broken")
    (broken / MODEL).write_bytes(b"no model")
    manifest = parse_manifest(broken).model_copy(update={"files": {MODEL: sha256(broken / MODEL)}})
    write_manifest(broken, manifest)
    offer, fetching = node.hub.offer(broken, manifest.identity), node.fetching()
    for _ in range(4):
        fetch(fetching, offer)
    assert offer.identity in node.refusals.of("C1") and node.registry.state().live is None


def test_what_a_person_wants_live_goes_live_at_once(node: Fetcher) -> None:
    fetching, first, second = node.fetching(), node.offered(), node.offered(how="shadow", score=0.8)
    fetch(fetching, first)
    fetch(fetching, second)
    node.registry.refuse(second.identity, "worse by 0.08")
    wanted = node.offered(how="promote", score=0.8)
    asked = len(node.hub.asked)
    fetch(fetching, wanted)
    state = node.registry.state()
    assert (state.live, state.before, state.on_probation) == (second.identity, first.identity, True)
    assert second.identity not in state.refused and len(node.hub.asked) == asked, "it had come already"
    node.registry.roll_back("it sees less", of=second.identity)  # as the node does by itself on probation
    assert fetching.declined("C1") == {}
    third = node.offered(how="promote", score=0.7)  # one that was never here is fetched first
    fetch(fetching, third)
    assert node.registry.state().live == third.identity


def test_what_a_person_wants_live_and_cannot_be_is_told(node: Fetcher, tmp_path: Path) -> None:
    wanted, foreign = node.offered(how="promote"), own_keys(tmp_path / "other.pem")
    closed = node.fetching(allow=False)
    fetch(closed, wanted, node.offered(how="shadow", score=0.8))
    assert closed.declined("C1") == {wanted.identity: "the site file says hub.bundles.allow: false"}
    fetching = node.fetching()
    forged = node.hub.offer(*node.bundle(), how="promote", keys=foreign)
    fetch(fetching, forged)
    assert "not signed with the hub's key" in fetching.declined("C1")[forged.identity]
    node.refusals.add("C1", wanted.identity, "its file model.onnx is not what the hub has signed, 3 times")
    fetch(fetching, wanted)
    assert fetching.declined("C1") == {wanted.identity: "its file model.onnx is not what the hub has signed, 3 times"}
    fetch(fetching)
    assert fetching.declined("C1") == {}, "of the last answer alone"
    assert node.registry.state().live is None


def test_the_day_s_budget_pauses_a_download(node: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "CHUNK", 100)
    offer = node.offered()
    size = sum(file.bytes for file in offer.files)
    budget = size / 2 / 1e6
    fetch(node.fetching(mb_a_day=budget), offer)
    came = node.ledger.received(node.day)
    assert size / 2 <= came <= size / 2 + 100 and node.registry.state().live is None
    fetch(node.fetching(mb_a_day=budget), offer)
    assert node.ledger.received(node.day) == came
    node.day += timedelta(days=1)
    fetch(node.fetching(mb_a_day=budget), offer)
    node.day += timedelta(days=1)
    fetch(node.fetching(mb_a_day=budget), offer)
    assert node.registry.state().live == offer.identity


def test_a_full_disk_is_told_and_nothing_is_fetched(
    node: Fetcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fetching_module, "LEFT_FREE", 10**18)
    fetch(node.fetching(), node.offered())
    assert node.hub.asked == [] and "MB are free on this disk" in caplog.text


def test_a_registry_that_cannot_be_written_is_no_fault_of_the_bundle(
    node: Fetcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fetching_module, "HOLD_S", 0.0)
    fetching, offer, in_the_way = node.fetching(), node.offered(), node.registry.folder / LOCK
    in_the_way.mkdir(parents=True)  # stands for rights that are wrong, which would not stop root
    for _ in range(4):
        fetch(fetching, offer)
    assert "cannot be written (Is a directory)" in caplog.text
    assert not node.refusals.of("C1") and len(node.gets()) == 2, "nothing is fetched twice for that"
    in_the_way.rmdir()
    fetch(fetching, offer)
    assert node.registry.state().live == offer.identity


def test_a_registry_that_others_change_neither_and_is_tried_again_later(
    node: Fetcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(state_file, "LOCK_TIMEOUT_S", 0.0)
    offer = node.offered()
    node.registry.folder.mkdir(parents=True)
    with state_file.locked(node.registry.folder):
        fetching = node.fetching()
        fetch(fetching, offer)
        fetch(fetching, offer)
        assert caplog.text.count("another process is changing this registry") == 1, "it is held for minutes"
        for _ in range(3):
            fetch(node.fetching(), offer)
    assert not node.refusals.of("C1")
    fetch(node.fetching(), offer)
    assert node.registry.state().live == offer.identity


@pytest.mark.parametrize("failure", [Failure("/v1/bundles", 404, "it was withdrawn"), Failure("/v1/bundles", 500)])
def test_what_the_hub_cannot_give_is_asked_for_later(node: Fetcher, failure: Failure) -> None:
    node.hub.failures.append(failure)
    offer, fetching = node.offered(), node.fetching()
    fetch(fetching, offer)
    fetch(fetching, offer)
    assert len(node.gets()) == 1 and not node.refusals.of("C1")
    fetch(node.fetching(), offer)
    assert node.registry.state().live == offer.identity


def test_what_is_offered_no_more_is_deleted(node: Fetcher) -> None:
    offer = node.offered()
    node.hub.cut_after = 10
    with pytest.raises(HubFailed):
        fetch(node.fetching(), offer)
    assert node.parts() == [f".{MANIFEST}.part"]
    fetch(node.fetching())
    assert node.parts() == []
