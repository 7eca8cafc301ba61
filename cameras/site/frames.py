"""A site's stored frames as a dataset, for the commands that learn from them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from lotwise.cameras.site.camera import SiteCamera
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_entry import waiting_note
from lotwise.cameras.site.slot_file import accepted_slots, read_slot_entries
from lotwise.cameras.site.slot_storage import slot_storage
from lotwise.cameras.site.sources import FolderSettings, VideoSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.few_frames import few_frames_notes
from lotwise.datasets.frame import Dataset, Frame, Slot
from lotwise.datasets.image_files import VIDEO_SUFFIXES
from lotwise.datasets.readers.common.camera_id import select_cameras
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.readers.video import VideoSample, sample_video, video_notes


def site_dataset(path: Path, cameras: tuple[str, ...] | None = None) -> Dataset:
    """The frames and slots of a site's cameras, without any truth.

    Args:
        path: the site file.
        cameras: ids; None for all.

    Raises:
        InputError: a broken site file, an unknown camera, a source or slot file that cannot be read, or a source that
            is live and so holds no frames yet.
    """
    site = read_site(path)
    frames: list[Frame] = []
    slots: dict[str, tuple[Slot, ...]] = {}
    notes: list[str] = []
    for name in chosen_cameras(site, path, cameras):
        own, own_notes = camera_frames(site, path, name)
        frames += own
        notes += own_notes
        if (file := slot_storage(site, name).read) is not None:
            entries = read_slot_entries(file)
            slots[name] = accepted_slots(entries)
            if note := waiting_note(entries, file):
                notes.append(f"camera {name}: {note}")
    notes += few_frames_notes(frames)
    return Dataset("site", path, tuple(frames), slots, notes=tuple(notes))


def camera_frames(
    site: Site, path: Path, name: str, places: Sequence[Path] = ()
) -> tuple[tuple[Frame, ...], tuple[str, ...]]:
    """The stored frames of one camera, with its privacy masks, and notes on what was left out.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        path: the site file.
        name: of the camera.
        places: folders and videos; by default those that it learns from.

    Raises:
        InputError: a source that cannot be read, or one that is live and so holds no frames yet.
    """
    camera = site.cameras[name]
    masks = privacy_masks(camera, f"{path}: cameras.{name}.privacy_masks")
    places = places or camera.learn_from or _stored_source(camera, f"{path}: cameras.{name}")
    videos: list[VideoSample] = []
    frames: list[Frame] = []
    notes: list[str] = []
    for number, place in enumerate(places, start=1):
        if place.is_file() or (place.suffix.lower() in VIDEO_SUFFIXES and not place.is_dir()):
            videos.append(sample_video(place, name, camera.every_s))
            found = videos[-1].frames
        else:
            folder = read_folder(place, every_s=camera.every_s)
            found = folder.frames
            notes += folder.notes
        below = f"{name}/{number}" if len(places) > 1 else name
        frames += [Frame(name, f"{below}/{f.name}", f.path, f.taken, f.index, masks) for f in found]
    notes += video_notes({name: videos} if videos else {})
    return tuple(select_cameras(frames, None, path)), tuple(notes)


def stored_frames(site: Site, path: Path, name: str) -> tuple[Frame, ...] | None:
    """The frames of a camera's own source; None where it is a running camera.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        path: its file, for errors.
        name: the camera's id.

    Raises:
        InputError: the source or the privacy masks cannot be read.
    """
    match site.cameras[name].source:
        case FolderSettings(path=place, follow=False) | VideoSettings(path=place):
            return camera_frames(site, path, name, (place,))[0]
    return None


def unread_collections(path: Path, cameras: Sequence[str], folder: Path) -> list[str]:
    """A sentence for each running camera whose student would not learn from the frames collected below a folder."""
    site = read_site(path)
    running = [name for name in cameras if not isinstance(site.cameras[name].source, FolderSettings | VideoSettings)]
    return [
        f"{name}: lotwise adapt does not learn from these frames; give learn_from: {folder / name} in {path}"
        for name in running
        if not any(place.resolve() == folder / name for place in site.cameras[name].learn_from)
    ]


def _stored_source(camera: SiteCamera, where: str) -> tuple[Path, ...]:
    match camera.source:
        case VideoSettings(path=stored) | FolderSettings(path=stored):
            return (stored,)
        case live:
            raise InputError(
                f"{where}.source: {live.kind} holds no frames to learn from; run lotwise collect, and give the "
                "folder of its frames as learn_from"
            )


def chosen_cameras(site: Site, path: Path, cameras: Sequence[str] | None) -> tuple[str, ...]:
    """The asked cameras in the site's order; None asks for all.

    Raises:
        InputError: one that the site does not name.
    """
    for camera in cameras or ():
        if camera not in site.cameras:
            near = difflib.get_close_matches(camera, site.cameras, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise InputError(f"{path}: no camera {camera}{hint}; it names {', '.join(site.cameras)}")
    return tuple(name for name in site.cameras if cameras is None or name in cameras)
