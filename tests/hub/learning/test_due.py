"""A camera is due for its first student, then for retraining; and for nothing while its node decides."""

from datetime import UTC, datetime, timedelta

import pytest

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.frames import use_frames
from lotwise.hub.database.offers import make_offer
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.due import Due, due_job
from lotwise.hub.settings import LearningSettings
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.learning.conftest import OpenHub

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LEARNING = LearningSettings(first_frames=3, new_frames=3)


def due(database: Database, **said: object) -> Due | None:
    with database.writing() as session:
        row = find_camera(session, NODE, "C1")
        for name, value in said.items():
            setattr(row, name, value)
    with database.reading() as session:
        return due_job(session, find_camera(session, NODE, "C1"), LEARNING)


def frames(count: int, first: int = 0) -> list[tuple[bytes, datetime]]:
    return [(b"frame %d" % number, NOON + timedelta(hours=number)) for number in range(first, first + count)]


def test_a_first_student_needs_frames_and_a_card(opened: OpenHub) -> None:
    file, database = opened()
    folders = HubFolders(file.settings.data)
    add_camera(database)
    add_frames(database, folders, frames(2))
    assert due(database) is None
    add_frames(database, folders, frames(1, first=2))
    assert due(database) == Due("adapt", "3 frames and no student yet")
    assert due(database, card=None) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"verdict": "good"}, None),
        ({"verdict": ""}, None),
        ({"verdict": "watch"}, "3 new frames; the node's verdict is watch"),
        ({"verdict": "retrain"}, "3 new frames; the node's verdict is retrain"),
        ({"verdict": "good", "asked": "asked for by root"}, "3 new frames; asked for by root"),
        # Its first student was refused there: no verdict comes of a camera that nothing reads.
        ({"verdict": "", "live": ""}, "3 new frames; nothing is live at the node"),
    ],
)
def test_later_the_verdict_or_a_person_decides(opened: OpenHub, said: dict[str, str], why: str | None) -> None:
    file, database = opened()
    folders = HubFolders(file.settings.data)
    add_camera(database)
    old = add_frames(database, folders, frames(3))
    with database.writing() as session:
        use_frames(session, NODE, "C1", old)
    add_frames(database, folders, frames(2, first=3))
    said = {"live": "0" * 16, **said}
    assert due(database, **said) is None, "too few"
    add_frames(database, folders, frames(1, first=5))
    found = due(database, **said)
    assert (None if found is None else found.why) == why


def test_one_that_was_offered_a_student_is_retrained_though_its_frames_are_gone(opened: OpenHub) -> None:
    file, database = opened()
    add_camera(database)
    with database.writing() as session:
        offer = OfferRow(
            node=NODE, camera="C1", identity="0" * 16, role="student", how="live", why="", files=[], signature="",
            state="live", offered=NOON, changed=NOON,
        )  # fmt: skip
        make_offer(session, offer)
    add_frames(database, HubFolders(file.settings.data), frames(3))
    assert due(database, live="0" * 16, verdict="retrain") == Due(
        "retrain", "3 new frames; the node's verdict is retrain"
    )


def test_nothing_is_due_while_the_node_decides_of_an_offer(opened: OpenHub) -> None:
    file, database = opened()
    add_camera(database)
    add_frames(database, HubFolders(file.settings.data), frames(3))
    with database.writing() as session:
        offer = OfferRow(
            node=NODE, camera="C1", identity="0" * 16, role="student", how="live", why="", files=[], signature="",
            state="shadow", offered=NOON, changed=NOON,
        )  # fmt: skip
        make_offer(session, offer)
    assert due(database) is None
