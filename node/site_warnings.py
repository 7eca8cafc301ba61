"""What a site will run with, but should not: secrets that others can read, ids that may mean two places."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lotwise.cameras.site.api import is_loopback
from lotwise.cameras.site.frames import chosen_cameras
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.shared_slots import shared_groups
from lotwise.cameras.site.slot_entry import waiting_note
from lotwise.cameras.site.slot_file import read_slot_entries
from lotwise.cameras.site.slot_overlaps import overlap_note
from lotwise.cameras.site.slot_storage import slot_storage
from lotwise.cameras.slots.masked import masked_slots
from lotwise.datasets.errors import InputError
from lotwise.node.check import camera_slots, learns_first, used_secrets, waits_for_hub

IDS_SHOWN = 5
"""Ids of slots that a warning names; of a whole lot the first ones are enough to see what is meant."""
BASE_MEMORY_MB, CAMERA_MEMORY_MB = 140, 52
"""Of a node without cameras, and of each camera: nine RTSP cameras of 1000x750 pixels with INT8 students took 605 MB
with their decoders (docs/soak.md), one tiny model alone 131 to 140."""
LIMIT_SHARE = 1.5
"""Of the memory that is expected, which a limit must leave room for: larger pictures, a bundle in its shadow."""


def site_warnings(site: Site, path: Path, cameras: tuple[str, ...] | None = None) -> list[str]:
    """What a person should know before the site runs, one line each.

    Args:
        site: as :func:`lotwise.cameras.site.reading.read_site` gives it.
        path: the site file.
        cameras: ids; None for all.
    """
    chosen = chosen_cameras(site, path, cameras)
    return [
        *_nothing_learned(site, chosen),
        *_open_secrets(site, chosen),
        *_plain_token(site),
        *_equal_ids(site, chosen),
        *_slots_on_one_place(site, chosen),
        *_waiting_slots(site, chosen),
        *_masked_slots(site, chosen),
        *_nothing_offloaded(site),
    ]


def memory_limit_mb(cameras: int) -> int:
    """Memory in MB that a unit file should allow a node of so many cameras, in whole hundreds.

    >>> [memory_limit_mb(cameras) for cameras in (1, 9, 28)]
    [300, 1000, 2400]
    """
    expected = (BASE_MEMORY_MB + CAMERA_MEMORY_MB * cameras) * LIMIT_SHARE
    return -int(-expected // 100) * 100


def _nothing_learned(site: Site, cameras: Iterable[str]) -> Iterator[str]:
    of_hub = [name for name in cameras if waits_for_hub(site, name)]
    if of_hub and site.hub is not None:
        yield f"all slots of {', '.join(of_hub)} stay unknown until the hub at {site.hub.url} has sent a first bundle"
        if not site.hub.frames.allow:
            yield (
                f"hub.frames.allow: no frame of {', '.join(of_hub)} may leave, so the hub can make no bundle for it; "
                "say allow: true, or give a bundle with run:"
            )
    if site.hub is not None and site.hub.frames.allow and not site.trust.new_frames_mb:
        yield "trust.new_frames_mb: is 0, so no frame is kept that could be sent to the hub; give some megabytes"
    waiting = [name for name in cameras if learns_first(site, name) and name not in of_hub]
    if waiting:
        yield (
            f"run: {site.run}: is not there yet, so all slots of {', '.join(waiting)} stay unknown; run lotwise adapt "
            f"with --out {site.run} first"
        )


def _nothing_offloaded(site: Site) -> Iterator[str]:
    if (offload := site.detector.offload) is None:
        return
    if not offload.frames.allow:
        yield (
            "detector.offload.frames.allow: no frame may leave, so nothing is offloaded; say "
            f"offload: {{url: {offload.url}, frames: {{allow: true}}}} with a token, or take offload out"
        )
    elif offload.token is None:
        yield (
            "detector.offload.token: is not given, and no node detects for others without one; name one of its "
            "serve_detection.tokens"
        )


def _open_secrets(site: Site, cameras: Iterable[str]) -> Iterator[str]:
    for setting, secret in used_secrets(site, cameras):
        if secret.file is None:
            continue
        try:
            mode = secret.file.stat().st_mode
        except OSError:
            continue  # a secret that cannot be read is told as wrong
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            yield f"{'.'.join(setting)}: {secret.file}: every user of this machine can read or change it; chmod 640"


def _plain_token(site: Site) -> Iterator[str]:
    api = site.publish.api
    if api.enabled and api.token is not None and api.certificate is None and not is_loopback(api.host):
        yield (
            f"publish.api: the token crosses the network unencrypted (http on {api.host}); give certificate and key, "
            "or listen on 127.0.0.1 behind a reverse proxy with TLS"
        )


def _slots_on_one_place(site: Site, cameras: Iterable[str]) -> Iterator[str]:
    for name in cameras:
        try:
            note = overlap_note(camera_slots(site, name))
        except InputError:
            continue  # told as wrong
        if note:
            yield f"camera {name}: {note}"


def _waiting_slots(site: Site, cameras: Iterable[str]) -> Iterator[str]:
    for name in cameras:
        file = slot_storage(site, name).read
        try:
            note = waiting_note(read_slot_entries(file), file) if file is not None else ""
        except InputError:
            continue  # told as wrong
        if note:
            yield f"camera {name}: {note}"


def _masked_slots(site: Site, cameras: Iterable[str]) -> Iterator[str]:
    for name in cameras:
        try:
            masks = privacy_masks(site.cameras[name], f"cameras.{name}.privacy_masks")
            slots = camera_slots(site, name)
        except InputError:
            continue  # told as wrong
        covered = masked_slots(slots, masks)
        if covered:
            shown = ", ".join([slot.id for slot in slots if slot.id in covered][:IDS_SHOWN])
            more = ", …" if len(covered) > IDS_SHOWN else ""
            yield f"camera {name}: {len(covered)} of its slots lie under a privacy mask and stay unknown: {shown}{more}"


def _equal_ids(site: Site, cameras: tuple[str, ...]) -> Iterator[str]:
    ids: dict[str, list[str]] = {}
    for name in cameras:
        try:
            ids[name] = [slot.id for slot in camera_slots(site, name)]
        except InputError:
            continue  # told as wrong
    if isinstance(site.shared_slots, dict):
        yield from _places_without_slots(site.shared_slots, ids)
        return
    groups = shared_groups(site.shared_slots, cameras)
    for group in groups:
        seen = [name for camera in group for name in ids.get(camera, ())]
        if seen and len(seen) == len(set(seen)):
            yield f"shared_slots: {' and '.join(group)} have no slot id in common, so they share none; check the ids"
    for cluster in _overlapping(ids, groups):
        both = [name for name in ids[cluster[0]] if any(name in ids[other] for other in cluster[1:])]
        shown = ", ".join(both[:IDS_SHOWN]) + (", …" if len(both) > IDS_SHOWN else "")
        yield (
            f"cameras {', '.join(cluster[:-1])} and {cluster[-1]} have the same slot ids ({shown}): they count as "
            f"different places; where they are the same ones, set shared_slots: [[{', '.join(cluster)}]]"
        )


def _places_without_slots(places: Mapping[str, Mapping[str, str]], ids: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Places that name slots which are not there."""
    for place, slots in places.items():
        for camera, slot in slots.items():
            if camera in ids and slot not in ids[camera]:
                yield f"shared_slots: place {place} is slot {slot} of {camera}, which has no such slot; check its id"


def _overlapping(ids: Mapping[str, Sequence[str]], shared: Iterable[Sequence[str]]) -> list[list[str]]:
    """Cameras that have ids in common with the first one of their cluster, but for those that may."""
    allowed = {frozenset((a, b)) for group in shared for a in group for b in group}
    left, clusters = list(ids), []
    while left:
        first = left.pop(0)
        alike = [
            other for other in left if frozenset((first, other)) not in allowed and set(ids[first]) & set(ids[other])
        ]
        if alike:
            clusters.append([first, *alike])
            left = [name for name in left if name not in alike]
    return clusters
