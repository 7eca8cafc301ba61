"""The node as Prometheus sees it, read anew at every scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import get_args

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceState
from lotwise.cameras.trust.verdict import Word
from lotwise.cameras.view.report import Verdict
from lotwise.node.http.served_node import ServedNode
from lotwise.node.offload_now import OffloadNow, Reader
from lotwise.node.place import SITE
from lotwise.node.places import lot_places, place_states
from lotwise.node.state import CameraNow, Counts, NodeNow
from lotwise.node.version import software_version


def node_registry(node: ServedNode) -> CollectorRegistry:
    """A registry for this node alone: what other libraries of the process count stays out of it."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(node))
    ProcessCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """All metrics in the format that the scraper's Accept header prefers, and that format's content type."""
    try:
        encoder, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version or a weight that is no number
        encoder, content_type = choose_encoder("")
    return encoder(registry), content_type


class NodeCollector(Collector):
    """Base units, counters since the node's start; labels are cameras, rows and fixed words, never slots or URLs."""

    def __init__(self, node: ServedNode) -> None:
        self._node = node

    def collect(self) -> Iterator[Metric]:
        """The figures at this moment; called by the Prometheus client at each request."""
        now = self._node.now()
        cameras = list(now.cameras.values())
        yield InfoMetricFamily("lotwise_build", "The software that runs", value={"version": software_version()})
        yield _gauge("lotwise_node_ready", "1 once every camera was looked at or is known to be down", now.ready)
        yield _gauge("lotwise_node_stuck", "1 while no frame is looked at", self._node.stuck() is not None)
        yield from _counters(cameras)
        yield from _states(cameras)
        yield from _slots(now)
        yield from _agreements(now)
        for name, value in sorted(self._node.metrics().items()):
            if name.endswith("_total"):
                yield CounterMetricFamily(name, "Told by the node", value=value)
            else:
                yield _gauge(name, "Told by the node", value)


_COUNTERS: tuple[tuple[str, str, Callable[[CameraNow], int]], ...] = (
    ("frames", "Frames that the source gave", lambda c: c.source.frames),
    ("dropped_frames", "Frames replaced by newer ones before they were looked at", lambda c: c.source.dropped),
    ("looked_frames", "Frames looked at", lambda c: c.looked),
    ("detected_frames", "Frames on which the detector ran", lambda c: c.detected),
    ("unchanged_frames", "Frames that showed nothing new, so that the detector did not run", lambda c: c.unchanged),
    ("untrusted_frames", "Frames of a view that could not be trusted", lambda c: c.untrusted),
    ("reconnects", "Connections to the source made anew", lambda c: c.source.reconnects),
    ("stalls", "Times the source was silent for too long", lambda c: c.source.stalls),
)


_OFFLOAD_COUNTERS: tuple[tuple[str, str, Callable[[OffloadNow], int]], ...] = (
    ("read_frames", "Frames that the neighbour has read", lambda now: now.read),
    ("late_frames", "Frames read here, as the neighbour's answer came too late or not at all", lambda now: now.late),
    ("trial_frames", "Frames sent to see how long the neighbour takes", lambda now: now.trials),
    ("failures", "Questions to the neighbour without an answer of use", lambda now: now.failures),
    ("sent_bytes", "Bytes of frames that have left for the neighbour", lambda now: now.sent_bytes),
)


def _counters(cameras: Iterable[CameraNow]) -> Iterator[Metric]:
    for name, text, read in _COUNTERS:
        family = CounterMetricFamily(f"lotwise_camera_{name}", text, labels=["camera"])
        for camera in cameras:
            family.add_metric([camera.camera], read(camera))
        yield family


def _states(cameras: Iterable[CameraNow]) -> Iterator[Metric]:
    up = GaugeMetricFamily("lotwise_camera_source_up", "1 while the source is live", labels=["camera"])
    sources = GaugeMetricFamily("lotwise_camera_source_state", "1 for its present state", labels=["camera", "state"])
    views = GaugeMetricFamily("lotwise_camera_view_state", "1 for its present verdict", labels=["camera", "verdict"])
    latency = GaugeMetricFamily(
        "lotwise_camera_latency_seconds", "From taking the last detected frame to its slots", labels=["camera"]
    )
    last = GaugeMetricFamily(
        "lotwise_camera_last_frame_timestamp_seconds", "When a frame was last looked at", labels=["camera"]
    )
    vehicles = GaugeMetricFamily(
        "lotwise_camera_vehicles", "Boxes in the last detected frame, without those that are ignored", labels=["camera"]
    )
    ignored = GaugeMetricFamily(
        "lotwise_camera_ignored_boxes", "Boxes in the last detected frame that are ignored", labels=["camera"]
    )
    live = InfoMetricFamily("lotwise_bundle", "The detector that is live", labels=["camera"])
    shadow = InfoMetricFamily("lotwise_shadow_bundle", "The detector in the live one's shadow", labels=["camera"])
    refused = InfoMetricFamily(
        "lotwise_refused_bundle", "A detector newer than the live one that was refused", labels=["camera"]
    )
    for camera in cameras:
        name = camera.camera
        up.add_metric([name], camera.source.state == "live")
        for state in get_args(SourceState):
            sources.add_metric([name, state], camera.source.state == state)
        for verdict in get_args(Verdict):
            views.add_metric([name, verdict], camera.view.verdict == verdict)
        if camera.detected:
            latency.add_metric([name], camera.latency_s)
            vehicles.add_metric([name], len(camera.detections))
            ignored.add_metric([name], len(camera.ignored))
        if camera.time is not None:
            last.add_metric([name], camera.time.timestamp())
        if camera.bundle:
            live.add_metric([name], {"bundle": camera.bundle})
        if camera.shadow:
            shadow.add_metric([name], {"bundle": camera.shadow})
        if camera.refusal is not None:
            refused.add_metric([name], {"bundle": camera.refusal.bundle})
    yield from (up, sources, views, latency, last, vehicles, ignored, live, shadow, refused)
    yield from _trust(cameras)
    yield from _offload(cameras)


def _trust(cameras: Iterable[CameraNow]) -> Iterator[Metric]:
    words = GaugeMetricFamily("lotwise_camera_trust", "1 for its present verdict", labels=["camera", "verdict"])
    accuracy = GaugeMetricFamily(
        "lotwise_camera_trust_accuracy",
        "Estimated share of slots read as the teacher would",
        labels=["camera", "bound"],
    )
    kept = GaugeMetricFamily("lotwise_camera_new_frames", "Kept frames that are new to the detector", labels=["camera"])
    for name, trust in ((camera.camera, camera.trust) for camera in cameras):
        if trust is None:
            continue
        for word in get_args(Word):
            words.add_metric([name, word], trust.verdict.word == word)
        found = trust.verdict
        for bound, value in (("estimate", found.accuracy), ("low", found.low), ("high", found.high)):
            if value is not None:
                accuracy.add_metric([name, bound], value)
        kept.add_metric([name], trust.new_frames)
    yield from (words, accuracy, kept)


def _offload(cameras: Iterable[CameraNow]) -> Iterator[Metric]:
    told = [(camera.camera, camera.offload) for camera in cameras if camera.offload is not None]
    if not told:
        return
    readers = GaugeMetricFamily(
        "lotwise_camera_reader", "1 for who reads the camera's frames", labels=["camera", "reader"]
    )
    times = GaugeMetricFamily(
        "lotwise_camera_reading_seconds",
        "A frame here; nine of ten answers of the neighbour; the limit within which they are of use",
        labels=["camera", "of"],
    )
    for name, now in told:
        for reader in get_args(Reader):
            readers.add_metric([name, reader], now.reader == reader)
        for of, value in (("local", now.local_s), ("neighbour", now.neighbour_s), ("limit", now.limit_s)):
            if value is not None:
                times.add_metric([name, of], value)
    yield from (readers, times)
    for counter, text, read in _OFFLOAD_COUNTERS:
        family = CounterMetricFamily(f"lotwise_camera_offload_{counter}", text, labels=["camera"])
        for name, now in told:
            family.add_metric([name], read(now))
        yield family


def _slots(now: NodeNow) -> Iterator[Metric]:
    slots = GaugeMetricFamily("lotwise_slots", "Slots in a camera's view by state", labels=["camera", "state"])
    for name, camera in now.cameras.items():
        for state, count in _counted(camera.slots):
            slots.add_metric([name, state], count)
    lot = GaugeMetricFamily("lotwise_lot_slots", "Slots of the lot by state, each once", labels=["state"])
    places = lot_places(now)
    for state, count in _counted(place_states(places)):
        lot.add_metric([state], count)
    rows = GaugeMetricFamily(
        "lotwise_row_slots",
        "Places of a row by state, each once; without a camera those that several cameras see",
        labels=["camera", "row", "state"],
    )
    overstays = GaugeMetricFamily(
        "lotwise_overstays", "Slots on which a car has been seen for longer than it may stand there", labels=["camera"]
    )
    of_rows: dict[tuple[str, str], dict[str, SlotNow]] = {}
    too_long: dict[str, int] = dict.fromkeys(now.cameras, 0)
    for name, place in places.items():
        owner = SITE if place.shared else place.cameras[0]
        of_rows.setdefault((owner, place.bay.row), {})[name] = place.now
        too_long[owner] = too_long.get(owner, 0) + place.bay.overstay
    for (owner, row), states in of_rows.items():
        for state, count in _counted(states):
            rows.add_metric([owner, row, state], count)
    for owner, count in too_long.items():
        overstays.add_metric([owner], count)
    yield from (slots, lot, rows, overstays)


def _agreements(now: NodeNow) -> Iterator[Metric]:
    compared = CounterMetricFamily(
        "lotwise_camera_compared_places", "Comparisons with another camera on a shared place", labels=["camera"]
    )
    differed = CounterMetricFamily(
        "lotwise_camera_differing_places", "Of these, those in which the other said something else", labels=["camera"]
    )
    share = GaugeMetricFamily(
        "lotwise_camera_disagreement_ratio",
        "Share of the comparisons of the past weeks that differed",
        labels=["camera"],
    )
    for name, one in now.agreements.items():
        compared.add_metric([name], one.compared)
        differed.add_metric([name], one.differed)
        if one.rate.share is not None:
            share.add_metric([name], one.rate.share)
    lasting = sum(place.disagreement is not None for place in now.shared.values())
    yield from (compared, differed, share)
    yield _gauge("lotwise_disagreements", "Places on which cameras have contradicted each other for long", lasting)


def _counted(slots: Mapping[str, SlotNow]) -> Iterator[tuple[str, int]]:
    counts = Counts.of(slots)
    return iter((("free", counts.free), ("occupied", counts.occupied), ("unknown", counts.unknown)))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
