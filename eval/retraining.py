"""What a retraining changed: which slots and frames of a camera are read better or worse than by the bundle before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.drawing import drawn
from lotwise.cameras.detection.frame_result import FrameReader
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Footage, Frame, Image, Slot
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.whole_file import write_whole
from lotwise.eval.page.changes import ChangePage, ChangePicture, SlotChange, changes_page
from lotwise.eval.page.pictures import small_jpeg
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import PAGE, Retrainings
from lotwise.students.retraining.intake import frame_name, taken_frames
from lotwise.students.retraining.records import FrameChange, RetrainingRecord

MOST_PICTURES = 3
"""Pictures of frames that got better, and as many of those that got worse."""
PICTURE_PX = 900
"""Width of a picture: two stand side by side on a wide screen."""
WRONG_COLOUR = (79, 79, 255)
"""BGR of the cross over a slot that is read otherwise than by the teacher; the report's red."""
NOTICED = 0.005
"""Change of a frame's expected F1 from which on it counts as better or worse."""


def write_changes(
    run: Run, footage: Footage, record: RetrainingRecord, read: LoadFrame = load, title: str | None = None
) -> Path:
    """Write the page beside the retraining's record, and return where.

    Args:
        run: that the retraining belongs to.
        footage: its frames.
        record: of a finished retraining.
        read: gives the pixels of a frame.
        title: says which model is live; :func:`headline` where the run's own registry knows that.
    """
    chain = Retrainings(run, record.camera)
    page = ChangePage(
        record=record,
        headline=headline(run, record) if title is None else title,
        better=tuple(frame for frame in changed(record) if gain(frame) > 0),
        worse=tuple(frame for frame in changed(record) if gain(frame) < 0),
        slots=slot_changes(record.compared.frames if record.compared else ()),
        pictures=tuple(_pictures(run, chain, footage, record, read)),
    )
    path = chain.place(record.number) / PAGE
    write_whole(path, changes_page(page).encode())
    return path


def headline(run: Run, record: RetrainingRecord) -> str:
    """Which model is live on the camera now, and what that has to do with this retraining."""
    state, camera = run.registry(record.camera).state(), record.camera
    new = "the retrained student" if record.winner == "student" else "the untouched nano"
    if state.live is None:
        return f"No model is live on {camera}"
    if state.live == record.bundle:
        return f"Live on {camera}: {new}, {state.live}"
    if state.shadow == record.bundle:
        return f"Live on {camera}: still the bundle from before, {state.live}; {new} runs in its shadow first"
    if record.bundle is not None and record.bundle in state.refused:
        return f"Live on {camera}: not {new}, but {state.live}; the node refused it: {state.refused[record.bundle]}"
    if record.outcome == "kept":
        return f"Live on {camera}: still the bundle from before, {state.live}; {new} was refused"
    return f"Live on {camera}: {state.live}, another bundle than this retraining made"


def gain(frame: FrameChange) -> float:
    """By how much a frame is read better, in slots, and in boxes where as many slots are right."""
    slots = len(frame.wrong_before) - len(frame.wrong_after)
    boxes = frame.after - frame.before
    return slots + (boxes if abs(boxes) >= NOTICED else 0.0)


def changed(record: RetrainingRecord) -> list[FrameChange]:
    """Frames that are read better or worse, the largest gain first."""
    frames = record.compared.frames if record.compared else ()
    return sorted((frame for frame in frames if gain(frame)), key=lambda frame: -gain(frame))


def slot_changes(frames: Sequence[FrameChange]) -> tuple[SlotChange, ...]:
    """Slots that are wrong on more or fewer frames than before, the largest gain first."""
    before = Counter(slot for frame in frames for slot in frame.wrong_before)
    after = Counter(slot for frame in frames for slot in frame.wrong_after)
    found = [SlotChange(slot, before[slot], after[slot]) for slot in sorted({*before, *after})]
    return tuple(sorted((one for one in found if one.before != one.after), key=lambda one: one.after - one.before))


def _pictures(
    run: Run, chain: Retrainings, footage: Footage, record: RetrainingRecord, read: LoadFrame
) -> list[ChangePicture]:
    """The frames that changed most, as both bundles read them; none where a bundle is gone."""
    frames = changed(record)
    chosen = [frame for frame in frames[:MOST_PICTURES] if gain(frame) > 0]
    chosen += [frame for frame in frames[::-1][:MOST_PICTURES] if gain(frame) < 0]
    if not chosen or record.was_live is None or record.bundle is None:
        return []
    registry = run.registry(record.camera)
    try:
        new = load_detector(registry.path(record.bundle))
        # Both with the slots of today, as they were compared.
        readers = [FrameReader(load_detector(registry.path(record.was_live)), given_slots=new.slots), FrameReader(new)]
    except InputError:
        return []
    known = _frames(chain, footage, record)
    found = []
    for change in chosen:
        try:
            image = read(known[change.frame])
        except (KeyError, UnreadableImage):
            continue
        sides = [
            small_jpeg(_small(_marked(drawn(image, reader(image, change.frame), reader.slots), reader.slots, wrong)))
            for reader, wrong in zip(readers, (change.wrong_before, change.wrong_after), strict=True)
        ]
        found.append(ChangePicture(change, gain(change) > 0, sides[0], sides[1]))
    return found


def _frames(chain: Retrainings, footage: Footage, record: RetrainingRecord) -> dict[str, Frame]:
    frames = {frame.name: frame for frame in footage.of_camera(chain.camera)}
    masks = next(iter(frames.values())).masks if frames else ()
    for one in chain.records():
        for frame in taken_frames(chain.frames, chain.camera, one.new, masks):
            frames[frame_name(chain.camera, frame.path.name)] = frame
    return frames


def _marked(image: Image, slots: Sequence[Slot], wrong: Sequence[str]) -> Image:
    """The picture with a cross over each slot that is read wrongly."""
    height, width = image.shape[:2]
    thickness = 3 if width >= 640 else 1
    for slot in slots:
        if slot.id in wrong:
            left, top, right, bottom = slot.box(width, height).round().astype(int).tolist()
            cv2.line(image, (left, top), (right, bottom), WRONG_COLOUR, thickness, cv2.LINE_AA)
            cv2.line(image, (left, bottom), (right, top), WRONG_COLOUR, thickness, cv2.LINE_AA)
    return image


def _small(image: Image) -> Image:
    height, width = image.shape[:2]
    if width <= PICTURE_PX:
        return image
    size = (PICTURE_PX, round(height * PICTURE_PX / width))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
