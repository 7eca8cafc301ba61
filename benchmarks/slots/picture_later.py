"""Slots drawn after adapt: how well they are read by a picture learned from the bundle's and a node's own boxes.

python benchmarks/slots/picture_later.py [--dataset cnr-ext --root DIR --cameras 1,3] [--work DIR] [--json FILE]
python benchmarks/slots/picture_later.py --nano --dataset pklot --root DIR --cameras UFPR05 --day FOLDER

The frames of a camera go into three parts; each is read by a student of the two others, which it trains where
``benchmarks/distillation/compare.py`` has not. A node's own boxes on a frame are those of the student that did not
learn from that frame, and a frame is never read by a picture that was learned from it. With ``--nano`` the untouched
nano stands for all students: it has learned from no frame, and sees far less. ``--day`` is a folder with further frames
of the camera, without labels, for a node to learn from.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.distillation.compare import ROWS, arguments, heard, predictions, run_all, training_jobs
from benchmarks.distillation.scores import Camera, divide, evidence
from benchmarks.distillation.training_job import SIZE, Predictions, run_model
from lotwise.cameras.slots import slot_rule
from lotwise.cameras.slots.carried_over import carried_over
from lotwise.cameras.slots.learning import learn_slot_model
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_boxes import FrameBoxes, SeenBoxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame, Slot
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.readers.open import open_dataset, parse_cameras
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.metrics.slot_counts import count_slots
from lotwise.eval.protocols import SLOTS
from lotwise.students.model.student import make_student
from lotwise.teacher.oracle import OracleSettings

ROW = "Lotwise"
OWN_FRAMES = (1, 3, 5, None)
"""Frames of its own that a node has seen; None for all but the one that is read."""
DRAWS = 5
"""Random choices of these frames, whose mean is told."""
LATER_SHARE = 3
"""Every third slot is one that was drawn later."""


@dataclass(frozen=True)
class Line:
    """Errors of one picture on one camera.

    Attributes:
        errors: slots read wrongly over all frames, of each draw.
        slots: labelled slots over all frames.
    """

    camera: str
    picture: str
    errors: tuple[int, ...]
    slots: int

    @property
    def mean(self) -> float:
        return float(np.mean(self.errors))


@dataclass(frozen=True)
class Part:
    """Frames that are read, and what the students and teachers that did not see them say.

    Attributes:
        frames: that are read.
        bundle: the teacher's boxes on the frames that were learned from, as the bundle carries them.
        taught: the same, as they were learned from at adapt.
    """

    frames: Sequence[Frame]
    bundle: Sequence[FrameBoxes]
    taught: Sequence[Detections]


PictureOf = Callable[[Part, Frame, np.random.Generator], SlotPicture]


@dataclass(frozen=True)
class Bench:
    """All that is known of one camera: its parts, and its students' boxes on every frame."""

    camera: Camera
    parts: Sequence[Part]
    said: Predictions
    own: Mapping[str, FrameBoxes]
    size: tuple[int, int]
    day: Sequence[FrameBoxes] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.camera.dataset.slots[self.camera.name]

    def line(self, name: str, picture_of: PictureOf, draws: int = 1, read: Sequence[str] | None = None) -> Line:
        """Read every frame by the picture that is made for it; only slots of these ids count, or all."""
        labelled = SLOTS.judged_frames(evidence(self.camera, self.said))
        wrong, total = [], 0
        for draw in range(draws):
            rng, errors, total = np.random.default_rng(draw), 0, 0
            for part in self.parts:
                for frame in part.frames:
                    if frame.name not in labelled:
                        continue
                    one = labelled[frame.name]
                    rule = slot_rule(picture_of(part, frame, rng).learned(one.slots).model)
                    readings = rule(self.said[frame.name], one.slots, one.size, confidence=DEFAULT_CONFIDENCE)
                    labels = {slot: state for slot, state in one.labels.items() if read is None or slot in read}
                    counts = count_slots(labels, readings)
                    errors += counts.free_called_occupied + counts.occupied_called_free
                    total += counts.occupied + counts.free
            wrong.append(errors)
        return Line(self.camera.name, name, tuple(wrong), total)

    def others(self, frame: Frame, count: int | None, rng: np.random.Generator) -> list[FrameBoxes]:
        """So many of the student's other frames, in order."""
        names = [name for name in self.own if name != frame.name]
        if count is None or count >= len(names):
            return [self.own[name] for name in names]
        return [self.own[names[index]] for index in sorted(rng.choice(len(names), count, replace=False))]


def lines(bench: Bench) -> Iterator[Line]:
    """All rows of one camera."""
    size, slots = bench.size, bench.slots

    def learned_of(frames: Sequence[FrameBoxes]) -> SlotPicture:
        return SlotPicture(boxes=SeenBoxes.of(tuple(frames), size))

    def at_adapt(part: Part, frame: Frame, rng: np.random.Generator) -> SlotPicture:
        return SlotPicture(learn_slot_model(part.taught, slots, size), slots)

    yield bench.line("half-covered rule", lambda part, frame, rng: SlotPicture())
    yield bench.line("learned at adapt", at_adapt)
    yield bench.line("drawn later, boxes of the bundle", lambda part, frame, rng: learned_of(part.bundle))
    for count in OWN_FRAMES:
        draws = 1 if count is None else DRAWS
        told = "all others" if count is None else f"{count}"
        yield bench.line(
            f"drawn later, own boxes of frames: {told}",
            lambda part, frame, rng, count=count: learned_of(bench.others(frame, count, rng)),  # type: ignore[misc]
            draws,
        )
        yield bench.line(
            f"drawn later, bundle and own: {told}",
            lambda part, frame, rng, count=count: learned_of(  # type: ignore[misc]
                [*part.bundle, *bench.others(frame, count, rng)]
            ),
            draws,
        )
    if bench.day:
        day = f"a day of {len(bench.day)}"
        yield bench.line(f"drawn later, own boxes of frames: {day}", lambda part, frame, rng: learned_of(bench.day))
        yield bench.line(
            f"drawn later, bundle and own: {day}", lambda part, frame, rng: learned_of([*part.bundle, *bench.day])
        )
    yield from _some_later(bench)


def _some_later(bench: Bench) -> Iterator[Line]:
    """A slot file that held two slots of three at adapt, and got the third ones later: errors on these."""
    later = [slot.id for slot in bench.slots[::LATER_SHARE]]
    first = [slot for slot in bench.slots if slot.id not in later]

    def before(part: Part, frame: Frame, rng: np.random.Generator) -> SlotPicture:
        model = learn_slot_model(part.taught, first, bench.size)
        return SlotPicture(carried_over(model, first, bench.slots), bench.slots)

    def now(part: Part, frame: Frame, rng: np.random.Generator) -> SlotPicture:
        model = learn_slot_model(part.taught, first, bench.size)
        return SlotPicture(model, tuple(first), SeenBoxes.of(tuple(part.bundle), bench.size))

    def at_adapt(part: Part, frame: Frame, rng: np.random.Generator) -> SlotPicture:
        return SlotPicture(learn_slot_model(part.taught, bench.slots, bench.size), bench.slots)

    yield bench.line("every third slot: half-covered rule", lambda part, frame, rng: SlotPicture(), read=later)
    yield bench.line("every third slot: was there at adapt", at_adapt, read=later)
    yield bench.line("every third slot: drawn later, what was learned is kept", before, read=later)
    yield bench.line("every third slot: drawn later, learned anew", now, read=later)


def bench_of(name: str, asked: argparse.Namespace) -> Bench:
    """A camera with its students, trained where they were not yet."""
    dataset = open_dataset(asked.dataset, asked.root, (name,))
    divided = divide(dataset.frames)
    camera = Camera(dataset, divided, {}, [])
    if asked.nano:
        said = run_model(make_student(asked.student), dataset.frames, SIZE)
    else:
        row = next(row for row in ROWS if row.name == ROW)
        run_all([job for repeat in training_jobs(row, camera, asked) for job in repeat], asked)
        (said,) = predictions(row, camera, asked)
    taught = heard(asked, dataset.frames, OracleSettings().scales)
    size = image_size(dataset.frames[0].path)
    parts = [
        Part(test, [FrameBoxes.of(taught[f.name], size) for f in train], [taught[f.name] for f in train])
        for train, test in divided
    ]
    own = {frame.name: FrameBoxes.of(said[frame.name], size) for frame in dataset.frames}
    return Bench(camera, parts, said, own, size, _day_boxes(asked, size))


def _day_boxes(asked: argparse.Namespace, size: tuple[int, int]) -> list[FrameBoxes]:
    """What the untouched nano sees on further frames, those of the day's own frames that are of this size."""
    if asked.day is None:
        return []
    frames = [frame for frame in read_folder(asked.day).frames if image_size(frame.path) == size]
    said = run_model(make_student(asked.student), frames, SIZE)
    return [FrameBoxes.of(said[frame.name], size, frame.taken and frame.taken.astimezone()) for frame in frames]


def main() -> None:
    parser = arguments(
        argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    )
    parser.add_argument("--nano", action="store_true", help="train nothing: the untouched nano sees the cars")
    parser.add_argument("--day", type=Path, help="folder of further frames, with --nano")
    parser.add_argument("--jobs", type=int, default=1, help="trainings side by side, a core each")
    parser.add_argument("--json", type=Path, help="cameras in it that are not measured now stay")
    asked = parser.parse_args()
    asked.repeats = 1
    content: dict[str, Any] = json.loads(asked.json.read_text()) if asked.json and asked.json.is_file() else {}
    for name in parse_cameras(asked.cameras) or ():
        began, bench = time.process_time(), bench_of(name, asked)
        found = list(lines(bench))
        for line in found:
            print(f"{line.camera:7} {line.picture:55} {line.mean:6.1f} {line.errors} of {line.slots}", flush=True)
        content[f"{bench.camera.name}, untouched nano" if asked.nano else bench.camera.name] = {
            "frames": len(bench.own),
            "slots": len(bench.slots),
            "teacher": asked.teacher.name,
            "student": f"{asked.student.name}{', untouched' if asked.nano else ''}",
            "seeds": "training: one a part, 0 to 2; draws of frames: 0 and up",
            "machine": platform.machine(),
            "cpu_seconds": round(time.process_time() - began, 1),
            "lines": [{**asdict(line), "mean": line.mean} for line in found],
        }
        if asked.json:
            asked.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
