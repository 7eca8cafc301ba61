"""View health and change detection on real frames: false alarms, faults, shifts, missed changes, cost.

python benchmarks/view_health/measure.py [--root ../shared/data] [--json view_health.json]

Every camera of CNR-EXT and PKLot that has at least two frames there, hours to weeks apart, and an empty day of UFPR05
every ten minutes. Faults and weather are done to those frames (``disturbances.py``). No slot is let pass
unseen: each slot whose label changed between two frames is watched alone, so that
nothing else can set change detection off.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise, permutations
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.view_health.disturbances import EVERYDAY, FAULTS, black, displaced
from benchmarks.view_health.mist import mist_or_blur
from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.view import ViewHealth, ViewSettings, thumbnail
from lotwise.cameras.view.change_detection import ChangeDetector
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.disturbances import brighter, noisy, recoded
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame, Image, Slot, SlotState
from lotwise.datasets.images import read_image
from lotwise.datasets.readers.open import open_dataset

FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
"""Of made-up times; any will do."""
TORN_FRAMES = ("13_35_08", "14_20_09")
"""Times in the names of the two frames of the empty day that are torn, found by eye."""
ONE_FRAME_SETTINGS = ViewSettings(recover_frames=1)
"""Each frame is judged by itself."""


@dataclass(frozen=True)
class Camera:
    """Real frames of one camera."""

    name: str
    frames: tuple[Frame, ...]
    images: tuple[Image, ...]
    slots: tuple[Slot, ...]
    states: tuple[dict[str, SlotState], ...]


def cameras(root: Path) -> Iterator[Camera]:
    for kind, folder in (("cnr-ext", "cnr_ext"), ("pklot", "pklot")):
        dataset = open_dataset(kind, root / folder)
        for name in dataset.cameras:
            frames = dataset.of_camera(name)
            if len(frames) > 1:
                truths = [dataset.truth.get(frame.name) for frame in frames]
                states = tuple(dict(truth.slots or {}) if truth else {} for truth in truths)
                images = tuple(read_image(frame.path) for frame in frames)
                yield Camera(name, frames, images, dataset.slots.get(name, ()), states)


def report_of(health: ViewHealth, image: Image, seconds: float) -> ViewReport:
    return health.check(image, thumbnail(image), FIRST_MOMENT + timedelta(seconds=seconds))


def seen(images: Sequence[Image]) -> ViewHealth:
    """A health after these frames, ten minutes apart."""
    health = ViewHealth(ONE_FRAME_SETTINGS)
    for index, image in enumerate(images):
        report_of(health, image, 600 * index)
    return health


def alarms(camera: Camera) -> dict[str, object]:
    """Verdicts of all frames in order, and of each frame after any single other one."""
    health = ViewHealth(ONE_FRAME_SETTINGS)
    day = [report_of(health, image, 600 * index).verdict for index, image in enumerate(camera.images)]
    flawed = [any(mark in frame.name for mark in TORN_FRAMES) for frame in camera.frames]
    whole = [index for index, bad in enumerate(flawed) if not bad][:: 6 if len(flawed) > 50 else 1]
    after = [report_of(seen([camera.images[a]]), camera.images[b], 900).verdict for a, b in permutations(whole, 2)]
    return {
        "camera": camera.name,
        "frames": len(day) - sum(flawed),
        "alarms": sum(verdict != "good" for verdict, bad in zip(day, flawed, strict=True) if not bad),
        "torn frames": sum(flawed),
        "torn, said so": sum(verdict == "torn" for verdict, bad in zip(day, flawed, strict=True) if bad),
        "pairs": len(after),
        "alarms in pairs": sum(verdict != "good" for verdict in after),
    }


def some(camera: Camera) -> list[tuple[int, Image]]:
    """Indices and images of up to three whole frames spread over the camera's, none of them the first."""
    whole = [index for index, frame in enumerate(camera.frames) if not any(mark in frame.name for mark in TORN_FRAMES)]
    chosen = {whole[i] for i in np.linspace(1, len(whole) - 1, min(3, len(whole) - 1)).round().astype(int)}
    return [(index, camera.images[index]) for index in sorted(chosen)]


def before(camera: Camera, index: int) -> Image:
    """The whole frame before one."""
    return next(
        camera.images[i]
        for i in reversed(range(index))
        if not any(mark in camera.frames[i].name for mark in TORN_FRAMES)
    )


def known_and_changed(camera: Camera) -> tuple[list[Image], list[Image]]:
    """Frames from which a view is known, and frames to be changed."""
    chosen = some(camera)
    changed = [image for _, image in chosen]
    return [before(camera, chosen[0][0]), *changed], changed


def disturbed(found: Sequence[Camera]) -> list[dict[str, object]]:
    """What each fault and each everyday change is called."""
    rng = np.random.default_rng(0)
    every = {**FAULTS, **{name: ("good", change) for name, change in EVERYDAY.items()}}
    verdicts: dict[str, Counter[str]] = {name: Counter() for name in every}
    for camera in found:
        for index, image in some(camera):
            for name, (_, change) in every.items():
                health = seen([before(camera, index), image])
                verdicts[name][report_of(health, change(image, rng), 1800).verdict] += 1
    return [
        {
            "what": name,
            "frames": verdicts[name].total(),
            "not good": verdicts[name].total() - verdicts[name]["good"],
            "wanted": verdict,
            "named so": verdicts[name][verdict],
            "named": dict(verdicts[name].most_common()),
        }
        for name, (verdict, _) in every.items()
    ]


def shifts(found: Sequence[Camera]) -> list[dict[str, object]]:
    """Errors, in pixels of the frame, of shifts measured hours after the reference was learned."""
    rng = np.random.default_rng(0)
    lines: list[dict[str, object]] = []
    for share in (0.01, 0.02, 0.03):
        errors = []
        for camera in found:
            for index, image in some(camera):
                health, (height, width) = seen([before(camera, index)]), image.shape[:2]
                still = report_of(health, image, 900).shift
                angle = rng.uniform(0, 2 * np.pi)
                right, down = share * np.cos(angle), share * np.sin(angle)
                now = report_of(health, displaced(image, right, down), 1000).shift
                x, y = (now[0] - still[0] - right) * width, (now[1] - still[1]) * height - down * width
                errors.append(float(np.hypot(x, y)))
        lines.append({"shift": f"{share:.0%}", "median px": float(np.median(errors)), "worst px": max(errors)})
    return lines


def recovery(camera: Camera) -> list[dict[str, object]]:
    """Good frames told as bad after a fault of some frames, and seconds after which a frozen picture is told."""
    rng = np.random.default_rng(0)
    image = camera.images[len(camera.images) // 2]
    lines: list[dict[str, object]] = []
    for bad in (1, 2, 10):
        health = ViewHealth(ViewSettings())
        series = [image] * 3 + [black(image, rng)] * bad + [image] * 10
        verdicts = [report_of(health, noisy(one, rng, 2), second).verdict for second, one in enumerate(series)]
        lines.append(
            {
                "what": f"{bad} black frames",
                "good frames refused": len(series) - 3 - bad - verdicts[3 + bad :].count("good"),
            }
        )
    for name, stuck in (("frozen", image), ("frozen, encoded anew", recoded(recoded(image, 85), 85))):
        health, second = ViewHealth(ViewSettings()), 0
        while report_of(health, stuck, second).verdict == "good":
            second += 1
        lines.append({"what": name, "told after s": second})
    return lines


def missed_changes(camera: Camera) -> dict[str, object]:
    """Slot changes that change detection would miss, and frames that it lets pass."""
    rng = np.random.default_rng(0)
    thumbs = [thumbnail(image) for image in camera.images]
    changed = missed = passed = calm = cars = unseen = 0
    for a, b in combinations(range(len(thumbs)), 2):
        for slot in camera.slots:
            states = {camera.states[a].get(slot.id), camera.states[b].get(slot.id)}
            if states == {"free", "occupied"}:
                changed += 1
                missed += told(thumbs[a], thumbs[b], (slot,)) == "same"
    real = [told(a, b, camera.slots) for a, b in pairwise(thumbs)]
    for index, image in some(camera):
        first = thumbnail(recoded(noisy(image, rng, 2), 85))
        for _ in range(10):
            right, down = rng.normal(0, 0.0003, 2)
            shaken = displaced(brighter(rng.uniform(0.95, 1.05))(image, rng), right, down)
            calm += 1
            passed += told(first, thumbnail(recoded(noisy(shaken, rng, 2), 85)), camera.slots) == "same"
        free = [slot for slot in camera.slots if camera.states[index].get(slot.id) == "free"]
        for slot in sorted(free, key=lambda slot: float(cv2.contourArea(slot.polygon)))[:5]:
            for grey in (20, 90, 160, 240):
                cars += 1
                pasted = with_car(image, slot, grey)
                unseen += told(first, thumbnail(recoded(noisy(pasted, rng, 2), 85)), (slot,)) == "same"
    return {
        "camera": camera.name,
        "slot changes": changed,
        "missed": missed,
        "frames": len(real),
        "let pass": real.count("same"),
        "calm frames": calm,
        "calm, let pass": passed,
        "cars into smallest free slots": cars,
        "cars missed": unseen,
    }


def told(before: Image, after: Image, slots: Sequence[Slot]) -> str:
    health = ChangeDetector(ChangeDetectionSettings(), slots)
    health.detected(before, FIRST_MOMENT)
    return health.verdict(after, FIRST_MOMENT + timedelta(seconds=1))


def with_car(image: Image, slot: Slot, grey: int) -> Image:
    """Something of a car's shape in a slot: body, glass, and the shadow under it."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = slot.box(width, height)
    middle, axes = ((x1 + x2) / 2, (y1 + y2) / 2), ((x2 - x1) * 0.36, (y2 - y1) * 0.3)
    out = image.copy()
    for down, scale, tone in ((0.25, 1.0, 25), (0.0, 1.0, grey), (-0.2, 0.55, 45)):
        centre = round(middle[0]), round(middle[1] + down * axes[1])
        cv2.ellipse(
            out, centre, (round(axes[0] * scale), round(axes[1] * scale)), 0, 0, 360, (tone,) * 3, -1, cv2.LINE_AA
        )
    return out


def cost(camera: Camera) -> list[dict[str, object]]:
    """Milliseconds of one core a frame at 1000x750, means over a hundred frames."""
    rng = np.random.default_rng(0)
    images = [np.asarray(cv2.resize(image, (1000, 750)), np.uint8) for image in camera.images[-4:]]
    series = {
        "calm": [noisy(images[0], rng, 2) for _ in range(5)] * 20,
        "another real frame each time": images * 25,
        "noisy night": [EVERYDAY["infrared night"](images[0], rng) for _ in range(5)] * 20,
        "turned away": [images[0], *[displaced(images[0], 0.3, 0.2) for _ in range(5)] * 20],
    }
    lines: list[dict[str, object]] = []
    for name, frames in series.items():
        health, detector, spent = (
            ViewHealth(ViewSettings()),
            ChangeDetector(ChangeDetectionSettings(), camera.slots),
            np.zeros(3),
        )
        for second, image in enumerate(frames):
            taken, marks = FIRST_MOMENT + timedelta(seconds=second), [time.thread_time()]
            thumb = thumbnail(image)
            marks.append(time.thread_time())
            health.check(image, thumb, taken)
            marks.append(time.thread_time())
            if detector.verdict(thumb, taken) != "same":
                detector.detected(thumb, taken)
            spent += np.diff([*marks, time.thread_time()])
        thumb_ms, health_ms, change_ms = (float(part) for part in spent / len(frames) * 1000)
        total = thumb_ms + health_ms + change_ms
        lines.append(
            {
                "frames": name,
                "thumbnail": thumb_ms,
                "view health": health_ms,
                "change detection": change_ms,
                "all, ms": total,
            }
        )
    return lines


def show(title: str, lines: Sequence[dict[str, object]]) -> None:
    table = Table(title=title)
    headings = list(dict.fromkeys(key for line in lines for key in line))
    for heading in headings:
        table.add_column(heading)
    for line in lines:
        values = [line.get(heading, "") for heading in headings]
        table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in values))
    Console(width=150).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--root", type=Path, default=shared / "data", help="folder of cnr_ext/ and pklot/")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    found = list(cameras(asked.root))
    crowded = max(found, key=lambda camera: len(camera.states[0]) * (camera.images[0].shape[1] == 1000))
    parts = {
        "false alarms": [alarms(camera) for camera in found],
        "faults and weather": disturbed(found),
        "mist or a blurred lens": mist_or_blur([known_and_changed(camera) for camera in found]),
        "compensated shifts": shifts(found),
        "recovery": recovery(crowded),
        "change detection": [missed_changes(camera) for camera in found if camera.slots],
        "cost": cost(crowded),
    }
    for title, lines in parts.items():
        show(title, lines)
    if asked.json:
        asked.json.write_text(json.dumps(parts, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
