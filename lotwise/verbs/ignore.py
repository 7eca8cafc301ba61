"""``lotwise ignore``: what in a camera's view is no vehicle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import JsonFile, SiteFile
from lotwise.terminal import out, plain_table, print_table, write_json

if TYPE_CHECKING:
    from lotwise.cameras.ignore.region import Box
    from lotwise.cameras.site.settings import Site

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise ignore site.yaml   ·   lotwise ignore site.yaml --camera yard --stays 1   ·   "
    "lotwise ignore site.yaml --camera yard --add 0.41,0.52,0.47,0.60 --note container   ·   "
    "lotwise ignore site.yaml --camera yard --remove 3fa94c10"
)
def ignore(
    site: SiteFile,
    camera: Annotated[str | None, typer.Option(help="Only this camera; needed to change anything.")] = None,
    add: Annotated[
        str | None, typer.Option(help="Box of a thing that is no vehicle: x1,y1,x2,y2 in 0..1 of the view.")
    ] = None,
    stays: Annotated[
        int | None, typer.Option(min=1, help="Number, in the list, of a box that stays: it is no vehicle.")
    ] = None,
    remove: Annotated[str | None, typer.Option(help="Id of a region that is to be ignored no longer.")] = None,
    note: Annotated[str, typer.Option(help="What the thing is, kept with its region.")] = "",
    as_json: JsonFile = None,
) -> None:
    """List, add and remove what is no vehicle. The list also has the boxes that stay in the views of a node."""
    from datetime import UTC, datetime

    from lotwise.cameras.ignore.region import new_region, parse_box
    from lotwise.cameras.ignore.region_file import add_region, remove_region
    from lotwise.cameras.site.frames import chosen_cameras
    from lotwise.cameras.site.reading import read_site

    asked = [name for name, given in (("--add", add), ("--stays", stays), ("--remove", remove)) if given is not None]
    if len(asked) > 1:
        raise InputError(f"{' and '.join(asked)}: give one of them")
    path = site.resolve()
    read = read_site(path)
    cameras = chosen_cameras(read, path, (camera,) if camera else None)
    if asked:
        if camera is None and len(cameras) > 1:
            raise InputError(f"{asked[0]}: give --camera, one of {', '.join(cameras)}")
        name = cameras[0]
        file = read.ignore_file(name)
        if remove is not None:
            remove_region(file, remove)
            out.print(f"{name}: {remove} is ignored no longer")
        else:
            box = parse_box(add) if add is not None else _staying(read, name, stays or 0)
            region = new_region(box, note, datetime.now(UTC).replace(microsecond=0))
            add_region(file, region)
            out.print(
                f"{name}: {region.id} is ignored from now on; lotwise ignore {site} --remove {region.id} undoes it"
            )
        return
    _list(read, cameras, as_json)


def _list(site: Site, cameras: tuple[str, ...], as_json: Path | None) -> None:
    from lotwise.cameras.ignore.region_file import read_regions
    from lotwise.cameras.ignore.staying import not_ignored, read_staying

    rows, told = [], []
    for name in cameras:
        regions = read_regions(site.ignore_file(name))
        for region in regions:
            since = f"{region.added.astimezone():%Y-%m-%d %H:%M}" if region.added else ""
            rows.append((name, region.id, "ignored", _sides(region.box), " ".join(filter(None, (since, region.note)))))
        stay = not_ignored(read_staying(site.staying_file(name)), regions)
        for number, one in enumerate(stay, start=1):
            known = f"{one.seen} of {one.looks} frames since {one.first.astimezone():%Y-%m-%d %H:%M}, {one.score:.2f}"
            rows.append((name, str(number), "stays", _sides(one.box), known))
        told.append(
            {
                "camera": name,
                "ignore_regions": [{"id": one.id, **one.model_dump(mode="json")} for one in regions],
                "staying": [one.model_dump(mode="json") for one in stay],
            }
        )
    if rows:
        print_table(plain_table(("camera", "id", "is", "box", "what is known"), rows))
    else:
        out.print("nothing is ignored, and nothing is known to stay outside of the slots")
    write_json(as_json, told)


def _staying(site: Site, camera: str, number: int) -> Box:
    """The box of this number in the list.

    Raises:
        InputError: there is none.
    """
    from lotwise.cameras.ignore.region_file import read_regions
    from lotwise.cameras.ignore.staying import not_ignored, read_staying

    stay = not_ignored(read_staying(site.staying_file(camera)), read_regions(site.ignore_file(camera)))
    if not 1 <= number <= len(stay):
        there = f"1 to {len(stay)}" if stay else "none"
        raise InputError(f"--stays {number}: no such box stays in the view of {camera}; there are {there}")
    return stay[number - 1].box


def _sides(box: tuple[float, ...]) -> str:
    return ",".join(f"{side:g}" for side in box)
