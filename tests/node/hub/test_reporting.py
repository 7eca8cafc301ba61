"""What a hub is told of the cameras, and when it gets a card."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.verdict import Verdict
from lotwise.datasets.frame import Image, Slot
from lotwise.node.hub.bundles import BundlesNow, NodeBundles
from lotwise.node.hub.messages import Report
from lotwise.node.hub.reporting import Reporting
from lotwise.node.state import CameraNow, NodeNow
from lotwise.node.trust_now import TrustNow
from tests.cameras.bundles import add, write_constant_bundle
from tests.node.nodes import NOON, camera, square

MASK = ((-0.2, 0.0), (0.3, 0.0), (0.3, 0.4))  # reaches over the frame's edge


@dataclass
class Node:
    cameras: list[CameraNow] = field(default_factory=lambda: [camera("C1"), camera("C2", slots={})])
    drawn: dict[str, tuple[Slot, ...]] = field(default_factory=lambda: {"C1": (square("7", 0.1, 0.1),), "C2": ()})

    def now(self) -> NodeNow:
        return NodeNow("lot", NOON, True, {one.camera: one for one in self.cameras})

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        return None

    def slots(self, camera: str) -> tuple[Slot, ...]:
        return self.drawn[camera]


def site(folder: Path) -> Site:
    cameras = {
        "C1": {"source": "x", "bundles": folder / "own", "privacy_masks": [MASK]},
        "C2": {"source": "y", "bundles": folder / "one"},
    }
    return Site.model_validate({"name": "lot", "state": folder / "state", "cameras": cameras})


def reporting(folder: Path, node: Node) -> Reporting:
    told: list[str] = []
    return Reporting(site(folder), node, NodeBundles(site(folder), lambda *_: told.append("")).now, lambda _: 3)


def test_a_report_survives_its_way_and_has_it_all(tmp_path: Path) -> None:
    node = Node()
    trust = TrustNow(Verdict("retrain", 0.8, 0.7, 0.9, reasons=("x" * 900,)), NOON, "since noon: darker", 4)
    node.cameras[0] = replace(node.cameras[0], trust=trust)
    made = reporting(tmp_path, node)
    report = made.report((), True, 5_000_000)
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert (report.frames_allowed, report.bytes_left, report.cards) == (True, 5_000_000, {})
    first, second = report.cameras["C1"], report.cameras["C2"]
    assert (first.verdict, first.accuracy, first.low, first.high) == ("retrain", 0.8, 0.7, 0.9)
    assert (first.drift, first.view, first.source, first.new_frames) == ("since noon: darker", "good", "live", 3)
    assert (first.free, first.occupied, first.unknown) == (1, 1, 1)
    assert first.reasons == ("x" * 500,)  # no more than the message may carry
    assert (second.verdict, second.accuracy, second.free) == (None, None, 0)


def test_a_card_is_given_when_it_is_asked_for_and_when_it_has_changed(tmp_path: Path) -> None:
    node = Node()
    made = reporting(tmp_path, node)
    first = made.report(["C1"], False, 0)
    made.reported(first)
    card = first.cards["C1"]
    assert (card.slots[0].id, card.masks, card.ignored) == ("7", (MASK,), ())
    assert card.stamp == first.cameras["C1"].card
    assert made.report((), False, 0).cards == {}
    node.cameras[0] = replace(node.cameras[0], regions=(IgnoreRegion(box=(0.1, 0.1, 0.2, 0.2)),))
    changed = made.report((), False, 0)
    assert changed.cards["C1"].ignored == ((0.1, 0.1, 0.2, 0.2),)
    assert changed.cameras["C1"].card != first.cameras["C1"].card
    assert "C1" in made.report((), False, 0).cards  # the hub has not taken the last one
    made.reported(changed)
    node.drawn["C2"] = (square("1", 0.2, 0.2),)
    assert list(made.report((), False, 0).cards) == ["C2"]


def test_bundles_as_the_registry_has_them(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    bundles = NodeBundles(site(tmp_path), lambda *what: told.append(what))
    assert bundles.now("C1", "") == BundlesNow()
    registry = bundles.registry("C1")
    assert registry is not None and registry.folder == tmp_path / "own"
    live, other = add(registry, tmp_path, 0.9), add(registry, tmp_path, 0.8)
    registry.promote(live)
    registry.start_shadow(other)
    assert bundles.now("C1", live) == BundlesNow(live, "student", other)
    registry.refuse(other, "sees less")
    assert bundles.now("C1", live) == BundlesNow(live, "student", None, {other: "sees less"})
    (tmp_path / "own" / "registry.json").write_text("{")
    assert bundles.now("C1", live) == BundlesNow()
    assert told[0][0] == "C1" and "registry.json" in told[0][1]


def test_a_camera_that_always_runs_one_bundle(tmp_path: Path) -> None:
    write_constant_bundle(tmp_path / "one", camera="C2")
    bundles = NodeBundles(site(tmp_path), lambda *_: None)
    assert bundles.registry("C2") is None
    assert bundles.now("C2", "0123456789abcdef") == BundlesNow(live="0123456789abcdef")
    assert bundles.now("C2", "") == BundlesNow()


def test_states_of_slots_are_a_letter_each_in_the_order_of_the_card(tmp_path: Path) -> None:
    node = Node()
    known = list(node.cameras[0].slots)
    node.drawn["C1"] = tuple(square(name, 0.1, 0.1) for name in (*known[::-1], "new"))
    states = reporting(tmp_path, node).report((), False, 0).cameras["C1"].states
    letters = {"free": "f", "occupied": "o", "unknown": "u"}
    expected = "".join(letters[node.cameras[0].slots[name].state] for name in known[::-1])
    assert states == expected + "u" and len(set(states)) == 3
    assert reporting(tmp_path, node).report((), False, 0).cameras["C2"].states == "", "nothing was read there yet"


def test_what_is_not_done_for_the_hub_is_told(tmp_path: Path) -> None:
    node, identity = Node(), "0" * 16
    made = Reporting(site(tmp_path), node, lambda *_: BundlesNow(), lambda _: 0, lambda _: {identity: "y" * 900})
    assert made.report((), False, 0).cameras["C1"].declined == {identity: "y" * 500}
