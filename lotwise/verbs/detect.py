"""``lotwise detect``: a bundle, a run's live bundles, or any YOLO on pictures, videos and cameras."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.exit_codes import INTERRUPTED
from lotwise.terminal import out, plain_table, print_notes, print_skipped, print_table, progress_bars

if TYPE_CHECKING:
    from lotwise.cameras.detection.batch import ReaderOf
    from lotwise.cameras.detection.frame_result import FrameResult
    from lotwise.cameras.detection.model import Model
    from lotwise.cameras.ignore.region_file import Regions

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise detect runs/lot frames   ·   lotwise detect runs/lot lot.mp4 --every 1 --save seen   ·   "
    "lotwise detect yolo26n.pt 'frames/*.jpg' --json out.json   ·   lotwise detect runs/lot rtsp://10.0.0.4/1"
)
def detect(
    model: Annotated[Path, typer.Argument(help="Bundle folder, run folder (its live bundles), .onnx or .pt.")],
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Pictures, videos, folders of them, quoted patterns such as 'frames/*.jpg', addresses of cameras "
            "(rtsp://, http://), or the number of a USB camera."
        ),
    ],
    as_json: Annotated[
        Path | None,
        typer.Option("--json", help="Write the detections here; without it a table is printed."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Folder for the pictures with boxes and slots drawn on them.")
    ] = None,
    conf: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least score; the bundle's own where not given.")
    ] = None,
    slots: Annotated[Path | None, typer.Option(help="Slot file; the bundle's own slots where not given.")] = None,
    camera: Annotated[
        str | None,
        typer.Option(help="Camera of a run folder whose bundle is to run; told by the files' folders where not given."),
    ] = None,
    ignore: Annotated[
        Path | None,
        typer.Option(
            "--ignore-regions",
            help="Ignore regions: a camera's file, or a folder with ID.json of each camera of a run folder.",
        ),
    ] = None,
    every_s: Annotated[
        float | None,
        typer.Option("--every", min=0.001, help="Seconds between two frames of a video or camera; by default all."),
    ] = None,
    most: Annotated[int | None, typer.Option("--count", min=1, help="Frames of each camera; no end without.")] = None,
) -> None:
    """Run a bundle, or any YOLO in .onnx or .pt, on pictures, videos and cameras; with slots, tell which are free."""
    from lotwise.cameras.sources.addresses import is_address

    reader_of, identity = _readers(model, camera, conf, slots, ignore)
    addresses = [source for source in sources if is_address(source)]
    if addresses and len(addresses) < len(sources):
        raise InputError(f"{addresses[0]}: give either cameras or files, not both at once")
    if addresses:
        _detect_live(addresses, reader_of, identity, as_json, save, every_s, most)
    else:
        _detect_stored(sources, reader_of, identity, as_json, save, every_s)


def _readers(
    model: Path, camera: str | None, conf: float | None, slots: Path | None, ignore: Path | None
) -> tuple[ReaderOf, str]:
    """Which model reads a file, and what all of them are, for going on after a kill."""
    from lotwise.cameras.detection.bundle import MANIFEST
    from lotwise.cameras.detection.frame_result import FrameReader
    from lotwise.cameras.registry.live_detectors import live_detectors, of_file
    from lotwise.cameras.site.slot_entry import waiting_note
    from lotwise.cameras.site.slot_file import accepted_slots, read_slot_entries

    entries = read_slot_entries(slots) if slots is not None else ()
    given = accepted_slots(entries) if slots is not None else None
    if slots is not None and (waiting := waiting_note(entries, slots)):
        print_notes([waiting])
    if model.is_dir() and not (model / MANIFEST).is_file():
        readers = {
            name: FrameReader(one, conf, given, _regions(ignore, name))
            for name, one in live_detectors(model, camera).items()
        }
    else:
        readers = {"": FrameReader(_load(model), conf, given, _regions(ignore, camera))}
    return lambda file: of_file(readers, file), " ".join(reader.identity for reader in readers.values())


def _regions(ignore: Path | None, camera: str | None) -> Regions:
    from lotwise.cameras.ignore.region_file import read_regions, regions_in

    if ignore is None:
        return ()
    if ignore.is_dir():
        if camera is None:
            raise InputError(f"{ignore}: a folder, and one model runs on all pictures; give the camera's file in it")
        return read_regions(regions_in(ignore, camera))
    if not ignore.exists():
        raise InputError(f"{ignore}: no such file; give the file of a camera's ignore regions")
    return read_regions(ignore)


def _load(model: Path) -> Model:
    if model.suffix == ".pt":
        from lotwise.teacher.single_scale import SingleScale

        return SingleScale(model)
    from lotwise.cameras.detection.detector import load_detector

    return load_detector(model)


def _detect_stored(
    sources: Sequence[str],
    reader_of: ReaderOf,
    identity: str,
    as_json: Path | None,
    save: Path | None,
    every_s: float | None,
) -> None:
    from contextlib import nullcontext

    from lotwise.cameras.detection.batch import detect_stored
    from lotwise.cameras.detection.result_log import ResultLog
    from lotwise.cameras.detection.saved_pictures import SavedPictures
    from lotwise.cameras.detection.stored_frames import stored_frames

    frames, notes = stored_frames(sources, every_s)
    for stored in frames:
        reader_of(stored.frame.name)  # a file that no model is for should be told before hours of work
    pictures = SavedPictures(save, frames) if save else None
    results: list[FrameResult] = []
    skipped: list[str] = []
    interrupted = False
    print_notes(notes)
    with ResultLog(as_json, identity) if as_json else nullcontext() as log:
        try:
            with progress_bars() as progress:
                for result in detect_stored(frames, reader_of, progress, skipped, log, pictures):
                    results.append(result)
        except KeyboardInterrupt:
            interrupted = True
        if log:
            log.write(results) if interrupted else log.finish(results)
    print_skipped(skipped)
    _say(results, as_json, save, f", {len(skipped)} skipped" if not interrupted else f" of {len(frames)}, stopped")
    if interrupted and as_json:
        raise typer.Exit(INTERRUPTED)
    if interrupted:
        sys.exit(INTERRUPTED)  # nothing is kept, so nothing is said of going on


def _detect_live(
    addresses: Sequence[str],
    reader_of: ReaderOf,
    identity: str,
    as_json: Path | None,
    save: Path | None,
    every_s: float | None,
    most: int | None,
) -> None:
    import threading
    from contextlib import nullcontext

    from lotwise.cameras.detection.result_log import ResultLog
    from lotwise.cameras.detection.saved_pictures import SavedPictures
    from lotwise.cameras.sources.addresses import live_frames
    from lotwise.node.run import until_told

    pictures = SavedPictures(save) if save else None
    results: list[FrameResult] = []
    stop = threading.Event()
    with ResultLog(as_json, f"{identity} live {addresses}") if as_json else nullcontext() as log, until_told(stop):
        for frame in live_frames(addresses, every_s, most, stop, lambda line: print_notes([line])):
            reader = reader_of(frame.name)
            result = reader(frame.image, frame.name, frame.taken)
            if log:
                results.append(result)
                log.add(result)
            else:
                out.print("  ".join(_cells(result)))
            if pictures:
                pictures.write(frame.below, frame.image, result, reader)
        if log:
            log.finish(results)
    if as_json:
        _say(results, as_json, save, "")


def _say(results: Sequence[FrameResult], as_json: Path | None, save: Path | None, rest: str) -> None:
    if as_json is None:
        headings = ("file", "vehicles", "free", "occupied", "unknown")
        slots = any(result.readings for result in results)
        print_table(plain_table(headings if slots else headings[:2], [_cells(result) for result in results]))
    found = sum(len(result.detections) for result in results)
    if ignored := sum(result.ignored for result in results):
        rest += f", {ignored} boxes ignored"
    where = ", ".join(str(place) for place in (as_json, save) if place)
    out.print(f"{found} vehicles on {len(results)} images{rest}{f': {where}' if where else ''}")


def _cells(result: FrameResult) -> list[str]:
    vehicles = str(len(result.detections))
    if not result.readings:
        return [result.file, vehicles]
    return [result.file, vehicles, *(str(result.count(state)) for state in ("free", "occupied", "unknown"))]
