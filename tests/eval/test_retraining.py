"""What a retraining changed: the headline says what is live, and what got worse stands beside what got better."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lotwise.cameras.registry.state_file import RegistryState
from lotwise.eval.page.changes import ChangePage, ChangePicture, changes_page
from lotwise.eval.retraining import changed, gain, headline, slot_changes
from lotwise.students.retraining.records import Comparison, FrameChange, RetrainingRecord, Score

OLD, NEW, OTHER = "a" * 16, "b" * 16, "c" * 16


def frame(name: str, before: float, after: float, wrong: str = "", wrong_now: str = "") -> FrameChange:
    return FrameChange(
        frame=name, recent=True, before=before, after=after, slots=9,
        wrong_before=tuple(wrong), wrong_after=tuple(wrong_now),
    )  # fmt: skip


FRAMES = (
    frame("same", 0.9, 0.903),
    frame("boxes", 0.5, 0.9),
    frame("slots", 0.9, 0.8, "12", "1"),
    frame("worse", 0.9, 0.7, "", "3"),
)


def record(**changed: Any) -> RetrainingRecord:
    given = {
        "camera": "C1", "number": 2, "begun": datetime(2026, 11, 3, tzinfo=UTC), "new": ("x.jpg",),
        "sources": ("x.jpg",),
        "finished": True, "winner": "student", "bundle": NEW, "was_live": OLD, "outcome": "promoted",
        "why": "it <agrees>",
        "notes": ("no old frame is held out",), "learned": ("x.jpg",), "replayed": 24, "looked": 1,
        "compared": Comparison(recent=Score(frames=4, before=0.8, after=0.9, slots_before=0.95, slots_after=0.97),
                               frames=FRAMES),
    }  # fmt: skip
    return RetrainingRecord(**(given | changed))


@pytest.mark.parametrize(
    ("state", "changes", "said"),
    [
        (RegistryState(live=NEW), {}, f"Live on C1: the retrained student, {NEW}"),
        (RegistryState(live=NEW), {"winner": "baseline"}, f"Live on C1: the untouched nano, {NEW}"),
        (RegistryState(live=OLD, shadow=NEW), {"outcome": "shadow"}, "runs in its shadow first"),
        (RegistryState(live=OLD), {"outcome": "kept"}, f"still the bundle from before, {OLD}; the retrained student"),
        (RegistryState(live=OLD, refused={NEW: "slower"}), {"outcome": "shadow"}, "the node refused it: slower"),
        (RegistryState(live=OTHER), {}, "another bundle than this retraining made"),
        (RegistryState(), {}, "No model is live on C1"),
    ],
)
def test_the_headline_says_what_is_live_now(state: RegistryState, changes: dict[str, Any], said: str) -> None:
    run: Any = SimpleNamespace(registry=lambda camera: SimpleNamespace(state=lambda: state))
    assert said in headline(run, record(**changes))


def test_slots_count_before_boxes_and_small_changes_of_boxes_are_none() -> None:
    assert [one.frame for one in changed(record())] == ["slots", "boxes", "worse"]
    assert gain(FRAMES[0]) == 0 and gain(FRAMES[3]) < 0


def test_slots_that_got_better_and_worse() -> None:
    found = slot_changes(FRAMES)
    assert [(one.slot, one.before, one.after) for one in found] == [("2", 1, 0), ("3", 0, 1)]


def test_the_page_shows_both_sides_and_escapes_what_others_wrote() -> None:
    better, worse = [ChangePicture(one, one is FRAMES[1], b"jpeg", b"JPEG") for one in (FRAMES[1], FRAMES[3])]
    page = changes_page(
        ChangePage(record(), "Live on C1: still <b>", (FRAMES[1],), (FRAMES[3],), slot_changes(FRAMES), (better, worse))
    )
    assert "Live on C1: still &lt;b&gt;" in page and "it &lt;agrees&gt;" in page
    assert page.count("data:image/jpeg;base64,") == 4
    assert ">Better<" in page and ">Worse<" in page
    assert "1 of 4 held-out frames are read better, 1 worse" in page
    assert "No old frame is held out." in page and "<script" not in page
    assert "95.0 %" in page and "97.0 %" in page


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        (None, "Nothing was compared with the model that was live before"),
        ([FRAMES[0].model_copy(update={"slots": 0})], "No slots were compared"),
        ([FRAMES[0]], "No slot is wrong on more or fewer frames than before"),
    ],
)
def test_the_page_never_says_that_all_is_well_where_nothing_was_compared(
    compared: list[FrameChange] | None, said: str
) -> None:
    of = None if compared is None else Comparison(frames=tuple(compared))
    html = changes_page(ChangePage(record(compared=of), "Live", slots=(), better=(), worse=(), pictures=()))
    assert said in html
    assert ("No slot is wrong" in html) == (said.startswith("No slot is"))
