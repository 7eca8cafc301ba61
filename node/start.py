"""From a site file to a running node with all that it publishes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import cv2

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import bundles_of
from lotwise.cameras.site.frames import chosen_cameras
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.sources.source import open_source
from lotwise.cameras.view.health import ViewWatch
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.node.allocator import few_heaps, give_back
from lotwise.node.camera import CameraLoop
from lotwise.node.hot_swap import Bundles
from lotwise.node.http.server import ApiServer
from lotwise.node.journal.journal import Journal
from lotwise.node.lock import StateLock
from lotwise.node.mqtt.publisher import MqttPublisher
from lotwise.node.node import Node

JOURNAL = "history.sqlite"
SEEN = "seen"
"""Touched while the node runs: until when the states in the journal are known to have held."""


@dataclass(frozen=True)
class Service:
    """A node and what stands around it.

    Attributes:
        seen: file whose time says until when the states are known to have held.
        loader: loads models beside the loop.
        lock: keeps other nodes from the state folder.
    """

    node: Node
    journal: Journal
    mqtt: MqttPublisher | None
    api: ApiServer | None
    seen: Path
    loader: ThreadPoolExecutor
    lock: StateLock

    def start(self) -> None:
        """Look at cameras, and publish.

        Raises:
            InputError: the API's address, token or certificate cannot be used; no camera was looked at then.
        """
        if self.api is not None:
            self.api.start()
        self.node.start()
        if self.mqtt is not None:
            self.mqtt.start()

    def close(self) -> None:
        """Stop looking, tell everybody, write the last states."""
        self.node.close()
        self.loader.shutdown(wait=False, cancel_futures=True)
        if self.mqtt is not None:
            self.mqtt.close()
        if self.api is not None:
            self.api.close()
        self.beat()
        self.journal.close()
        self.lock.close()

    def beat(self) -> None:
        """The node lives; called every few seconds."""
        give_back()
        try:
            self.seen.touch()
        except OSError:
            return  # the journal tells of a disk that cannot be written


def open_service(site: Site, path: Path, cameras: tuple[str, ...] | None = None) -> Service:
    """All parts of a site's node, ready to start.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        path: the site file.
        cameras: ids; None for all.

    Raises:
        InputError: a slot file, secret, folder or video that cannot be read, a state folder that cannot be written
            or that another node uses, a camera that the site does not name or for which no bundle is named.
    """
    base = path.parent
    chosen = chosen_cameras(site, path, cameras)
    workers = min(site.detector.workers or _cores(), len(chosen))
    threads = max(1, _cores() // workers)
    # Each worker has its core; OpenCV's own threads would only take it from the others.
    cv2.setNumThreads(1)
    few_heaps()
    places = {name: bundles_of(site, name) for name in chosen}
    slots = {name: None if (file := site.cameras[name].slots) is None else read_slot_file(file) for name in chosen}
    cache = site.state / "cache"

    def load(bundle: Path) -> Detector:
        detector = load_detector(bundle, threads, site.detector.backend, site.detector.precision, cache)
        give_back()
        return detector

    with ExitStack() as opened:
        lock = opened.enter_context(closing(StateLock(site.state)))
        journal = opened.enter_context(closing(Journal(site.state / JOURNAL, site.publish.history)))
        node = opened.enter_context(closing(Node(site.name, journal, workers)))
        loader = ThreadPoolExecutor(1, "loader")
        seen = site.state / SEEN
        until = datetime.fromtimestamp(seen.stat().st_mtime, UTC) if seen.exists() else None
        for name in chosen:
            settings = site.settings_of(name)
            period_s = settings.schedule.period_s
            source = open_source(site.cameras[name].source, name, partial(node.arrived, name), period_s, base)
            opened.callback(source.close)
            loop = CameraLoop(
                name,
                settings,
                source,
                ViewWatch(settings.view, site.state / "views" / f"{name}.npz"),
                Bundles(name, places[name], load, loader, site.swap),
                slots[name],
                _drawn(places[name]),
                journal.slots(name),
                until,
            )
            node.add(loop)
        mqtt = api = None
        if site.publish.mqtt is not None:
            mqtt = MqttPublisher(site.publish.mqtt, site.name, journal, node.now, base)
            node.changed = mqtt.wake
        if site.publish.api.enabled:
            api = ApiServer(node, site.publish.api, base)
        opened.pop_all()  # from here on it is the service that closes them
    node.extras.append(lambda: _measured(journal, mqtt))
    return Service(node, journal, mqtt, api, seen, loader, lock)


def _cores() -> int:
    """That this process may use: in a container, or when pinned, fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _drawn(place: Registry | Path) -> tuple[Slot, ...]:
    """The slots of a live bundle; its files are looked at when it is loaded."""
    try:
        folder = place if isinstance(place, Path) else place.folder / (place.state().live or "")
        return tuple(shape.slot() for shape in parse_manifest(folder).slots)
    except InputError:
        return ()  # the loop itself tells of a bundle that cannot be read


def _measured(journal: Journal, mqtt: MqttPublisher | None) -> Mapping[str, float]:
    health = journal.health()
    figures = {
        "lotwise_journal_writable": float(health.writable),
        "lotwise_journal_events_in_memory": float(health.in_memory),
        "lotwise_journal_lost_events_total": float(health.lost),
    }
    if mqtt is not None:
        broker = mqtt.health()
        figures |= {
            "lotwise_mqtt_connected": float(broker.state == "connected"),
            "lotwise_mqtt_undelivered_events": float(broker.waiting),
            "lotwise_mqtt_connects_total": float(broker.connects),
            "lotwise_mqtt_lost_events_total": float(broker.lost),
        }
    return figures
