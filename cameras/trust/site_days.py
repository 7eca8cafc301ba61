"""The verdicts of a site's cameras: from what its node has sampled, or from stored frames where no node has run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.ignore.region import region_boxes
from lotwise.cameras.ignore.region_file import read_regions
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.site_bundles import bundles_of, live_bundle
from lotwise.cameras.site.frames import stored_frames
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.cameras.site.slot_storage import slot_storage
from lotwise.cameras.trust.days import CameraDay, camera_days, first_day_reference
from lotwise.cameras.trust.drift import drifts, in_words
from lotwise.cameras.trust.log import log_file, read_log
from lotwise.cameras.trust.reference import Measured, TrustReference, read_reference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.sampling import Sampler
from lotwise.cameras.trust.verdict import Verdict
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.thumbnail import thumbnail
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.load import load
from lotwise.datasets.progress import Progress, no_progress

MOST_STORED = 60
"""Most stored frames of a camera that are looked at: a verdict of each day needs a handful."""


@dataclass(frozen=True)
class CameraTrust:
    """What is known of a camera's trust.

    Attributes:
        days: its verdicts, oldest first.
        drift: since when it has changed and in what, in one line; empty where it has not.
        sampled: whether a node has sampled it; else stored frames were looked at.
    """

    camera: str
    days: tuple[CameraDay, ...]
    drift: str = ""
    sampled: bool = True


def site_trust(
    site: Site, path: Path, cameras: Sequence[str], days: int, progress: Progress = no_progress
) -> list[CameraTrust]:
    """Judge cameras of a site.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        path: its file.
        cameras: ids.
        days: of those that a node has sampled, the last so many.
        progress: told of each stored frame.

    Raises:
        InputError: a camera of which a node has sampled nothing, and which has neither stored frames nor a bundle.
    """
    found = []
    for camera in cameras:
        log = log_file(site.state, camera)
        samples, sampled = read_log(log), True
        if samples:
            first = datetime.now(UTC) - timedelta(days=days)
            samples = [sample for sample in samples if sample.taken >= first] or samples[-1:]
        else:
            samples, sampled = _of_stored_frames(site, path, camera, progress), False
        references = References(site, camera, samples)
        live = samples[-1].bundle if samples else ""
        of_live = [sample for sample in samples if sample.bundle == live]
        found.append(
            CameraTrust(
                camera,
                tuple(camera_days(camera, samples, references, site.trust, site.schedule.zone)),
                in_words(drifts(of_live, references(live)), site.schedule.zone),
                sampled,
            )
        )
    return found


def last_verdict(site: Site, camera: str, samples: Sequence[Sample]) -> Verdict | None:
    """The verdict of the last day that a node has sampled; None where it has sampled nothing."""
    if not samples:
        return None
    last = [sample for sample in samples if samples[-1].taken - sample.taken < timedelta(days=1)]
    days = camera_days(camera, last, References(site, camera, samples), site.trust, site.schedule.zone)
    return days[-1].verdict


class References:
    """The reference of each bundle that a camera has run, by identity.

    Args:
        site, camera: whose bundles.
        samples: of the camera, for bundles that carry no reference or that are gone.
    """

    def __init__(self, site: Site, camera: str, samples: Sequence[Sample]) -> None:
        self._bundles, self._samples = bundles_of(site, camera), samples
        self._known: dict[str, TrustReference] = {}

    def __call__(self, bundle: str) -> TrustReference:
        if bundle not in self._known:
            folder = self._bundles.folder / bundle if isinstance(self._bundles, Registry) else self._bundles
            carried = read_reference(folder) if bundle and folder.is_dir() else None
            # That it has slots shows in its samples: without them slots are never in doubt.
            measured: Measured = "slots" if any("slot doubt" in one.signals for one in self._samples) else "boxes"
            self._known[bundle] = carried or first_day_reference(self._samples, bundle, measured)
        return self._known[bundle]


def _of_stored_frames(site: Site, path: Path, camera: str, progress: Progress) -> list[Sample]:
    frames = stored_frames(site, path, camera)
    if frames is None:
        raise InputError(
            f"{path}: camera {camera}: nothing was sampled yet (no {log_file(site.state, camera)}); run the node for "
            "a while: lotwise run"
        )
    frames = frames[:: -(-len(frames) // MOST_STORED)]
    bundle = live_bundle(site, camera)
    detector, carried = load_detector(bundle), read_reference(bundle)
    reference = carried or TrustReference()
    file = slot_storage(site, camera).read
    slots = None if file is None else read_slot_file(file)
    ignored = region_boxes(read_regions(site.ignore_file(camera)))
    view = ViewHealth(site.settings_of(camera).view.model_copy(update={"recover_frames": 1}))
    sampler = Sampler(frames[0].masks if frames else ())
    samples = []
    for number, frame in enumerate(frames):
        progress(f"trust {camera}", number, len(frames), "")
        try:
            image = load(frame)
        except UnreadableImage:
            continue
        taken = frame.taken or _numbered(number)
        report = view.check(image, thumbnail(image), taken.replace(tzinfo=UTC))
        if report.verdict != "good":
            samples.append(Sample(taken, view=report.verdict, bundle=detector.identity, unknown=1.0))
            continue
        sample, _ = sampler.sample(detector, reference, image, taken, slots, report.shift, ignored)
        samples.append(sample)
    progress(f"trust {camera}", len(frames), len(frames), "")
    return samples


def _numbered(number: int) -> datetime:
    """A time for a frame that says none: all on one day, in their order."""
    return datetime(1970, 1, 1) + timedelta(seconds=number)
