"""``lotwise bundles``: the versions of each camera's bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Bundles, Camera, JsonFile
from lotwise.terminal import plain_table, print_table, write_json

if TYPE_CHECKING:
    from lotwise.cameras.registry.registry import Registry
    from lotwise.cameras.registry.versions import Version

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise bundles runs/lot   ·   lotwise bundles site.yaml --camera entrance --json b.json"
)
def bundles(place: Bundles, camera: Camera = None, as_json: JsonFile = None) -> None:
    """Versions of each camera's bundle: which is live, which is tried, which was refused and why."""
    found = [(name, one) for name, registry in registries(place, camera).items() for one in registry.versions()]
    rows = [
        (name, one.identity, one.role, one.exported.strftime("%Y-%m-%d %H:%M"), _models(one), one.status)
        for name, one in found
    ]
    print_table(plain_table(("camera", "bundle", "role", "exported", "models", "status"), rows))
    write_json(as_json, [_as_json(name, one) for name, one in found])


def registries(place: Path, camera: str | None) -> dict[str, Registry]:
    """Registries by camera id in a run folder, a camera's bundles folder or a site file; of one camera where named.

    Raises:
        InputError: there is none, or none of that camera.
    """
    from lotwise.cameras.registry.registry import Registry, find_registries

    if place.is_file():
        from lotwise.cameras.registry.site_bundles import bundles_of
        from lotwise.cameras.site.reading import read_site

        site = read_site(place.resolve())
        found = {name: one for name in site.cameras if isinstance(one := bundles_of(site, name), Registry)}
        if not found:
            raise InputError(
                f"{place}: each camera runs one fixed bundle; give cameras a registry with bundles: or run:"
            )
    else:
        found = find_registries(place)
    if camera is None:
        return found
    if camera not in found:
        raise InputError(f"{place}: no bundles of camera {camera}; there are those of {', '.join(found)}")
    return {camera: found[camera]}


def one_registry(place: Path, camera: str | None) -> tuple[str, Registry]:
    """The camera and its registry, where the verb changes only one.

    Raises:
        InputError: there are several, and none was named.
    """
    found = registries(place, camera)
    if len(found) != 1:
        raise InputError(f"{place}: holds bundles of {', '.join(found)}; name one with --camera")
    return next(iter(found.items()))


def _as_json(camera: str, version: Version) -> dict[str, Any]:
    return {
        "camera": camera,
        "bundle": version.identity,
        "role": version.role,
        "exported": version.exported.isoformat(),
        "live": version.live,
        "before": version.before,
        "shadow": version.shadow,
        "refused": version.refused,
        "broken": version.broken,
        "measured": version.measured,
    }


def _models(version: Version) -> str:
    from lotwise.cameras.detection.bundle import int8_refusal

    if refused := int8_refusal(version.measured):
        return f"float; int8 refused: {refused}"
    said: Any = version.measured.get("int8")
    if not isinstance(said, dict):
        return "float"
    return f"float, int8 (agreement {said.get('agreement', 0):.3f})"
