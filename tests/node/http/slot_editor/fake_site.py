"""A site behind the slot editor that is all in memory but for its slot files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lotwise.cameras.site.slot_file import read_slot_entries
from lotwise.cameras.site.slot_storage import SlotStorage
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.datasets.frame import Detections, Slot
from lotwise.node.picture import encoded
from lotwise.node.slot_editing.edited_site import EditedPicture

WIDTH, HEIGHT = 1000, 750
CAR = (0.30, 0.40, 0.40, 0.52)
"""The only car, in shares of the picture."""


def square(
    name: str, x: float, y: float = 0.4, width: float = 0.1, height: float = 0.12, **more: Any
) -> dict[str, Any]:
    """A slot as a file has it."""
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return {"id": name, "polygon": [[round(a, 6), round(b, 6)] for a, b in corners], **more}


@dataclass
class FakeSite:
    """Cameras that all have the same picture, on which one car stands; of the slot ``learned`` it is known where cars
    show."""

    folder: Path
    cameras: Sequence[str] = ("C1",)
    name: str = "a lot"
    why: str = ""
    car: tuple[float, float, float, float] = CAR
    learned: dict[str, Any] | None = None
    shift: tuple[float, float] = (0.0, 0.0)
    told: list[tuple[str, str, int, int]] = field(default_factory=list)

    def write(self, *slots: dict[str, Any], camera: str = "C1") -> None:
        """Put slots into the file of a camera, as another program does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{camera}.json").write_text(json.dumps(slots))

    def saved_entries(self, camera: str = "C1") -> dict[str, str]:
        """Status by id, as the file has them."""
        return {entry.id: entry.status for entry in read_slot_entries(self.folder / f"{camera}.json")}

    def storage(self, camera: str) -> SlotStorage:
        file = self.folder / f"{camera}.json"
        return SlotStorage(file if file.exists() else None, file)

    def bundle_slots(self, camera: str) -> tuple[Slot, ...]:
        return ()

    def pictures(self, camera: str) -> Sequence[str]:
        return ("noon",)

    def picture(self, camera: str, number: int) -> EditedPicture | None:
        image = np.full((HEIGHT, WIDTH, 3), (60, 66, 70), np.uint8)
        left, top, right, bottom = (np.array(CAR) * [WIDTH, HEIGHT, WIDTH, HEIGHT]).astype(int)
        image[top:bottom, left:right] = (200, 190, 180)
        return EditedPicture("noon", encoded(image), (WIDTH, HEIGHT), self.shift)

    def seen_frames(self, camera: str) -> Sequence[SeenFrame]:
        box = np.array(self.car) * [WIDTH, HEIGHT, WIDTH, HEIGHT]
        found = Detections.of([box.tolist()], [0.9])
        model, known = None, ()
        if self.learned is not None:
            slot = Slot(self.learned["id"], np.array(self.learned["polygon"], np.float32))
            (left, top), (right, bottom) = slot.polygon.min(0).tolist(), slot.polygon.max(0).tolist()
            place = ExpectedBox(slot=slot.id, box=(left, top, right, bottom), size=0.06, shift=0.1, stretch=0.1)
            model, known = SlotModel(places=(place,), frames=9), (slot,)
        picture = SlotPicture(model, known)
        return () if self.why else (SeenFrame("noon", None, (WIDTH, HEIGHT), found, 0.25, 0.25, None, picture, 0.7),)

    def unread(self, camera: str) -> str:
        return self.why

    def saved(self, camera: str, by: str, before: int, after: int) -> None:
        self.told.append((camera, by, before, after))
