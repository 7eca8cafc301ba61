"""What a site file will run, and what would go wrong, found without opening the network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.ignore.region_file import read_regions
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import bundles_of, live_bundle, live_in
from lotwise.cameras.site.camera import SiteCamera
from lotwise.cameras.site.frames import chosen_cameras
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.site.secret import Secret, masked_url
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.shared_slots import in_common
from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.site.slot_storage import drawn_slot_file, slot_storage
from lotwise.cameras.site.sources import FolderSettings, SourceSettings, UsbSettings, VideoSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.node.api_token import checked_token
from lotwise.node.boards.words import board_mistakes, board_words

SettingPath = tuple[str, ...]
TOKENS: tuple[SettingPath, ...] = (("publish", "api", "token"), ("detector", "offload", "token"))
SERVED_TOKENS: SettingPath = ("serve_detection", "tokens")


def check_site(path: Path, cameras: tuple[str, ...] | None = None) -> list[str]:
    """Everything that would keep a site from running, one line each; empty where nothing would.

    Slot files, secrets, certificates, bundles with their hashes, folders and devices are looked at. Whether a network
    camera or broker answers is not: that may change at any time, and the node copes with it.

    Args:
        path: the site file.
        cameras: ids; None for all.

    Raises:
        InputError: the site file itself is broken, or does not name a camera.
    """
    site = read_site(path)
    chosen = chosen_cameras(site, path, cameras)
    problems = list(_failures(site, chosen))
    problems += list(board_mistakes(site, chosen))
    problems += [f"{path}: {why}" for why in (*_absent_files(site, chosen), *_unkept_state(site.state))]
    return problems


def describe_site(site: Site, cameras: tuple[str, ...] | None = None) -> str:
    """What will be run, for people: a few lines, without any secret.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it.
        cameras: ids; None for all.
    """
    chosen = [name for name in site.cameras if cameras is None or name in cameras]
    detector, publish = site.detector, site.publish
    workers = _counted(detector.workers, "worker") if detector.workers else "a worker a core"
    mqtt = publish.mqtt
    lines = [f"site {site.name}: {_counted(len(chosen), 'camera')}, state kept in {site.state}"]
    lines += [f"camera {name}: {'; '.join(_camera_words(site, name))}" for name in chosen]
    lines += [
        *_shared_words(site, chosen),
        f"detector: backend {detector.backend}, precision {detector.precision}, number format "
        f"{detector.number_format}, {workers}",
        f"mqtt: {f'{mqtt.host}, topics under {mqtt.prefix}/' if mqtt else 'off'}",
        f"api: {f'{publish.api.host}:{publish.api.port}' if publish.api.enabled else 'off'}",
        *(f"webhook {one.name}: {masked_url(one.url)}, {', '.join(one.events)} events" for one in publish.webhooks),
        *_hub_words(site),
        *_offload_words(site, chosen),
        *board_words(site, chosen),
        *_served_words(site),
        f"history: {publish.history.keep_days:g} days, at most {publish.history.max_mb:g} MB",
    ]
    return "\n".join(lines)


def camera_slots(site: Site, camera: str) -> tuple[Slot, ...]:
    """A camera's slots: of its slot file, else of its live bundle.

    Raises:
        InputError: the slot file or the bundle cannot be read.
    """
    file = slot_storage(site, camera).read
    if file is not None:
        return read_slot_file(file)
    return tuple(shape.slot() for shape in parse_manifest(live_bundle(site, camera)).slots)


def learns_first(site: Site, camera: str) -> bool:
    """Whether a camera is to get its student of a run that was not begun yet: nothing is wrong, it only comes first."""
    return site.cameras[camera].bundles is None and site.run is not None and not site.run.exists()


def waits_for_hub(site: Site, camera: str) -> bool:
    """Whether a camera has no bundle yet and gets its first one from the hub."""
    if site.hub is None or not site.hub.bundles.allow:
        return False
    try:
        bundles = bundles_of(site, camera)
        return isinstance(bundles, Registry) and bundles.state().live is None
    except InputError:
        return False  # told as wrong


def used_secrets(site: Site, cameras: Iterable[str]) -> Iterator[tuple[SettingPath, Secret]]:
    """Every password and token that these cameras and what is published need, and where the site file names it."""
    yield from _secrets(_used(site, cameras))


def _failures(site: Site, cameras: Iterable[str]) -> Iterator[str]:
    """What cannot be read."""
    for setting, secret in used_secrets(site, cameras):
        try:
            if setting in TOKENS or setting[:2] == SERVED_TOKENS:
                checked_token(secret, Path())
            else:
                secret.read(Path())
        except InputError as error:
            yield f"{'.'.join(setting)}: {error}"
    for name in cameras:
        bundle: Path | None = None
        try:
            privacy_masks(site.cameras[name], f"cameras.{name}.privacy_masks")
        except InputError as error:
            yield str(error)
        try:
            bundle = live_bundle(site, name)
        except InputError as error:
            if not learns_first(site, name) and not waits_for_hub(site, name):
                yield str(error)
        try:
            if slot_storage(site, name).read is not None or bundle is not None:
                camera_slots(site, name)
        except InputError as error:
            yield str(error)
        try:
            read_regions(site.ignore_file(name))
        except InputError as error:
            yield str(error)
    for name, bundles in site.serve_detection.cameras.items() if site.serve_detection else ():
        try:
            live_in(bundles)
        except InputError as error:
            yield f"serve_detection.cameras.{name}: {error}"


def _absent_files(site: Site, cameras: Iterable[str]) -> Iterator[str]:
    for name in cameras:
        match site.cameras[name].source:
            case FolderSettings(path=folder) if not folder.is_dir():
                yield f"cameras.{name}.source: {folder}: no such folder; give a folder of images, a video or a URL"
            case VideoSettings(path=video) if not video.is_file():
                yield f"cameras.{name}.source: {video}: no such video file"
            case UsbSettings(device=device) if not device.exists():
                yield f"cameras.{name}.source: {device}: no such device; ls /dev/video* names those there are"
    mqtt, api = site.publish.mqtt, site.publish.api
    for setting, file in (
        ("publish.mqtt.ca_file", mqtt and mqtt.ca_file),
        ("publish.api.certificate", api.certificate),
        ("publish.api.key", api.key),
        ("hub.ca", site.hub and site.hub.ca),
        ("detector.offload.ca", site.detector.offload and site.detector.offload.ca),
        *((f"detector.boards.{number}.ca", board.ca) for number, board in enumerate(site.detector.boards)),
    ):
        if file and not os.access(file, os.R_OK):
            yield f"{setting}: {file}: cannot be read; give a PEM file that the node's user may read"


def _unkept_state(folder: Path) -> Iterator[str]:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield f"state: {folder}: cannot be written; give a folder that the node's user may write"


def _used(site: Site, cameras: Iterable[str]) -> Iterator[tuple[SettingPath, BaseModel]]:
    for name in cameras:
        yield ("cameras", name, "source"), site.cameras[name].source
    if site.publish.mqtt is not None:
        yield ("publish", "mqtt"), site.publish.mqtt
    if site.publish.api.enabled:
        yield ("publish", "api"), site.publish.api
    for number, webhook in enumerate(site.publish.webhooks):
        yield ("publish", "webhooks", str(number)), webhook
    if site.hub is not None:
        yield ("hub",), site.hub
    if site.detector.offload is not None:
        yield ("detector", "offload"), site.detector.offload
    for number, board in enumerate(site.detector.boards):
        yield ("detector", "boards", str(number)), board
    if site.serve_detection is not None:
        yield ("serve_detection",), site.serve_detection


def _secrets(settings: Iterable[tuple[SettingPath, BaseModel]]) -> Iterator[tuple[SettingPath, Secret]]:
    for setting, model in settings:
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, Secret):
                yield (*setting, name), value
            elif isinstance(value, tuple):
                yield from (((*setting, name, str(at)), one) for at, one in enumerate(value) if isinstance(one, Secret))


def _camera_words(site: Site, name: str) -> Iterator[str]:
    camera = site.cameras[name]
    yield f"{camera.source.kind} {_address(camera.source)}"
    yield _schedule_words(site.settings_of(name).schedule)
    yield _slot_words(site, name)
    if camera.privacy_masks:
        yield _mask_words(camera)
    try:
        if regions := read_regions(site.ignore_file(name)):
            yield f"{_counted(len(regions), 'thing')} ignored"
    except InputError:
        yield "ignore regions that cannot be read"
    try:
        bundle = live_bundle(site, name)
        manifest = parse_manifest(bundle)
        made_for = "" if manifest.camera == name else f" made for {manifest.camera}"
        yield f"bundle {manifest.identity}{made_for} ({manifest.role}, {manifest.input[0]}x{manifest.input[1]})"
    except InputError:
        yield "no bundle yet; the hub is to send one" if waits_for_hub(site, name) else "no bundle that can be run"


def _hub_words(site: Site) -> Iterator[str]:
    """Where the hub is, and what leaves the node for it."""
    if (hub := site.hub) is None:
        return
    frames, of = hub.frames, "all cameras" if hub.frames.cameras == "all" else ", ".join(hub.frames.cameras)
    leaves = f"at most {frames.mb_a_day:g} MB of frames a day of {of} leave" if frames.allow else "no frame leaves"
    comes = "bundles are fetched" if hub.bundles.allow else "no bundle is fetched"
    slots = ", it may change slots" if hub.slots.allow else ""
    yield f"hub: {hub.url}; {leaves}, {comes}{slots}"


def _offload_words(site: Site, chosen: Sequence[str]) -> Iterator[str]:
    """Who may read frames instead of this node, and whose leave for that."""
    if (offload := site.detector.offload) is None:
        return
    names = [name for name in chosen if offload.allows(name)]
    if not names:
        yield f"offload: {offload.url}; no frame leaves, all are read here"
        return
    yield (
        f"offload: {offload.url} reads the frames of {', '.join(names)} as long as that pays, else this node does; "
        f"they leave as JPEG of quality {offload.frames.quality}"
    )


def _served_words(site: Site) -> Iterator[str]:
    """What is detected for other nodes."""
    if (served := site.serve_detection) is None:
        return
    yield (
        f"detects for other nodes: {', '.join(served.cameras)}; at most "
        f"{_counted(served.max_in_flight, 'frame')} at once, {_counted(served.max_models, 'bundle')} loaded"
    )


def _address(source: SourceSettings) -> str:
    match source:
        case FolderSettings() | VideoSettings():
            return str(source.path)
        case UsbSettings():
            return str(source.device)
    return masked_url(source.url)


def _schedule_words(schedule: Schedule) -> str:
    often = f"every {schedule.period_s:g} s" if schedule.period_s else "as fast as it goes"
    if not schedule.hours:
        return often
    return f"{often}, {' and '.join(schedule.hours)} {schedule.timezone or 'local time'}"


def _slot_words(site: Site, name: str) -> str:
    file = slot_storage(site, name).read
    drawn = file == drawn_slot_file(site, name)
    origin = "its bundle" if file is None else f"{file} (drawn in the editor)" if drawn else file.name
    if file is None and not _has_bundle(site, name):
        return "no slots until it has a bundle or somebody draws them"
    try:
        return f"{_counted(len(camera_slots(site, name)), 'slot')} of {origin}"
    except InputError:
        return f"no slots that can be read of {origin}"


def _has_bundle(site: Site, name: str) -> bool:
    try:
        live_bundle(site, name)
    except InputError:
        return False
    return True


def _shared_words(site: Site, chosen: Sequence[str]) -> Iterator[str]:
    """What several cameras see, so that nobody is surprised by what counts as one place."""
    ids: dict[str, list[str]] = {}
    for name in chosen:
        try:
            ids[name] = [slot.id for slot in camera_slots(site, name)]
        except InputError:
            continue  # told as wrong
    if not site.shared_slots:
        if len(chosen) > 1:
            yield "shared slots: none; each camera's slots are places of their own"
        return
    places: dict[tuple[str, ...], int] = {}
    for by in in_common(site.shared_slots, ids).values():
        places[by] = places.get(by, 0) + 1
    told = [f"{_counted(count, 'place')} of {' and '.join(by)}" for by, count in places.items()]
    yield f"shared slots: {', '.join(told) or 'none in common'}"


def _mask_words(camera: SiteCamera) -> str:
    try:
        return _counted(len(privacy_masks(camera, "")), "privacy mask")
    except InputError:
        return "no privacy masks that can be read"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
