"""Where a site's cameras have their bundles: in the registry of a run, in one of their own, or one fixed bundle."""

from __future__ import annotations

from pathlib import Path

from lotwise.cameras.detection.bundle import MANIFEST, read_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.settings import Site
from lotwise.datasets.errors import InputError


def hub_bundles(site: Site) -> Path:
    """Folder in which bundles from the hub are kept, one folder a camera, where the site names no other place."""
    return site.state / "hub" / "bundles"


def bundles_of(site: Site, camera: str) -> Registry | Path:
    """The registry of a camera's bundles, or the folder of the one bundle that it always runs.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        camera: its id.

    Raises:
        InputError: the site names neither a run nor a hub nor bundles of this camera.
    """
    own = site.cameras[camera].bundles
    if own is None and site.run is None:
        if site.hub is not None:
            return _registry(site, hub_bundles(site) / camera)
        raise InputError(
            f"camera {camera}: no bundle; give run: (the folder that lotwise adapt wrote), hub: or "
            f"cameras.{camera}.bundles:"
        )
    if own is not None and (own / MANIFEST).is_file():
        return own
    return _registry(site, own or Path(site.run or "") / "cameras" / camera / "bundles")


def _registry(site: Site, folder: Path) -> Registry:
    if site.hub is None:
        return Registry(folder)
    if not site.hub.bundles.allow:
        return Registry(folder, mend="none comes from the hub, as hub.bundles.allow is false; promote one")
    return Registry(folder, mend="the hub is to send the first one")


def live_bundle(site: Site, camera: str) -> Path:
    """Folder of the bundle that a camera runs now, found whole.

    Raises:
        InputError: there is none, or its files are not what its manifest says.
    """
    found = bundles_of(site, camera)
    if isinstance(found, Registry):
        return found.live()
    read_manifest(found)
    return found


def live_in(folder: Path) -> Path:
    """Folder of the bundle that a registry holds as its live one; of one bundle, itself.

    Args:
        folder: of a registry, or of one bundle.

    Raises:
        InputError: there is none, or its files are not what its manifest says.
    """
    if not (folder / MANIFEST).is_file():
        return Registry(folder).live()
    read_manifest(folder)
    return folder
