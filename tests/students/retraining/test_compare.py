"""The gate of a retraining: as good on recent frames, hardly worse on old ones."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.frame import Frame
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.retraining import compare as comparing
from lotwise.students.retraining.compare import compare, in_words, refusal
from lotwise.students.retraining.records import Comparison, FrameChange, Score, score, slot_gains
from tests.node.streams import lot, pattern, write_reading_bundle


def of(before: float, after: float, slots: tuple[float, float] | None = None, chance: float | None = 0.001) -> Score:
    pair = slots or (None, None)
    return Score(
        frames=4, before=before, after=after, slots_before=pair[0], slots_after=pair[1], chance=chance,
        slots_chance=chance if slots else None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("recent", "old", "why"),
    [
        (of(0.7, 0.9), of(0.95, 0.945), ""),  # forgets less than one in a hundred
        (of(0.7, 0.9), of(0.95, 0.93), "4 old frames"),  # has forgotten
        (of(0.7, 0.69), of(0.95, 0.99), "4 recent frames"),  # has not learned what it was to learn
        (of(0.7, 0.9, (0.9, 0.95)), of(0.95, 0.95, (0.98, 0.90)), "90.0% of the slots"),  # boxes as good, slots not
        (of(0.7, 0.9, (0.9, 0.85)), None, "85.0% of the slots"),
        (of(0.7, 0.65, chance=0.2), of(0.95, 0.92, chance=0.2), ""),  # chance alone may do that
        (of(0.7, 0.9), of(0.95, 0.92, (0.95, 0.9), 0.06), ""),
        (of(0.7, 0.65, chance=0.04), None, "fewer than five in a hundred lose so much"),
        (of(0.7, 0.45, chance=0.2), None, "0.450"),  # a quarter is lost: chance is no excuse
        (of(0.7, 0.9), of(0.95, 0.93, chance=None), "4 old frames"),  # nobody has counted what differs
        (None, None, ""),  # nothing is held out: the gate before this one has decided
    ],
)
def test_who_may_go_live(recent: Score | None, old: Score | None, why: str) -> None:
    found = refusal(Comparison(recent=recent, old=old))
    assert (why in found) if why else found == ""


def test_slots_of_all_frames_are_counted_together() -> None:
    frames = [
        FrameChange(frame="a", recent=True, before=0, after=0, slots=10, wrong_before=("1", "2"), wrong_after=("1",)),
        FrameChange(frame="b", recent=True, before=0, after=0, slots=30),
    ]
    found = score(frames, 0.5, 0.6)
    assert found is not None
    assert (found.frames, found.slots_before, found.slots_after) == (2, 0.95, 0.975)
    assert (found.slots_chance, found.chance) == (1.0, None)
    assert score([], 1.0, 1.0) is None


def test_what_a_slot_lost_on_one_frame_and_won_on_another_cancels() -> None:
    lost = FrameChange(frame="a", recent=True, before=0, after=0, slots=4, wrong_after=("1", "2"))
    won = FrameChange(frame="b", recent=True, before=0, after=0, slots=4, wrong_before=("1",), wrong_after=("3",))
    assert slot_gains([lost, won]) == {"1": 0, "2": -1, "3": -1}
    found = score([lost, won], 0.5, 0.5, [-1.0, -1.0])
    assert found is not None and (found.slots_chance, found.chance) == (0.25, 0.25)


def test_in_words() -> None:
    said = in_words(Comparison(recent=of(0.7, 0.9), old=of(0.95, 0.96, (0.9, 1.0))))
    assert said == (
        "it agrees with the teacher by 0.900 instead of 0.700 on 4 recent frames and 0.960 instead of 0.950 on 4 old "
        "frames (slots 100.0% instead of 90.0%)"
    )
    lost = in_words(Comparison(recent=of(0.7, 0.69, chance=0.4)))
    assert lost.endswith("0.690 instead of 0.700 on 4 recent frames; no more is lost than may be")


def test_slots_are_compared_as_they_are_drawn_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same model with two slots that had each other's names says the same of every slot."""
    new = load_detector(write_reading_bundle(tmp_path / "bundle"), 1)
    assert new.manifest is not None
    (first, second), others = new.manifest.slots[:2], new.manifest.slots[2:]
    swapped = (first.model_copy(update={"id": second.id}), second.model_copy(update={"id": first.id}), *others)
    live = replace(new, manifest=new.manifest.model_copy(update={"slots": swapped}))
    occupied = [True, False, *pattern(0)[2:]]
    frames, said = (Frame("C1", "1", tmp_path),), new([lot(0, occupied)])[0]
    nothing = np.zeros((0, 4), np.float32)
    monkeypatch.setattr(comparing, "expected_of", lambda *_: {"1": Expected(said, nothing, said.boxes)})
    job = SimpleNamespace(
        unlearned=frames, train=(), labels=SimpleNamespace(detections=lambda frame: said),
        plan=SimpleNamespace(distill=None), read=lambda frame: lot(0, occupied), ignored=None,
    )  # fmt: skip
    compared, apart = compare(job, new, live, ["1"])  # type: ignore[arg-type]
    (frame,) = compared.frames
    assert frame.slots == len(occupied)
    assert frame.wrong_before == frame.wrong_after == ()
    assert apart.slots_differ == 0.0
