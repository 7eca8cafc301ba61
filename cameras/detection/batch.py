"""A model over many stored frames, one result after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lotwise.cameras.detection.frame_result import FrameReader, FrameResult
from lotwise.cameras.detection.result_log import ResultLog
from lotwise.cameras.detection.saved_pictures import SavedPictures
from lotwise.cameras.detection.stored_frames import StoredFrame
from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.load import load
from lotwise.datasets.progress import Progress

ReaderOf = Callable[[str], FrameReader]
"""Which model reads a file; by its path, since a run's models are one a camera."""


def detect_stored(
    frames: Sequence[StoredFrame],
    reader_of: ReaderOf,
    progress: Progress,
    skipped: list[str],
    log: ResultLog | None = None,
    save: SavedPictures | None = None,
) -> Iterator[FrameResult]:
    """Results of pictures and videos in order; what an earlier run has left in the log is not done again.

    Args:
        frames: pictures and frames of videos.
        reader_of: which model reads it.
        progress: called after each frame with stage, done, total and a note.
        skipped: gets a line for every frame that cannot be read.
        log: keeps each result.
        save: keeps each picture with what was found on it.
    """
    for number, stored in enumerate(frames, 1):
        name = stored.frame.name
        result = log.done.get(name) if log else None
        if result is None or (save and not save.has(stored.below)):
            try:
                image = load(stored.frame)
            except UnreadableImage as error:
                skipped.append(str(error))
                progress("detect", number, len(frames), f"{len(skipped)} unreadable")
                continue
            reader = reader_of(name)
            if result is None:
                result = reader(image, name, stored.frame.taken)
                if log:
                    log.add(result)
            if save:
                save.write(stored.below, image, result, reader)
        yield result
        progress("detect", number, len(frames), f"{len(skipped)} unreadable" if skipped else "")
