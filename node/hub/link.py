"""The node's link to its hub: enrols, reports, sends frames and fetches bundles, on a thread of its own.

The node only calls out. Without its hub it runs on what it has, for ever: reports are states and no backlog, frames
wait within the reservoir's megabytes, and whatever goes wrong here never makes a camera wait.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lotwise.cameras.site.hub import HubSettings
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.sources import BackoffSettings
from lotwise.cameras.sources.backoff import Backoff
from lotwise.datasets.errors import InputError
from lotwise.node.connection_words import one_line
from lotwise.node.hub.bundles import BundlesNow, NodeBundles
from lotwise.node.hub.client import TIMEOUT_S, HubClient
from lotwise.node.hub.enrolment import Enrolment
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.fetching import Fetching
from lotwise.node.hub.first_frames import FirstFrames
from lotwise.node.hub.ledger import LEDGER, Ledger
from lotwise.node.hub.linked_node import NodeWithHub
from lotwise.node.hub.messages import Enrolled, Offer, Orders
from lotwise.node.hub.refusals import REFUSALS, Refusals
from lotwise.node.hub.reporting import Reporting, bundles_with
from lotwise.node.hub.sending import OF_THE_NODE, Sending
from lotwise.node.hub.signing import fingerprint, own_keys
from lotwise.node.hub.slot_orders import EditedSlots, SlotOrders
from lotwise.node.hub.telling import Telling
from lotwise.node.hub_now import HubNow
from lotwise.node.periodic_thread import PeriodicThread
from lotwise.node.trust.reservoirs import Reservoirs

log = logging.getLogger(__name__)

FOLDER = "hub"
"""Folder in the node's state folder."""
KEY = "node.pem"
"""File in it: the node's own key pair."""
PENDING_S, REJECTED_S = 20.0, 600.0
"""Seconds between two questions how the enrolment stands."""
SOON_S = 1.0
"""Seconds to the next report where the hub waits for a card, or something is under way that can go on."""
WORK_S = 20.0
"""Seconds for frames and bundles between two reports: during a long download the hub still hears of the node."""
JITTER = 0.1
"""Share by which pauses vary, so that the nodes of a hub that comes back do not all call at once."""
AWAY = BackoffSettings(first_s=5.0, cap_s=300.0)
"""How a hub that is away is asked again."""


class HubLink:
    """Meets :class:`lotwise.node.publisher.Publisher`.

    Args:
        site: with absolute paths.
        settings: of its hub.
        base: folder of the site file, which secrets are relative to.
        node: what is told, whose pictures are sent, and who tells how it stands with its hub.
        reservoirs: frames worth learning from.
        slots: of the cameras, which the hub may change where the site file says so.
        away: how a hub that is away is asked again.
        timeout_s: seconds for a connection, and for each part of an answer.

    Raises:
        InputError: a secret, key, certificate or file of the state folder that cannot be used.
    """

    def __init__(
        self,
        site: Site,
        settings: HubSettings,
        base: Path,
        node: NodeWithHub,
        reservoirs: Reservoirs,
        slots: EditedSlots,
        away: BackoffSettings = AWAY,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        folder = site.state / FOLDER
        self._settings, self._node, self._away = settings, node, away
        self._telling = Telling(log, f"hub {settings.url}")
        keys = own_keys(folder / KEY)
        self._fingerprint = fingerprint(keys.public)
        client = HubClient(settings.url, keys, settings.ca, timeout_s)
        self._client = client
        self._enrolment = Enrolment(settings, site.name, folder, base, client, keys)
        self._ledger = Ledger(folder / LEDGER)
        self._refusals = Refusals(folder / REFUSALS)
        self._bundles = NodeBundles(site, lambda camera, why: self._telling.warn(f"bundles {camera}", why))
        self._sending = Sending(site, settings.frames, client, self._ledger, self._telling)
        self._fetching = Fetching(
            site, settings.bundles, folder, client, self._ledger, self._bundles, self._refusals,
            lambda: self._enrolment.hub_key, self._telling, self._sending.today,
        )  # fmt: skip
        self._slots = SlotOrders(
            settings.slots.allow, slots, folder, lambda: self._enrolment.hub_key, self._telling
        )  # fmt: skip
        self._reporting = Reporting(
            site, node, self._bundles_now, self._sending.waiting, self._declined, self._slots.told
        )  # fmt: skip
        self._first = FirstFrames(node, reservoirs, self._sending.waiting, settings.frames.every_s, site.trust.every_s)
        self._asked: Sequence[str] = ()
        self._documents: Sequence[str] = ()
        self._accepted = self._connected = self._lost = False
        self._reports = self._failures = 0
        self._now = HubNow(settings.url, frames_allowed=settings.frames.allow)
        node.hub = self._now
        self._backoff = Backoff(self._away)
        self._thread = PeriodicThread("hub", self._call, self._away.first_s, 0.0, failing="the hub is not called")

    def start(self) -> None:
        """Begin to call the hub; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Nothing to do: the hub is told by the clock."""

    def close(self) -> None:
        """End, after the request that is under way if that is over soon."""
        if self._thread.close():
            self._ledger.close()

    def metrics(self) -> Mapping[str, float]:
        """How the link is."""
        return {
            "lotwise_hub_connected": float(self._connected),
            "lotwise_hub_accepted": float(self._accepted),
            "lotwise_hub_reports_total": float(self._reports),
            "lotwise_hub_failures_total": float(self._failures),
            "lotwise_hub_frames_sent_total": float(self._sending.sent),
            "lotwise_hub_frame_bytes_sent_total": float(self._sending.sent_bytes),
            "lotwise_hub_frame_bytes_left_today": float(self._now.bytes_left),
            "lotwise_hub_frames_waiting": float(self._now.frames_waiting),
            "lotwise_hub_bundles_fetched_total": float(self._fetching.fetched),
        }

    def _call(self) -> float:
        """One round, and what became of it. Returns seconds to the next one."""
        try:
            pause = self._round()
            self._backoff = Backoff(self._away)
            self._connected = True
            self._answered()
        except HubFailed as error:
            self._connected, self._accepted = False, self._accepted and error.status not in OF_THE_NODE[1:]
            pause = self._backoff.pause()
            pause = pause if error.retry_s is None else max(error.retry_s, pause)
            self._failed(str(error) if error.status == 0 else f"says: {error}")
        except (InputError, OSError) as error:
            pause = self._backoff.pause()
            self._failed(str(error))
        except Exception as error:  # told on the node's page too
            pause = self._backoff.pause()
            self._failed(f"{type(error).__name__}: {one_line(str(error))}")
            log.debug("hub", exc_info=True)
        return pause

    def _answered(self) -> None:
        self._telling.over("failed")
        self._show(answered=datetime.now(UTC))
        if self._lost:
            self._lost = False
            self._telling.over("back")  # said each time
            self._telling.note("back", "answers again")

    def _failed(self, why: str) -> None:
        self._lost = True
        self._failures += 1
        self._show(state="away", why=why)
        self._telling.warn("failed", f"{why}; the node goes on without it and tries again")

    def _round(self) -> float:
        """Ask and tell once. Returns seconds to the next time."""
        if not self._accepted:
            state = self._enrol(self._enrolment.ask())
            if not self._accepted:
                return _about(PENDING_S if state == "pending" else REJECTED_S)
        began = time.monotonic()
        left = self._sending.bytes_left()
        report = self._reporting.report(self._asked, self._settings.frames.allow, left, self._documents)
        orders = self._client.ask("POST", "/v1/report", Orders, report)
        waiting = sum(of.new_frames for of in report.cameras.values())
        self._show(state="accepted", why="", answered=datetime.now(UTC), bytes_left=left, frames_waiting=waiting)
        self._reporting.reported(report)
        self._asked, self._documents, self._reports = orders.cards, orders.documents, self._reports + 1
        if orders.say:
            self._telling.note("say", f"says: {one_line(orders.say)}")
        has_bundle = {name: of.live is not None for name, of in report.cameras.items()}
        again = self._slots.follow(orders.slots, has_bundle)
        again = self._work(orders, has_bundle) or again
        if again or self._asked or self._documents:
            return SOON_S
        return max(0.0, _about(max(self._settings.report_s, orders.again_s)) - (time.monotonic() - began))

    def _work(self, orders: Orders, has_bundle: Mapping[str, bool]) -> bool:
        """Do what the hub asks for. Returns whether something is left that could go on at once."""
        until = time.monotonic() + WORK_S
        offers: Sequence[Offer] = orders.offers
        # Bundles first: they are what all of this is for, and a day's frames may take long.
        unfinished = self._fetching.fetch(offers, has_bundle, until, self._thread.stop)
        wanted = {
            name: count
            for name, count in orders.frames.items()
            if count and name in has_bundle and self._sending.allowed(name)
        }
        try:
            self._first.look(wanted, has_bundle)
            self._telling.over("keep")
        except (InputError, OSError) as error:
            self._telling.warn("keep", f"frames for it cannot be kept: {error}")
        return self._sending.send(wanted, until, self._thread.stop) or unfinished

    def _show(self, **changed: Any) -> None:
        """Let the node tell how it stands with its hub."""
        self._now = replace(self._now, frames_sent=self._sending.sent, **changed)
        self._node.hub = self._now

    def _enrol(self, answer: Enrolled) -> str:
        """Take in how the enrolment stands, and say what to do."""
        name, mine = self._enrolment.name, self._fingerprint
        accept = f"on the hub's page, or on its machine by: lotwise hub accept {mine[:12]}"
        said = one_line(answer.what_to_do)
        match answer.state:
            case "accepted":
                self._accepted = True
                self._telling.note("enrolment", f"has accepted this node as {name}; its key is {answer.hub_key}")
            case "pending":
                what = f"{said or f'waits to be accepted: {accept}'}; the fingerprint there must be {mine}"
                self._show(state="pending", why=what)
                self._telling.warn("enrolment", f"this node, {name}, {what}")
            case "rejected":
                what = said or f"was rejected; if that was wrong, accept it {accept}"
                self._show(state="rejected", why=what)
                self._telling.warn("enrolment", f"this node, {name}, {what}; or take hub: out of the site file")
        return answer.state

    def _declined(self, camera: str) -> Mapping[str, str]:
        return {**self._fetching.declined(camera), **self._slots.declined(camera)}

    def _bundles_now(self, camera: str, runs: str) -> BundlesNow:
        return bundles_with(self._bundles.now(camera, runs), self._refusals.of(camera))


def _about(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)
