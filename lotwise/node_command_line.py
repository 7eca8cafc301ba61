"""The verbs of a camera node: run it, look at its bundles, change them. Part of ``lotwise``; see lotwise.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lotwise.datasets.errors import InputError

if TYPE_CHECKING:
    from lotwise.cameras.registry.registry import Registry
    from lotwise.cameras.registry.versions import Version

app = typer.Typer(rich_markup_mode="rich")
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
screen = Console(highlight=False, markup=False, emoji=False)

SiteFile = Annotated[Path, typer.Argument(metavar="SITE", help="Site file.")]
Bundles = Annotated[
    Path, typer.Argument(metavar="BUNDLES", help="Run folder, or the bundles folder of a camera; or a site file.")
]
Camera = Annotated[str | None, typer.Option(help="Its id, where there are several.")]
Identity = Annotated[str, typer.Argument(help="Of the bundle, or its first characters.")]


@app.command(epilog="Examples: lotwise run site.yaml   ·   lotwise run site.yaml --check")
def run(
    site: SiteFile,
    cameras: Annotated[str | None, typer.Option(help="Camera ids with commas; all where not given.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what would run and what is wrong; run nothing.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every slot that changes.")] = False,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="At the end write here how every camera and slot is.")
    ] = None,
) -> None:
    """The camera node: look at every camera, tell which slots are free, until it is stopped."""
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.node.run import run_site, summary

    chosen = parse_cameras(cameras)
    path = site.resolve()
    if check:
        _check(path, chosen)
        return
    ended = run_site(path, chosen, screen, verbose)
    if as_json is not None:
        from lotwise.node.http.api_models import site_answer

        as_json.parent.mkdir(parents=True, exist_ok=True)
        as_json.write_text(
            site_answer(ended.now(), ended.last_event()).model_dump_json(indent=1) + "\n", encoding="utf-8"
        )
    out.print(summary(ended.now()))


@app.command(epilog="Example: lotwise record site.yaml --out frames --every 600")
def record(
    site: SiteFile,
    folder: Annotated[Path, typer.Option("--out", help="Gets a folder of JPEG files for each camera.")],
    every_s: Annotated[float, typer.Option("--every", min=0, help="Seconds between two pictures of a camera.")] = 600.0,
    most: Annotated[int | None, typer.Option("--count", min=1, help="Pictures of each camera; no end without.")] = None,
    cameras: Annotated[str | None, typer.Option(help="Camera ids with commas; all where not given.")] = None,
) -> None:
    """Keep a picture of each camera every so often, for lotwise adapt --dataset folder, until stopped."""
    import threading

    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.node.recording import record_frames
    from lotwise.node.run import until_told

    stop = threading.Event()
    with until_told(stop):
        written = record_frames(
            site.resolve(), parse_cameras(cameras), folder, every_s, most, stop,
            lambda camera, line: screen.print(f"{camera}: {line}"),
        )  # fmt: skip
    for camera, count in written.items():
        out.print(f"{camera}: {count} pictures in {folder / camera}")


@app.command(epilog="Examples: lotwise bundles runs/lot   ·   lotwise bundles site.yaml --camera gate --json b.json")
def bundles(
    place: Bundles,
    camera: Camera = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Also write the table here as JSON.")] = None,
) -> None:
    """Versions of each camera's bundle: which is live, which is tried, which was refused and why."""
    found = [(name, one) for name, registry in _registries(place, camera).items() for one in registry.versions()]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("camera", "bundle", "role", "exported", "models", "status"):
        table.add_column(column, overflow="fold")
    for name, one in found:
        table.add_row(
            name, one.identity, one.role, one.exported.strftime("%Y-%m-%d %H:%M"), _models(one), one.status
        )  # fmt: skip
    (screen if screen.is_terminal else Console(highlight=False, markup=False, width=160)).print(table)
    if as_json is not None:
        content = [
            {"camera": name, "bundle": one.identity, "role": one.role, "exported": one.exported.isoformat(),
             "live": one.live, "before": one.before, "shadow": one.shadow, "refused": one.refused, "broken": one.broken,
             "measured": one.measured}
            for name, one in found
        ]  # fmt: skip
        as_json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@app.command(epilog="Example: lotwise promote runs/lot 0123 --camera gate --shadow")
def promote(
    place: Bundles,
    identity: Identity,
    camera: Camera = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="Run it beside the live one first.")] = False,
    unwatched: Annotated[
        bool, typer.Option("--unwatched", help="Do not roll back by itself in the first minutes.")
    ] = False,
) -> None:
    """Make a bundle live; a running node swaps it in at its next frame, watches it, and rolls back if it disagrees."""
    if shadow and unwatched:
        raise InputError("--shadow and --unwatched: give one of the two")
    name, registry = _registry(place, camera)
    whole = registry.resolve(identity)
    if shadow:
        registry.start_shadow(whole, again=True)
        out.print(f"{name}: {whole} runs in the shadow of the live one from now on")
    else:
        registry.promote(whole, probation=not unwatched)
        out.print(f"{name}: {whole} is live")


@app.command(epilog="Example: lotwise rollback runs/lot --camera gate --why 'misses the far row'")
def rollback(
    place: Bundles,
    camera: Camera = None,
    why: Annotated[str, typer.Option(help="Kept with the bundle that is given up.")] = "by hand",
) -> None:
    """Make the bundle live again that was so before."""
    name, registry = _registry(place, camera)
    out.print(f"{name}: {registry.roll_back(why)} is live again")


@app.command(epilog="Example: lotwise prune runs/lot --keep 3")
def prune(
    place: Bundles,
    keep: Annotated[int, typer.Option(min=0, help="Newest bundles of each camera to keep.")] = 3,
    camera: Camera = None,
) -> None:
    """Delete old bundles; never one that is live, was live before, or is being tried."""
    for name, registry in _registries(place, camera).items():
        gone = registry.prune(keep)
        out.print(f"{name}: {len(gone)} deleted{': ' if gone else ''}{', '.join(gone)}")


@app.command(epilog="Example: lotwise slots camera1.csv --out slots.json")
def slots(
    file: Annotated[Path, typer.Argument(help="Slot file: JSON, a CNR-EXT CSV, or a PKLot XML.")],
    target: Annotated[Path, typer.Option("--out", help="Slot file to write, JSON in 0..1 of the frame.")],
    size: Annotated[
        str | None, typer.Option(help="WIDTHxHEIGHT of the frames that the file was drawn on, where it does not say.")
    ] = None,
) -> None:
    """Convert a slot file of another project."""
    from lotwise.cameras.site.slot_file import import_slots, write_slot_file

    found = import_slots(file, _size(size))
    write_slot_file(target, found)
    out.print(f"{len(found)} slots: {target}")


def _check(path: Path, chosen: tuple[str, ...] | None) -> None:
    from lotwise.cameras.site.reading import read_site
    from lotwise.node.check import check_site, describe_site

    out.print(describe_site(read_site(path), chosen))
    problems = check_site(path, chosen)
    for problem in problems[:-1]:
        out.print(f"wrong: {problem}")
    if problems:
        raise InputError(problems[-1])
    out.print("nothing wrong was found; whether cameras and broker answer shows once it runs")


def _registries(place: Path, camera: str | None) -> dict[str, Registry]:
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


def _registry(place: Path, camera: str | None) -> tuple[str, Registry]:
    found = _registries(place, camera)
    if len(found) != 1:
        raise InputError(f"{place}: holds bundles of {', '.join(found)}; name one with --camera")
    return next(iter(found.items()))


def _models(version: Version) -> str:
    said: Any = version.measured.get("int8")
    if not isinstance(said, dict):
        return "float"
    return "float, int8 refused" if "refused" in said else f"float, int8 (agreement {said.get('agreement', 0):.3f})"


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise InputError(f"--size {text}: expected WIDTHxHEIGHT in pixels, such as 1280x720")
    return int(width), int(height)
