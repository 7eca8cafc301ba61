"""Which frames of a data set a run did not learn from, told by their pixels, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.images import content_key
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.stamp import stamp_of
from lotwise.datasets.timestamps import month_first, parse_time
from lotwise.students.pipeline.records import CameraRecord
from lotwise.teacher.index import Labels


@dataclass(frozen=True)
class Unlearned:
    """What is measured.

    Attributes:
        frames: camera by camera in the order of the data set.
        held_out: per camera, whether no day of these frames was learned from.
        notes: what the reader must know, a sentence each.
        left_out: of frames that students left out in turn, by name what the run calls them.
        learned: cameras whose frames here were all learned from: they tell nothing of their students.
    """

    frames: tuple[Frame, ...]
    held_out: Mapping[str, bool]
    notes: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    learned: frozenset[str] = frozenset()


def unlearned_frames(
    dataset: Dataset,
    records: Mapping[str, CameraRecord],
    labels: Labels,
    read: LoadFrame = load,
    retrained: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Unlearned:
    """The frames that no student of their camera learned from.

    Of a camera all of whose frames were learned from (one frame is all there is, say) those of its test side are
    given, for the models that did not learn from them; where students left its frames out in turn, these can tell of
    them. What the run noted about its own division of the frames is told only where frames of that division are
    measured; another data set has caveats of its own.

    Args:
        dataset: the run's own, or another one with other frames of the same cameras.
        records: by camera id, what each camera of the run has learned from.
        labels: of the run.
        read: gives the pixels of a frame; used for frames that are not, file for file, those that were labelled.
        retrained: content keys of what a camera's live bundle has learned from since, by camera.
    """
    frames: list[Frame] = []
    held_out: dict[str, bool] = {}
    notes: dict[str, list[str]] = {}
    left_out: dict[str, str] = {}
    learned: set[str] = set()
    for camera in dataset.cameras:
        if camera not in records:
            notes.setdefault("not trained in this run", []).append(camera)
            continue
        record, keys = records[camera], retrained.get(camera, ())
        given = [frame for frame in dataset.of_camera(camera) if not (keys and _shows_one_of(keys, frame, read))]
        if len(given) < len(dataset.of_camera(camera)):
            notes.setdefault("frames that the live bundle was retrained on are left out", []).append(camera)
        names = {frame: _name_in_run(frame, record, labels, read) for frame in given}
        # Frames that were not chosen are of the days learned from, and the teacher was spared them.
        learned_from = {*record.train, *record.unchosen, *_copies(record, labels)}
        unseen = [frame for frame, name in names.items() if name not in learned_from]
        measured = unseen or [frame for frame, name in names.items() if name in record.test]
        frames += measured
        held_out[camera] = bool(unseen) and _days_apart(unseen, record)
        if measured and not unseen and record.left_out is None:
            learned.add(camera)
            continue
        if not unseen and record.left_out is not None:
            left_out |= {frame.name: str(names[frame]) for frame in measured}
            held_out[camera] = bool(measured) and record.left_out.days_apart
        if not measured:
            notes.setdefault("the student learned from all its frames here, so nothing is measured", []).append(camera)
        elif any(names[frame] in record.test for frame in measured):
            notes.setdefault(record.note, []).append(camera)
        elif len(unseen) < len(names):
            notes.setdefault("frames that the student learned from are left out", []).append(camera)
    told = tuple(f"{', '.join(cameras)}: {note}." for note, cameras in notes.items())
    return Unlearned(tuple(frames), held_out, told, left_out, frozenset(learned))


def _name_in_run(frame: Frame, record: CameraRecord, labels: Labels, read: LoadFrame) -> str | None:
    """What the run calls this very picture; None where it never had it.

    A name alone tells nothing: another camera card has a 0001.jpg too.
    """
    stamp, known = stamp_of(frame), labels.index.frames.get(frame.name)
    if known is not None and stamp is not None and known.stamp == stamp:
        return frame.name
    if frame.name in record.unchosen:  # the pixels of these were not kept
        return frame.name if labels.index.unchosen.get(frame.name) in (None, stamp) else None
    try:
        key = content_key(read(frame))
    except UnreadableImage:
        return None
    return next((name for name in (*record.train, *record.test) if labels.keys.get(name) == key), None)


def _shows_one_of(keys: Collection[str], frame: Frame, read: LoadFrame) -> bool:
    try:
        return content_key(read(frame)) in keys
    except UnreadableImage:
        return False


def _copies(record: CameraRecord, labels: Labels) -> set[str]:
    """Test frames whose very picture was learned from under another name, as of a video that plays in a loop."""
    learned = {labels.keys[name] for name in record.train if name in labels.keys}
    return {name for name in record.test if labels.keys.get(name) in learned}


def _days_apart(frames: Sequence[Frame], record: CameraRecord) -> bool:
    """Whether no frame is of a day that was learned from; False where a date is not known."""
    order = bool(month_first((*record.train, *record.test)))
    learned = [parse_time(name, order) for name in record.train]
    days = {taken.date() for taken in learned if taken}
    return all(learned) and all(frame.taken is not None and frame.taken.date() not in days for frame in frames)
