"""The bundles of the node's cameras as a hub is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lotwise.cameras.detection.bundle import IDENTITY, BundleRole, parse_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import bundles_of
from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError


@dataclass(frozen=True)
class BundlesNow:
    """Of one camera; the fields are those of :class:`lotwise.node.hub.messages.CameraReport`."""

    live: str | None = None
    live_role: BundleRole | None = None
    shadow: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


class NodeBundles:
    """Reads the registries of a site.

    Args:
        site: with absolute paths.
        complain: is told of a registry that cannot be read: the camera, and why.
    """

    def __init__(self, site: Site, complain: Callable[[str, str], None]) -> None:
        self._site, self._complain = site, complain
        self._roles: dict[str, BundleRole] = {}

    def registry(self, camera: str) -> Registry | None:
        """The registry of a camera; None where it always runs one bundle.

        Raises:
            InputError: the site names no bundles of it.
        """
        found = bundles_of(self._site, camera)
        return found if isinstance(found, Registry) else None

    def now(self, camera: str, runs: str) -> BundlesNow:
        """What is live and what was refused.

        Args:
            camera: its id.
            runs: identity of the bundle that runs, or "".
        """
        try:
            registry = self.registry(camera)
            if registry is None:
                return BundlesNow(live=runs if IDENTITY.fullmatch(runs) else None)
            state = registry.state()
            role = None if state.live is None else self._role(registry, state.live)
            return BundlesNow(state.live, role, state.shadow, state.refused)
        except InputError as error:
            self._complain(camera, str(error))
            return BundlesNow()

    def _role(self, registry: Registry, identity: str) -> BundleRole | None:
        if identity not in self._roles:
            try:
                self._roles[identity] = parse_manifest(registry.folder / identity).role
            except InputError:
                return None  # the node itself tells of a live bundle that cannot be read
        return self._roles[identity]
