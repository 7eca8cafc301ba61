"""The node samples its cameras, judges them by their last day, and keeps what is new, within its means."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.site.settings import Site
from lotwise.cameras.slots.shared.agreement import Rate
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.trust.log import log_file, read_log
from lotwise.cameras.trust.new_frames import FOLDER, new_frames
from lotwise.cameras.trust.prior import PRIOR
from lotwise.cameras.trust.reference import TrustReference, usual_reference
from lotwise.cameras.trust.sampling import Sampler
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.disturbances import lit_night
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Slot
from lotwise.node.journal.query import EventQuery
from lotwise.node.state import AgreementNow, CameraNow, Event, NodeNow
from lotwise.node.trust.watch import TrustWatch
from lotwise.node.trust_now import TrustNow
from lotwise.students.trust.reference import add_reference
from tests.node.nodes import NOON
from tests.node.streams import lot, pattern, write_reading_bundle


@dataclass
class Lot:
    """A node with one camera on :func:`lot`; hours after noon."""

    folder: Path
    hours: float = 0.0
    image: Image = field(default_factory=lambda: lot(0, pattern(0)))
    view: str = "good"
    trust: Mapping[str, TrustNow] = field(default_factory=dict)
    events_told: list[Event] = field(default_factory=list)
    changes: list[Event] = field(default_factory=list)
    broken: bool = False
    differs_every: int = 0
    bundle: str = ""
    runs: bool = True

    def site(self, **trust: float) -> Site:
        cameras = {"C1": {"source": "x", "bundles": self.folder / "bundle"}, "C2": {"source": "y", "bundles": "gone"}}
        content = {"name": "lot", "state": self.folder / "state", "cameras": cameras, "trust": trust}
        return Site.model_validate(content | {"detector": {"backend": "onnxruntime"}})

    def camera(self, name: str = "C1") -> CameraNow:
        time = NOON + timedelta(hours=self.hours)
        slots = {"1": SlotNow("free", NOON), "2": SlotNow("occupied", NOON)}
        view = ViewReport(self.view)  # type: ignore[arg-type]
        return CameraNow(
            name, time, SourceHealth("live", NOON), view, slots, trust=self.trust.get(name), bundle=self.bundle
        )

    def now(self) -> NodeNow:
        names = ("C2", "C1") if self.broken else ("C1",)
        compared = round(20 * self.hours) + 20
        differed = compared // self.differs_every if self.differs_every else 0
        agreements = {"C1": AgreementNow(Rate(900.0, 9.0), compared, differed)} if self.differs_every else {}
        return NodeNow("lot", NOON, True, {name: self.camera(name) for name in names}, agreements=agreements)

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        return self.image, self.camera(camera), load_detector(self.folder / "bundle").slots

    def detector(self, camera: str) -> tuple[Detector, Path] | None:
        if camera == "C2":
            raise InputError("C2: broken")
        return (load_detector(self.folder / "bundle"), self.folder / "bundle") if self.runs else None

    def events(self, query: EventQuery) -> Sequence[Event]:
        assert query.start is not None and query.end is not None
        return [event for event in self.changes if query.start <= event.time < query.end]

    def note(self, event: Event) -> None:
        self.events_told.append(event)


@pytest.fixture
def node(tmp_path: Path) -> Lot:
    made = Lot(tmp_path)
    bundle = write_reading_bundle(tmp_path / "bundle")
    sampler, detector = Sampler(), load_detector(bundle)
    usual = sampler.sample(detector, TrustReference(), made.image, NOON)[0].signals
    reference = usual_reference({name: value for name, value in usual.items() if value == value})
    weights = {"contrast": 0.3, "vehicles": 0.3}
    known = reference.model_copy(update={"frames": 3, "weights": weights, "offset": 0.05, "radius": 0.1})
    add_reference(bundle, known)
    return made


def watch(node: Lot, **trust: float) -> TrustWatch:
    return TrustWatch(node.site(**trust), node.folder, node, lambda: node.hours * 3600)


def pass_hours(node: Lot, watcher: TrustWatch, hours: int) -> None:
    for _ in range(hours):
        watcher.look()
        node.hours += 1


def test_what_a_sample_finds_after_the_end_is_not_told(node: Lot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node has said that it has stopped by then, and its history ends with that."""
    watcher, shown = watch(node), node.picture

    def ends_meanwhile(camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        watcher.close()
        return shown(camera)

    monkeypatch.setattr(node, "picture", ends_meanwhile)
    watcher.look()
    assert len(read_log(log_file(node.folder / "state", "C1"))) == 1
    assert not node.events_told


def test_a_camera_as_usual_is_good_and_the_night_is_told(node: Lot) -> None:
    watcher = watch(node, keep_days=30)
    pass_hours(node, watcher, 4)
    trust = node.trust["C1"]
    assert trust.verdict.word == "good" and trust.verdict.frames == 4
    assert node.events_told[0].after == "cannot tell"  # one frame says nothing yet
    node.image = lit_night(1.6)(node.image, np.random.default_rng(0))
    pass_hours(node, watcher, 26)
    assert node.trust["C1"].verdict.word == "retrain"
    told = node.events_told[-1]
    assert (told.subject, told.name, told.after) == ("camera", "trust", "retrain") and told.details["why"]
    assert watcher.metrics() == {"lotwise_trust_samples_total": 30.0}
    assert len(read_log(log_file(node.folder / "state", "C1"))) == 30
    kept = new_frames(node.folder / "state" / FOLDER, "C1")
    assert kept and "low accuracy" in kept[0].why and node.trust["C1"].new_frames == len(kept)


def test_what_other_cameras_say_of_its_places_is_a_reason(node: Lot) -> None:
    node.differs_every = 4
    watcher = watch(node)
    pass_hours(node, watcher, 4)
    found = node.trust["C1"].verdict
    assert found.word == "watch"
    assert found.reasons == ("other cameras that see its places say otherwise in 25% of 80 comparisons",)
    samples = read_log(log_file(node.folder / "state", "C1"))
    assert [(sample.compared, sample.differed) for sample in samples] == [(20, 5)] * 4


def test_between_two_samples_nothing_is_run(node: Lot) -> None:
    watcher = watch(node, every_s=7200)
    pass_hours(node, watcher, 6)
    assert watcher.metrics() == {"lotwise_trust_samples_total": 3.0}


def test_the_same_frame_is_sampled_once(node: Lot) -> None:
    watcher = TrustWatch(node.site(every_s=10), node.folder, node, iter(range(0, 10**6, 100)).__next__)
    watcher.look()
    watcher.look()
    assert watcher.metrics() == {"lotwise_trust_samples_total": 1.0}


def test_a_camera_without_a_detector_is_sampled_once_it_has_one(node: Lot) -> None:
    node.runs = False
    watcher = watch(node)
    pass_hours(node, watcher, 2)
    assert watcher.metrics() == {"lotwise_trust_samples_total": 0.0}
    node.runs = True
    pass_hours(node, watcher, 1)
    assert watcher.metrics() == {"lotwise_trust_samples_total": 1.0}


def test_a_restart_goes_on_where_it_was(node: Lot) -> None:
    pass_hours(node, watch(node), 4)
    node.trust = {}
    pass_hours(node, watch(node), 1)
    assert node.trust["C1"].verdict.frames == 5


def test_a_bad_view_is_no_verdict_on_the_bundle(node: Lot) -> None:
    node.view = "moved"
    pass_hours(node, watch(node), 4)
    found = node.trust["C1"].verdict
    assert found.word == "cannot tell" and "moved" in found.reasons[0]
    assert new_frames(node.folder / "state" / FOLDER, "C1") == []


def test_a_bad_view_at_the_start_does_not_hide_what_the_bundle_knows_of_itself(node: Lot) -> None:
    node.bundle = load_detector(node.folder / "bundle").identity
    watch = TrustWatch(node.site(every_s=600), node.folder, node, steady=lambda: 3600 * node.hours)
    for hour in range(5):
        node.hours, node.image, node.view = float(hour), lot(hour, pattern(hour)), "good" if hour else "blurred"
        watch.look()
    reasons = node.trust["C1"].verdict.reasons
    assert "its bundle carries no reference, so other cameras speak for it" not in reasons


@pytest.mark.parametrize("subject", ["slot", "sighting"], ids=["own slots", "slots that others see too"])
def test_flicker_of_the_journal_counts(node: Lot, subject: str) -> None:
    for minute in range(0, 240, 4):
        state = "free" if minute % 8 else "occupied"
        time = NOON + timedelta(minutes=minute)
        node.changes.append(Event(time, subject, "C1", "1", "unknown", state))
    pass_hours(node, watch(node), 4)
    assert any("take their state back" in reason for reason in node.trust["C1"].verdict.reasons)


def test_one_look_with_a_clock_that_was_ahead_keeps_no_later_one_away(
    node: Lot, caplog: pytest.LogCaptureFixture
) -> None:
    def wall() -> datetime:
        return NOON + timedelta(hours=node.hours)

    steady = itertools.count(step=3600)
    watcher = TrustWatch(node.site(), node.folder, node, lambda: next(steady), wall=wall)
    pass_hours(node, watcher, 3)
    right, node.hours = node.hours, 24 * 365 * 5
    watcher._wall = lambda: NOON + timedelta(hours=right)
    watcher.look()
    node.hours = right + 1
    watcher._wall = wall
    with caplog.at_level(logging.WARNING):
        pass_hours(node, watcher, 4)
    assert caplog.text.count("its trust forgets samples of a clock that was ahead") == 1
    samples = read_log(log_file(node.folder / "state", "C1"))
    assert [sample.taken - NOON for sample in samples] == [timedelta(hours=hour) for hour in (0, 1, 2, 4, 5, 6, 7)]
    assert node.trust["C1"].verdict.word == "good"


def test_a_bundle_without_a_reference_is_compared_with_its_first_samples(node: Lot) -> None:
    write_reading_bundle(node.folder / "bundle")  # whose manifest vouches for no reference any more
    pass_hours(node, watch(node), 4)
    found = node.trust["C1"].verdict
    assert found.accuracy == pytest.approx(1 - PRIOR.offset**2, abs=0.02)
    assert "no reference" in " ".join(found.reasons)


def test_one_bad_camera_keeps_no_other_from_being_judged(node: Lot, caplog: pytest.LogCaptureFixture) -> None:
    node.broken = True
    with caplog.at_level(logging.WARNING):
        pass_hours(node, watch(node), 4)
    assert "C2" not in node.trust and node.trust["C1"].verdict.frames == 4
    assert sum("camera C2: its trust is not judged" in record.message for record in caplog.records) == 1


def test_drift_says_since_when(node: Lot) -> None:
    watcher = watch(node)
    pass_hours(node, watcher, 20)
    began = node.hours
    node.image = lit_night(1.6)(node.image, np.random.default_rng(0))
    pass_hours(node, watcher, 12)
    drift = node.trust["C1"].drift
    assert f"{(NOON + timedelta(hours=began)).astimezone():since %Y-%m-%d %H:%M}" in drift
    there = TrustWatch(node.site().model_copy(update={"schedule": Schedule(timezone="Asia/Tokyo")}), node.folder, node)
    there.look()
    assert f"{NOON + timedelta(hours=began + 9):since %Y-%m-%d %H:%M}" in node.trust["C1"].drift
