"""From a list of addresses, folders and videos to a site file, with a picture of each beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2

from lotwise.cameras.collection.kept_frames import FRAMES, JPEG_QUALITY
from lotwise.cameras.new_site.camera_names import camera_id
from lotwise.cameras.new_site.probe import LIMIT_S, Probed, probe_all
from lotwise.cameras.new_site.site_text import NewCamera, site_text, with_cameras
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.secret import Secret
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.sources import FolderSettings, SourceSettings, VideoSettings, source_from_text
from lotwise.cameras.sources.addresses import is_address, login_of, settings_of
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.whole_file import write_whole

PICTURES = "pictures"
"""Folder beside the site file with a picture of each camera, to draw slots and masks on."""
_NAMED = re.compile(r"([^\s=/\\.:?&][^=/\\:?&]*)=(.+)", re.DOTALL)


@dataclass(frozen=True)
class Added:
    """What became of one source.

    Attributes:
        camera: its id in the site file.
        probed: what it answered.
        picture: the file with its picture; None where it gave none.
        variable: environment variable that must hold its password; empty where it needs none.
    """

    camera: str
    probed: Probed
    picture: Path | None
    variable: str


@dataclass(frozen=True)
class NewSite:
    """What was written.

    Attributes:
        added: in the order of the sources.
        known: sources that the file named already, and the id of each.
        others: ids of the cameras that were in the file before.
    """

    added: tuple[Added, ...]
    known: Mapping[str, str]
    others: tuple[str, ...]


def write_new_site(
    path: Path,
    sources: Sequence[str],
    name: str | None = None,
    force: bool = False,
    limit_s: float = LIMIT_S,
    begun: Callable[[int], None] = lambda count: None,
) -> NewSite:
    """Look at all sources, and write them into a new site file or add them to one that is there.

    A source that gives no picture is written too: it may be away just now. A password in an address is never
    written: the file names an environment variable for it, which is set in this process as long as it looks.

    Args:
        path: the site file; its folder is made where it is missing.
        sources: addresses, folders, videos or devices, each with its id and a ``=`` before it where it is to have one;
            paths are relative to the current folder.
        name: of the site; the name of the file's folder where None.
        force: whether a site file that is there is written anew rather than added to.
        limit_s: seconds within which each source must give a picture.
        begun: told how many sources are looked at, before that takes its time.

    Raises:
        InputError: a source that is none, a site file that is broken or not ours to add to, or nothing to write.
    """
    base = path.absolute().parent
    before = read_site(path) if path.exists() and not force else None
    there = {} if before is None else dict(before.cameras)
    chosen: dict[str, SourceSettings] = {}
    known: dict[str, str] = {}
    for given in sources:
        asked, source = _named(given)
        settings, password = _settings(source, base)
        same = _same(settings, before, chosen, base)
        if same is not None:
            known[source_words(settings)] = same
            continue
        taken = {*there, *chosen}
        if asked in taken:
            raise InputError(f"{asked}=…: there is a camera of that id already; give another")
        camera = asked or camera_id(settings, taken)
        chosen[camera] = _with_secret(settings, camera, password)
    if not chosen and before is None:
        raise InputError("no source is given; name addresses, folders or videos, or ask for --discover")
    if before is not None:
        with_cameras(path, ())  # a file that none can be added to should be told before anything takes its time
    base.mkdir(parents=True, exist_ok=True)  # paths from it lead nowhere before it is there
    begun(len(chosen))
    probes = dict(zip(chosen, probe_all(list(chosen.values()), base, limit_s), strict=True))
    new = [NewCamera(camera, chosen[camera], _comment(probes[camera])) for camera in chosen]
    if new:
        text = with_cameras(path, new) if before is not None else site_text(path.name, name or base.name or "lot", new)
        _write_checked(path, text)
    added = [
        Added(camera, probes[camera], _keep_picture(base, camera, settings, probes[camera]), _variable(settings))
        for camera, settings in chosen.items()
    ]
    return NewSite(tuple(added), known, tuple(there))


def source_words(settings: SourceSettings) -> str:
    """Where a source is, without any secret."""
    named = settings.model_dump(mode="json")
    return str(named.get("url") or named.get("path") or named.get("device"))


def _named(given: str) -> tuple[str | None, str]:
    """Id and source of ``id=source``; no id for a source alone."""
    found = _NAMED.fullmatch(given)
    if found is None or Path(given).exists():
        return None, given
    return found[1], found[2]


def _settings(source: str, base: Path) -> tuple[SourceSettings, str]:
    """Settings of a source and its password, empty where there is none."""
    if is_address(source):
        user, password, address = login_of(source)
        settings = settings_of(address)
        if user:
            settings = type(settings).model_validate(settings.model_dump(exclude_unset=True) | {"username": user})
        return settings, password
    place = Path(source)
    if not place.exists():
        raise InputError(f"{source}: no such folder or video; give one, or an address such as rtsp://10.0.0.4/stream1")
    kind = source_from_text(source)["kind"]
    relative = Path(os.path.relpath(place.absolute(), base))
    if kind == "folder" and not place.is_dir():
        raise InputError(f"{source}: neither a folder nor a video; give the folder that the pictures are in")
    if kind == "video":
        return VideoSettings(kind="video", path=relative), ""
    return FolderSettings(kind="folder", path=relative), ""


def _with_secret(settings: SourceSettings, camera: str, password: str) -> SourceSettings:
    if not password:
        return settings
    variable = f"LOTWISE_{re.sub(r'[^A-Z0-9]', '_', camera.upper())}_PASSWORD"
    os.environ[variable] = password
    return type(settings).model_validate(settings.model_dump(exclude_unset=True) | {"password": {"env": variable}})


def _variable(settings: SourceSettings) -> str:
    secret: Secret | None = getattr(settings, "password", None)
    return (secret.env or "") if secret else ""


def _same(settings: SourceSettings, site: Site | None, chosen: Mapping[str, SourceSettings], base: Path) -> str | None:
    """Id of the camera that has this source already."""
    place = _place(settings, base)
    known = {name: camera.source for name, camera in site.cameras.items()} if site else {}
    return next((name for name, one in {**known, **chosen}.items() if _place(one, base) == place), None)


def _place(settings: SourceSettings, base: Path) -> tuple[str, str]:
    words = source_words(settings)
    return settings.kind, words if "://" in words else os.path.realpath(base / words)


def _comment(probed: Probed) -> str:
    today = f"{datetime.now():%Y-%m-%d}"
    return probed.words if probed.picture is not None else f"no picture on {today}: {probed.words}"


def _write_checked(path: Path, text: str) -> None:
    """Write a site file that can be read; what cannot is not written."""
    trial = path.with_name(f".{path.name}.new")
    try:
        trial.write_text(text, encoding="utf-8")
        read_site(trial)
        write_whole(path, text.encode())
    finally:
        trial.unlink(missing_ok=True)


def _keep_picture(base: Path, camera: str, settings: SourceSettings, probed: Probed) -> Path | None:
    """Its picture beside the site file; that of a running camera also as the first frame to learn from."""
    if probed.picture is None or probed.taken is None:
        return None
    data = _jpeg(probed.picture)
    picture = base / PICTURES / f"{camera}.jpg"
    places = [picture]
    if not isinstance(settings, FolderSettings | VideoSettings):
        local = probed.taken.astimezone()
        places.append(base / FRAMES / camera / f"{camera}_{local:%Y-%m-%d_%H_%M_%S}.jpg")
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, data, sync=False)
    return picture


def _jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
