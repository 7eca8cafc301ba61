"""From a site file to a running node with all that it publishes."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from lotwise.cameras.detection.backends.shared import SharedNetworks
from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.engine.choices import Choices
from lotwise.cameras.detection.engine.engine import load_engine
from lotwise.cameras.detection.engine.machine import cores, this_machine
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import bundles_of
from lotwise.cameras.registry.use import RegistriesInUse
from lotwise.cameras.site.frames import chosen_cameras
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.shared_slots import shared_slots
from lotwise.cameras.sources.camera import open_camera
from lotwise.cameras.view.health import ViewHealth
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.node import publisher_list
from lotwise.node.agreement_file import AgreementFile, read_agreement
from lotwise.node.arenas import limit_arenas, trim_arenas
from lotwise.node.boards.leader import load_on_boards
from lotwise.node.camera import CameraLoop
from lotwise.node.engine_probe import EngineProbe, Watched
from lotwise.node.hot_swap import HotSwap
from lotwise.node.ignoring import Ignoring
from lotwise.node.journal.journal import Journal
from lotwise.node.lock import StateLock
from lotwise.node.node import Node
from lotwise.node.place import SITE
from lotwise.node.publisher import Publisher, Surroundings
from lotwise.node.shared_places import SharedPlaces
from lotwise.node.slot_follower import SlotFollower
from lotwise.node.slot_learning import SlotLearning
from lotwise.node.state_folder import AGREEMENT, HEARTBEAT_FILE, JOURNAL
from lotwise.node.trust.reservoirs import Reservoirs

if TYPE_CHECKING:
    from lotwise.node.offloading.site_offloading import SiteOffloading


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """A node and what stands around it.

    Attributes:
        watchers: publishers that make events themselves.
        heartbeat_file: its time says until when the states are known to have held.
        loader: loads models beside the loop.
        lock: keeps other nodes from the state folder.
        probe: finds out how models run fastest on this machine.
        agreement_file: keeps how cameras agree.
        in_use: tells whoever makes new bundles that a node runs the live ones.
    """

    node: Node
    journal: Journal
    publishers: Sequence[Publisher]
    watchers: Sequence[Publisher]
    heartbeat_file: Path
    loader: ThreadPoolExecutor
    probe: EngineProbe
    lock: StateLock
    agreement_file: AgreementFile
    in_use: RegistriesInUse

    def start(self) -> None:
        """Publish, and look at cameras.

        Raises:
            InputError: a publisher cannot work as it is set up; no camera was looked at then.
        """
        for publisher in (*self.publishers, *self.watchers):
            publisher.start()
        self.node.start()
        self.probe.start()

    def close(self) -> None:
        """Stop looking at cameras, let the publishers finish, and write the last states."""
        self.probe.close()
        for watcher in reversed(self.watchers):
            watcher.close()
        self.node.close()
        self.loader.shutdown(wait=False, cancel_futures=True)
        for publisher in reversed(self.publishers):
            publisher.close()
        self.heartbeat()
        self.agreement_file.keep(self.node.kept_agreement, at_once=True)
        self.journal.close()
        self.in_use.close()
        self.lock.close()

    def heartbeat(self) -> None:
        """Note that the node lives, and what it uses, and give free memory back; called every few seconds."""
        trim_arenas()
        self.in_use.mark()
        self.node.check_clock()
        self.agreement_file.keep(self.node.kept_agreement)
        try:
            # Not through a link: it could point to where a file is to appear that somebody else waits for.
            os.close(os.open(self.heartbeat_file, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o640))
            os.utime(self.heartbeat_file, follow_symlinks=False)
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
    workers, threads = workers_and_threads(site, len(chosen))
    # Each worker has its core; OpenCV's own threads would only take it from the others.
    cv2.setNumThreads(1)
    limit_arenas()
    bundles = {name: bundles_of(site, name) for name in chosen}
    slots = {name: SlotFollower(site, name) for name in chosen}
    cache = site.state / "cache"
    choices = Choices(site.state, site.detector, this_machine(), threads)
    # Cameras that run the same model, as before their first training, need it once for each worker.
    shared_networks = SharedNetworks(workers)

    def load(bundle: Path) -> Detector:
        on_boards = load_on_boards(bundle, site.detector, base, threads) if site.detector.boards else None
        if on_boards is not None:
            return on_boards
        detector = load_engine(bundle, choices.engine(parse_manifest(bundle)), threads, cache, shared_networks.load)
        trim_arenas()
        return detector

    with ExitStack() as opened:
        lock = opened.enter_context(closing(StateLock(site.state)))
        journal = opened.enter_context(closing(Journal(site.state / JOURNAL, site.publish.history)))
        heartbeat_file = site.state / HEARTBEAT_FILE
        until = datetime.fromtimestamp(heartbeat_file.stat().st_mtime, UTC) if heartbeat_file.exists() else None
        shared = _shared_places(site, chosen, journal, until)
        offload = _offload(site, base, workers)
        # A camera that waits for its neighbour keeps no other one waiting.
        waiting = 0 if offload is None else sum(map(offload.allows, chosen))
        looking = min(len(chosen), workers + waiting)
        node = opened.enter_context(closing(Node(site.name, journal, looking, shared)))
        loader = ThreadPoolExecutor(1, "loader")
        probe = EngineProbe(choices, site.detector, threads, lambda: node.now().ready)
        registries = [one.folder for one in bundles.values() if isinstance(one, Registry)]
        in_use = opened.enter_context(closing(RegistriesInUse(registries)))
        node.held_until = until
        keep = timedelta(days=site.publish.history.keep_days)
        for name in chosen:
            settings = site.settings_of(name)
            period_s = settings.schedule.period_s
            masks = privacy_masks(site.cameras[name], f"{path}: cameras.{name}.privacy_masks")
            source = open_camera(
                site.cameras[name], name, partial(node.arrived, name), period_s, base, settings.schedule.zone
            )
            opened.callback(source.close)
            hot_swap = HotSwap(name, bundles[name], load, loader, site.swap, period_s=period_s)
            loop = CameraLoop(
                name,
                settings,
                source,
                ViewHealth(settings.view, site.state / "views" / f"{name}.npz", masks),
                hot_swap,
                bundle_slots=_bundle_slots(bundles[name]),
                states_before=journal.slots(name),
                held_until=until,
                slot_follower=slots[name],
                masks=masks,
                ignoring=Ignoring(site.ignore_file(name), site.staying_file(name)),
                slot_learning=SlotLearning(site.seen_boxes_file(name), loader, keep, masks),
                offloading=None if offload is None else offload.camera(name, settings, hot_swap),
            )
            node.add(loop)
            probe.add(Watched(name, hot_swap, loop.last_frame))
        around = Surroundings(site, base, node, journal, Reservoirs(site))
        publishers, watchers = (
            [publisher for make in makers if (publisher := _opened(make(around), node, opened)) is not None]
            for makers in (publisher_list.PUBLISHERS, publisher_list.WATCHERS)
        )
        opened.pop_all()  # from here on it is the service that closes them
    node.metric_sources.append(partial(_journal_metrics, journal))
    agreement_file = AgreementFile(site.state / AGREEMENT)
    return Service(node, journal, publishers, watchers, heartbeat_file, loader, probe, lock, agreement_file, in_use)


def _opened(publisher: Publisher | None, node: Node, opened: ExitStack) -> Publisher | None:
    """A publisher that hears of news from now on, and is closed where the node cannot be opened."""
    if publisher is not None:
        opened.callback(publisher.close)
        node.listeners.append(publisher.wake)
        node.metric_sources.append(publisher.metrics)
    return publisher


def workers_and_threads(site: Site, cameras: int) -> tuple[int, int]:
    """Frames that are worked on at once, and threads for each of their models."""
    workers = min(site.detector.workers or cores(), cameras)
    return workers, max(1, cores() // workers)


def _shared_places(
    site: Site, cameras: Sequence[str], journal: Journal, held_until: datetime | None
) -> SharedPlaces | None:
    rule = shared_slots(site.shared_slots, cameras)
    if not rule:
        return None
    kept = read_agreement(site.state / AGREEMENT)
    bridge = timedelta(seconds=site.hysteresis.bridge_s)
    before, zone = journal.slots(SITE), site.schedule.zone
    return SharedPlaces(rule, bridge, before, None, held_until, kept.agreement, kept.told, zone)


def _offload(site: Site, base: Path, workers: int) -> SiteOffloading | None:
    """The neighbour that may read frames; None where none may."""
    settings = site.detector.offload
    if settings is None:
        return None
    if not settings.frames.allow:
        mend = "say frames: {allow: true} in it, or take it out"
        log.warning("detector.offload: no frame may leave this node, so all are read here; %s", mend)
        return None
    from lotwise.node.offloading.site_offloading import SiteOffloading  # which no other node needs

    return SiteOffloading(settings, base, workers)


def _bundle_slots(bundles: Registry | Path) -> tuple[Slot, ...]:
    """The slots of a live bundle; its files are looked at when it is loaded."""
    try:
        folder = bundles if isinstance(bundles, Path) else bundles.folder / (bundles.state().live or "")
        return tuple(shape.slot() for shape in parse_manifest(folder).slots)
    except InputError:
        return ()  # the loop itself tells of a bundle that cannot be read


def _journal_metrics(journal: Journal) -> Mapping[str, float]:
    health = journal.health()
    return {
        "lotwise_journal_writable": float(health.writable),
        "lotwise_journal_events_in_memory": float(health.in_memory),
        "lotwise_journal_lost_events_total": float(health.lost),
    }
