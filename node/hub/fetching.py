"""Fetches bundles that the hub offers, and lets each run beside the live one, which the node itself then judges."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from threading import Event

from lotwise.cameras.detection.bundle import MANIFEST, read_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import hub_bundles
from lotwise.cameras.registry.state_file import RegistryInUse
from lotwise.cameras.registry.versions import damage
from lotwise.cameras.site.hub import HubBundles
from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError
from lotwise.node.hub.bundles import NodeBundles
from lotwise.node.hub.client import HubClient
from lotwise.node.hub.download import DiskFailed, Limits, download, part_of
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.ledger import Ledger
from lotwise.node.hub.messages import Offer
from lotwise.node.hub.refusals import Refusals
from lotwise.node.hub.sending import OF_THE_NODE
from lotwise.node.hub.signing import check_signature
from lotwise.node.hub.telling import Telling

FETCHING = "fetching"
"""Folder in the node's hub folder for bundles that are not whole yet."""
LEFT_FREE = 100_000_000
"""Bytes that a download leaves free on the disk; the history needs room too."""
MOST_TRIES = 3
"""Downloads of a file that is not what was signed, or tries to load a bundle, before the bundle is refused."""
HOLD_S = 300.0
"""Seconds before a bundle is tried again that could not be had, where the hub does not say."""
KEPT = 3
"""Bundles that are kept in the hub's own registries beside the live one and the one before it."""


class Fetching:
    """Used by one thread.

    Args:
        site: with absolute paths.
        settings: which bundles are fetched.
        folder: the node's hub folder.
        client: asks the hub.
        ledger: of what came today.
        bundles: the registries.
        refusals: of bundles that never came into a registry.
        hub_key: the one key whose offers are taken.
        telling: where it is said.
        today: the day whose budget is used.
    """

    def __init__(
        self,
        site: Site,
        settings: HubBundles,
        folder: Path,
        client: HubClient,
        ledger: Ledger,
        bundles: NodeBundles,
        refusals: Refusals,
        hub_key: Callable[[], str],
        telling: Telling,
        today: Callable[[], date],
    ) -> None:
        self._site, self._settings, self._folder = site, settings, folder / FETCHING
        self._client, self._ledger, self._bundles, self._refusals = client, ledger, bundles, refusals
        self._hub_key, self._telling, self._today = hub_key, telling, today
        self._tries: dict[str, int] = {}
        self._held: dict[str, float] = {}
        self._declined: dict[str, dict[str, str]] = {}
        self.fetched = 0
        """Bundles since the start of the node."""

    def fetch(self, offers: Sequence[Offer], cameras: Collection[str], until: float, stop: Event) -> bool:
        """Fetch what is offered, and try it.

        Args:
            offers: of the hub.
            cameras: that this node runs.
            until: moment (``time.monotonic``) from which a download pauses.
            stop: the node ends.

        Returns:
            Whether a download is under way that could go on at once.

        Raises:
            HubFailed: the hub is away, or does not know this node any more.
        """
        self._drop_others({offer.identity for offer in offers})
        self._declined = {}
        for offer in offers:
            if stop.is_set():
                return False
            registry = self._wanted(offer, cameras)
            if registry is None:
                continue
            try:
                if not self._whole(offer, registry, Limits(until, stop, self._took)):
                    if time.monotonic() >= until:
                        return True
                    continue
                self._try(offer, registry)
            except HubFailed as error:
                if error.status in OF_THE_NODE:
                    raise
                self._hold(offer, f"cannot be had ({error})", error.retry_s)
            except (DiskFailed, OSError) as error:
                self._hold(offer, f"{error}; make room or mend its rights")
            except InputError as error:
                if _of_this_machine(error):
                    self._hold(offer, str(error))
                else:
                    self._failed(offer, str(error))
        return False

    def declined(self, camera: str) -> Mapping[str, str]:
        """What people at the hub wanted by the offers of last time and what is not done here, and why, by identity."""
        return self._declined.get(camera, {})

    def _wanted(self, offer: Offer, cameras: Collection[str]) -> Registry | None:
        """The registry that a bundle is to come into; None where it is not to come."""
        if not self._settings.allow:
            self._telling.note("bundles", "offers bundles; none is fetched, as hub.bundles.allow is false")
            self._decline(offer, "the site file says hub.bundles.allow: false")
            return None
        if offer.camera not in cameras:
            self._leave(offer, "this node has no such camera")
            return None
        if not check_signature(self._hub_key(), offer.signed_text, offer.signature):
            self._leave(offer, "it is not signed with the hub's key that this node knows")
            return None
        if self._held.get(offer.identity, 0.0) > time.monotonic():
            return None
        try:
            registry = self._bundles.registry(offer.camera)
            if registry is None:
                raise InputError("the camera always runs one bundle; name a registry as its bundles:")
            state = registry.state()
        except InputError as error:
            self._leave(offer, str(error))
            return None
        if offer.how == "promote" and offer.identity != state.live:
            if why := self._refusals.of(offer.camera).get(offer.identity):
                self._decline(offer, why)
                return None
            return registry
        if offer.how == "back" and offer.identity == state.live and state.shadow is not None:
            return registry
        if offer.identity in (state.live, state.shadow, *state.refused, *self._refusals.of(offer.camera)):
            return None
        return registry

    def _whole(self, offer: Offer, registry: Registry, limits: Limits) -> bool:
        """Whether all files are there, in the registry or beside it."""
        kept = registry.folder / offer.identity
        if kept.is_dir() and not damage(kept):
            return True
        folder = self._folder / offer.identity
        folder.mkdir(parents=True, exist_ok=True)
        missing = [file for file in offer.files if not (folder / file.name).is_file()]
        self._require_room(folder, sum(file.bytes for file in missing))
        if missing and not limits.over():
            size = sum(file.bytes for file in offer.files) / 1e6
            self._telling.note(f"fetch {offer.identity}", f"{_named(offer)} is fetched ({size:.1f} MB): {offer.why}")
        for file in missing:
            path = f"/v1/bundles/{offer.identity}/{file.name}"
            outcome = download(self._client, path, file, folder / file.name, limits)
            if outcome == "wrong":
                self._failed(offer, f"its file {file.name} is not what the hub has signed")
                return False
            if outcome == "unfinished":
                if self._took(0) <= 0:
                    self._hold(
                        offer, f"today's {self._settings.mb_a_day:g} MB of bundles are used up; it goes on later"
                    )
                return False
        return True

    def _try(self, offer: Offer, registry: Registry) -> None:
        """Put a bundle into the shadow of the live one, or live where nothing is and the hub's gate has passed it.

        Raises:
            InputError: it cannot be loaded, or the registry cannot be changed.
        """
        folder, what = self._folder / offer.identity, _named(offer)
        if folder.is_dir():
            listed = {file.name for file in offer.files}
            for extra in (path for path in folder.iterdir() if path.name not in listed):
                extra.unlink()
            if why := _mistake(folder, offer):
                self._refuse(offer, why)
                return
            registry.add(folder)
            self.fetched += 1
        elif offer.how == "back" and self._goes_back(offer, registry):
            return
        live = registry.state().live
        if offer.how == "promote":
            registry.promote(offer.identity)
            self._telling.note(what, f"{what} is live now, in place of {live}: {offer.why}")
            self._tries.pop(offer.identity, None)
            return
        if live is None and offer.how != "live":
            self._telling.warn(what, f"{what} is to run beside a live bundle, and none is live here")
            return
        if live is None:
            registry.promote(offer.identity)
            self._telling.note(what, f"{what} is live now; the camera had no bundle")
        else:
            registry.start_shadow(offer.identity)
            self._telling.note(what, f"{what} runs in the shadow of {live} now, and is compared with it")
        self._tries.pop(offer.identity, None)
        if registry.folder.is_relative_to(hub_bundles(self._site)):
            registry.prune(KEPT)

    def _goes_back(self, offer: Offer, registry: Registry) -> bool:
        """Give up what has taken a bundle's place, or runs beside it to do so; False where another was live between.

        That one was compared with others since, so the old bundle has to be compared with it too.
        """
        state, what = registry.state(), _named(offer)
        if offer.identity == state.live and state.shadow is not None:
            registry.refuse(state.shadow, offer.why)
            self._telling.note(what, f"{what} stays live; the hub has taken {state.shadow} back: {offer.why}")
            return True
        if offer.identity == state.before and state.live is not None:
            registry.roll_back(offer.why, of=state.live)
            self._telling.note(what, f"{what} is live again; the hub has taken {state.live} back: {offer.why}")
            return True
        return False

    def _failed(self, offer: Offer, why: str) -> None:
        """Something was wrong that may be right the next time."""
        tries = self._tries[offer.identity] = self._tries.get(offer.identity, 0) + 1
        if tries >= MOST_TRIES:
            self._refuse(offer, f"{why}, {tries} times")
            return
        what = _named(offer)
        self._telling.over(what)
        self._telling.warn(what, f"{what}: {why}; thrown away and tried again")

    def _leave(self, offer: Offer, why: str) -> None:
        """Leave a bundle where it is, and say so."""
        what = _named(offer)
        self._telling.warn(what, f"{what} is not fetched: {why}")
        self._decline(offer, why)

    def _decline(self, offer: Offer, why: str) -> None:
        """Let the hub hear that what a person wanted there is not done; of other offers it hears what runs here."""
        if offer.how == "promote":
            self._declined.setdefault(offer.camera, {})[offer.identity] = why

    def _refuse(self, offer: Offer, why: str) -> None:
        self._decline(offer, why)
        self._refusals.add(offer.camera, offer.identity, why)
        shutil.rmtree(self._folder / offer.identity, ignore_errors=True)
        what = _named(offer)
        self._telling.warn(what, f"{what} is refused: {why}")

    def _hold(self, offer: Offer, why: str, wait_s: float | None = None) -> None:
        self._held[offer.identity] = time.monotonic() + (HOLD_S if wait_s is None else wait_s)
        what = _named(offer)
        self._telling.warn(what, f"{what}: {why}")

    def _took(self, count: int) -> int:
        """Bytes of bundles that may still come today, once so many more have come."""
        return int(self._settings.mb_a_day * 1e6) - self._ledger.received(self._today(), count)

    def _require_room(self, folder: Path, size: int) -> None:
        there = sum(part.stat().st_size for part in folder.glob(part_of(folder / "*").name))
        free, needed = shutil.disk_usage(folder).free, size - there + LEFT_FREE
        if free < needed:
            raise DiskFailed(f"{folder}: {free / 1e6:.0f} MB are free on this disk and {needed / 1e6:.0f} are needed")

    def _drop_others(self, offered: set[str]) -> None:
        """What was begun and is offered no more."""
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in offered:
                    shutil.rmtree(folder, ignore_errors=True)
        self._held = {one: until for one, until in self._held.items() if one in offered}
        self._tries = {one: tries for one, tries in self._tries.items() if one in offered}


def _of_this_machine(error: InputError) -> bool:
    """Whether rights, a disk or another process here were in the way, which says nothing of a bundle."""
    return isinstance(error, RegistryInUse) or isinstance(error.__cause__, OSError)


def _named(offer: Offer) -> str:
    return f"camera {offer.camera}: bundle {offer.identity}"


def _mistake(folder: Path, offer: Offer) -> str:
    """What is wrong with a bundle whose files are what was signed; "" where nothing is.

    Raises:
        InputError: they cannot be read here.
    """
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        if _of_this_machine(error):
            raise
        return str(error)
    if manifest.camera != offer.camera:
        return f"it was made for camera {manifest.camera}"
    if manifest.role != offer.role:
        return f"its manifest says {manifest.role} and the offer {offer.role}"
    if {*manifest.files, MANIFEST} != {file.name for file in offer.files}:
        return "its manifest does not list the files that were offered"
    return ""
