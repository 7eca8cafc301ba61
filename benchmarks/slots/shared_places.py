"""Places that two cameras see: how often labels contradict each other, and what one camera, the other and both say.

python benchmarks/slots/shared_places.py labels --root CNR-EXT [--json F]
python benchmarks/slots/shared_places.py frames --root CNR-EXT --model yolov8n.pt [--json F]
python benchmarks/slots/shared_places.py rendered --work DIR [--seeds 3,4,5] [--json F]

``labels``: pairs of official labels of one slot at two cameras, by the minutes between them: how often they differ is
noise of the labels plus cars that came or went in between. ``frames``: the frames that are there, read by one model,
and those of two cameras within ten minutes. ``rendered``: two views of one lot, rendered to DIR if absent; the second
camera's frames of the last day are fogged, darkened or turned, and nothing notices it. Truth is used to measure only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from lotwise.cameras.detection.model import Model
from lotwise.cameras.slots import SlotModel, SlotReading, learn_slot_model, slot_rule
from lotwise.cameras.slots.occlusion import hidden_slots
from lotwise.cameras.slots.shared.agreement import Agreement
from lotwise.cameras.slots.shared.place_state import PlaceState, next_state
from lotwise.cameras.slots.shared.sighting import Sighting
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.frame import Dataset, Detections, Frame, Image, SlotState
from lotwise.datasets.load import load
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.datasets.synthetic import render_site
from lotwise.students.pretrained import NANO
from lotwise.teacher.single_scale import SingleScale

TOLERANCES_MIN = (0, 1, 2, 5, 10, 15)
PAIR_WITHIN = timedelta(minutes=10)
HIDDEN_SHARE = 0.7
"""As the setting ``hysteresis.hidden_share``."""
BRIDGE = timedelta(minutes=15)
_LABEL = re.compile(r"\w+/(\d{4}-\d\d-\d\d)/camera(\d)/\w_[\d-]+_(\d\d)\.(\d\d)_C0\d_(\d+)\.jpg ([01])")


@dataclass
class Errors:
    """Of one way to tell: places that were told, that were told wrong, and of which nothing was told."""

    told: int = 0
    wrong: int = 0
    unknown: int = 0

    def count(self, state: SlotState, truth: SlotState) -> None:
        self.unknown += state == "unknown"
        self.told += state != "unknown"
        self.wrong += state not in ("unknown", truth)

    @property
    def accuracy(self) -> float | None:
        return 1 - self.wrong / self.told if self.told else None


@dataclass(frozen=True)
class Seen:
    """What one camera says of its slots at one moment, and which of them something nearer covers."""

    readings: Mapping[str, SlotReading]
    hidden: frozenset[str]


def labels(root: Path) -> dict[str, Any]:
    """How often two cameras' labels of one slot differ, by the minutes between them and by cameras and slot."""
    of_slot: dict[tuple[str, str], list[tuple[int, str, int]]] = defaultdict(list)
    for file in sorted((root / "LABELS").glob("camera*.txt")):
        for line in file.read_text().splitlines():
            if found := _LABEL.fullmatch(line):
                day, camera, hour, minute, slot, busy = found.groups()
                of_slot[day, slot].append((int(hour) * 60 + int(minute), f"C{camera}", int(busy)))
    pairs: dict[int, Counter[tuple[str, str, bool]]] = {most: Counter() for most in TOLERANCES_MIN}
    close: Counter[tuple[str, str, bool]] = Counter()
    for (_, slot), seen in of_slot.items():
        for (at, camera, busy), (then, other, busy_then) in combinations(seen, 2):
            if camera == other:
                continue
            for most in TOLERANCES_MIN:
                if abs(at - then) <= most:
                    pairs[most][min(camera, other), max(camera, other), busy != busy_then] += 1
            if abs(at - then) <= 1:
                close["-".join(sorted((camera, other))), slot, busy != busy_then] += 1
    within = {
        most: {"pairs": sum(found.values()), "differ": sum(n for (*_, differs), n in found.items() if differs)}
        for most, found in pairs.items()
    }
    by_cameras = {
        f"{one}-{other}": {"pairs": pairs[1][one, other, True] + pairs[1][one, other, False],
                           "differ": pairs[1][one, other, True]}
        for one, other in sorted({key[:2] for key in pairs[1]})
    }  # fmt: skip
    worst = sorted(((n, cameras, slot) for (cameras, slot, differs), n in close.items() if differs), reverse=True)[:8]
    return {
        "within_minutes": within,
        "by_cameras_within_a_minute": by_cameras,
        "worst_slots_within_a_minute": [
            {"cameras": cameras, "slot": slot, "differ": n, "pairs": n + close[cameras, slot, False]}
            for n, cameras, slot in worst
        ],
    }


def read(model: Model, image: Image, dataset: Dataset, camera: str, picture: SlotModel | None) -> Seen:
    """As the node reads one frame, without hysteresis."""
    size, slots = (image.shape[1], image.shape[0]), dataset.slots[camera]
    confidence, slot_confidence = model.confidence, model.slot_confidence
    (found,) = model([image], min(confidence, slot_confidence))
    readings = slot_rule(picture, model.crop)(found, slots, size, confidence=slot_confidence)
    return Seen(readings, hidden_slots(found, slots, size, picture, HIDDEN_SHARE, confidence, slot_confidence))


def told_of(place: str, seen: Mapping[str, Seen], agreement: Agreement | None = None) -> SlotState:
    """What cameras say together of a place, at one moment and with nothing told before."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    sightings = []
    for camera, of in seen.items():
        reading = of.readings[place]
        one = Sighting(camera, SlotNow(reading.state, moment, reading.score), moment, True, place in of.hidden)
        error = None if agreement is None else agreement.error(camera, place, reading.state)
        sightings.append(replace(one, error=error))
    return next_state(PlaceState(SlotNow("unknown", moment)), sightings, moment, BRIDGE).now.state


def surest(place: str, seen: Mapping[str, Seen]) -> SlotState:
    """The camera with the higher score."""
    return max((of.readings[place] for of in seen.values()), key=lambda reading: reading.score).state


def compare(places: Mapping[str, SlotState], seen: Mapping[str, Seen], errors: dict[str, Errors]) -> None:
    """Count what each camera, the surer one and all together tell of some places."""
    for place, truth in places.items():
        for camera, of in seen.items():
            errors.setdefault(f"{camera} alone", Errors()).count(of.readings[place].state, truth)
        errors.setdefault("higher score", Errors()).count(surest(place, seen), truth)
        errors.setdefault("together", Errors()).count(told_of(place, seen), truth)


def frames(root: Path, weights: Path) -> dict[str, Any]:
    """Pairs of stored frames of two cameras within ten minutes."""
    dataset = read_cnr_ext(root)
    model = SingleScale(weights)
    seen = {}
    pairs = []
    for one, other in combinations(dataset.frames, 2):
        if one.camera != other.camera and abs(_time(one) - _time(other)) <= PAIR_WITHIN:
            common = {slot.id for slot in dataset.slots[one.camera]} & {slot.id for slot in dataset.slots[other.camera]}
            if common:
                pairs.append((one, other, common))
    alone: dict[str, Errors] = {}
    for frame in dataset.frames:
        seen[frame.name] = read(model, load(frame), dataset, frame.camera, None)
        for slot, truth in (dataset.truth[frame.name].slots or {}).items():
            if (reading := seen[frame.name].readings.get(slot)) is not None:
                alone.setdefault(f"read as {reading.state}", Errors()).count(reading.state, truth)
    whole: dict[str, Errors] = {}
    rows = []
    for one, other, common in pairs:
        truths = [dataset.truth[frame.name].slots or {} for frame in (one, other)]
        differ = sum(truths[0].get(slot) != truths[1].get(slot) for slot in common)
        # Where the labels differ a car came or went, or one is wrong: nothing can be measured there.
        places = {
            slot: truths[0][slot] for slot in common if slot in truths[0] and truths[0][slot] == truths[1].get(slot)
        }
        errors: dict[str, Errors] = {}
        by = {"first": seen[one.name], "second": seen[other.name]}
        compare(places, by, errors)
        compare(places, by, whole)
        minutes = abs((_time(one) - _time(other)).total_seconds()) / 60
        rows.append({
            "frames": [f"{frame.camera} {_time(frame):%Y-%m-%d %H:%M}" for frame in (one, other)], "minutes": minutes,
            "places": len(common), "labels_differ": differ,
            "errors": {name: asdict(found) for name, found in errors.items()},
        })  # fmt: skip
    return {
        "model": weights.name,
        "one camera": {name: asdict(found) for name, found in alone.items()},
        "pairs": rows,
        "all": {name: asdict(found) for name, found in whole.items()},
    }


def _time(frame: Frame) -> datetime:
    assert frame.taken is not None
    return frame.taken


def fogged(image: Image, rng: np.random.Generator) -> Image:
    """Contrast of a third, blurred, in bright grey."""
    soft = cv2.GaussianBlur(image, (0, 0), image.shape[1] / 400)
    return np.asarray(np.clip(soft * 0.3 + 150, 0, 255), np.uint8)


def dark(image: Image, rng: np.random.Generator) -> Image:
    """A tenth of the light, with the noise of a sensor turned up."""
    noisy = image * 0.1 + rng.normal(0, 5, image.shape)
    return np.asarray(np.clip(noisy * 2, 0, 255), np.uint8)


def turned(image: Image, rng: np.random.Generator) -> Image:
    """By a fifteenth of its width to the side: about one slot."""
    move = np.array([[1, 0, image.shape[1] / 15], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(image, move, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8)


CONDITIONS: Mapping[str, Callable[[Image, np.random.Generator], Image]] = {
    "both well": lambda image, rng: image, "second fogged": fogged, "second dark": dark, "second turned": turned,
}  # fmt: skip


def rendered(work: Path, seeds: Sequence[int]) -> dict[str, Any]:
    """Two views of one lot; pictures of the slots are learned on the first day, the second one is measured."""
    model = SingleScale(NANO)
    errors: dict[str, dict[str, Errors]] = {name: {} for name in CONDITIONS}
    places_seen = {}
    for seed in seeds:
        dataset = render_site(
            work / f"s{seed}", cameras=2, days=2, frames_per_day=10, width=640, height=480, seed=seed
        )  # fmt: skip
        common = [
            slot.id for slot in dataset.slots["C1"] if slot.id in {other.id for other in dataset.slots["C2"]}
        ]  # fmt: skip
        places_seen[seed] = len(common)
        first_day = min(_time(frame).date() for frame in dataset.frames)
        learned = {camera: _learned(model, dataset, camera, first_day) for camera in dataset.slots}
        for name, change in CONDITIONS.items():
            agreement = _agreement(dataset, common, learned)
            for moment, found in _moments(dataset, first_day):
                rng = np.random.default_rng([seed, moment.hour, moment.minute])
                seen = {}
                for camera, frame in found.items():
                    image = change(load(frame), rng) if camera == "C2" else load(frame)
                    seen[camera] = read(model, image, dataset, camera, learned[camera][0])
                places = _truth(dataset, found, common)
                compare(places, seen, errors[name])
                for place, truth in places.items():
                    told = told_of(place, seen, agreement)
                    errors[name].setdefault("together, learned", Errors()).count(told, truth)
                    # As the node does it: nobody knows the truth.
                    said = {camera: of.readings[place].state for camera, of in seen.items()}
                    for _ in range(6):  # comparisons an hour
                        agreement.count(place, said, told, moment)
    return {
        "places_both_see": places_seen,
        "errors": {name: {way: asdict(of) for way, of in found.items()} for name, found in errors.items()},
    }


Learned = tuple[SlotModel, list[tuple[datetime, Seen]]]


def _learned(model: Model, dataset: Dataset, camera: str, day: Any) -> Learned:
    """The slots' pictures of a day, from the model's own boxes, and how that day is read with them."""
    days = [frame for frame in dataset.frames if frame.camera == camera and _time(frame).date() == day]
    images = [load(frame) for frame in days]
    boxes: list[Detections] = [found for image in images for found in model([image], 0.05)]
    picture = learn_slot_model(boxes, dataset.slots[camera], (images[0].shape[1], images[0].shape[0]))
    return picture, [
        (_time(frame), read(model, image, dataset, camera, picture)) for frame, image in zip(days, images, strict=True)
    ]


def _agreement(dataset: Dataset, common: Sequence[str], learned: Mapping[str, Learned]) -> Agreement:
    """What the node would have counted on the first day."""
    known = Agreement()
    for (moment, one), (_, other) in zip(learned["C1"][1], learned["C2"][1], strict=True):
        seen = {"C1": one, "C2": other}
        for place in common:
            said = {camera: of.readings[place].state for camera, of in seen.items()}
            for _ in range(6):
                known.count(place, said, told_of(place, seen, known), moment)
    return known


def _moments(dataset: Dataset, first_day: Any) -> Iterator[tuple[datetime, dict[str, Frame]]]:
    moments: dict[datetime, dict[str, Frame]] = defaultdict(dict)
    for frame in dataset.frames:
        if _time(frame).date() != first_day:
            moments[_time(frame)][frame.camera] = frame
    yield from sorted(moments.items())


def _truth(dataset: Dataset, found: Mapping[str, Frame], common: Sequence[str]) -> dict[str, SlotState]:
    """What is true of the places, of which at least one camera shows enough to say so."""
    states: dict[str, SlotState] = {}
    for frame in found.values():
        states |= dataset.truth[frame.name].slots or {}
    return {place: states[place] for place in common if place in states}


def show(title: str, errors: Mapping[str, Mapping[str, int]]) -> None:
    """One table."""
    table = Table("told by", "told", "wrong", "unknown", "accuracy", title=title)
    for name, found in errors.items():
        one = Errors(**found)
        accuracy = "-" if one.accuracy is None else f"{one.accuracy:.3f}"
        table.add_row(name, str(one.told), str(one.wrong), str(one.unknown), accuracy)
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("labels", "frames", "rendered"))
    parser.add_argument("--root", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--seeds", default="3,4,5")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.what == "labels":
        content = labels(asked.root)
        for most, found in content["within_minutes"].items():
            share = found["differ"] / max(found["pairs"], 1)
            print(f"within {most} min: {found['differ']} of {found['pairs']} differ ({share:.2%})")
    elif asked.what == "frames":
        content = frames(asked.root, asked.model)
        show(f"stored frames of any camera, {content['model']}", content["one camera"])
        show("places of two cameras within ten minutes", content["all"])
    else:
        content = rendered(asked.work, [int(seed) for seed in asked.seeds.split(",")])
        for name, errors in content["errors"].items():
            show(name, errors)
    if asked.json is not None:
        before = json.loads(asked.json.read_text()) if asked.json.is_file() else {}
        machine = {"machine": platform.machine(), "cores": os.cpu_count()}
        key = f"frames, {content['model']}" if asked.what == "frames" else asked.what
        asked.json.write_text(json.dumps(before | {"machine": machine, key: content}, indent=1) + "\n")


if __name__ == "__main__":
    main()
