"""What the pages read and write, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from lotwise.hub.hub import Hub, empty_uploads, open_hub
from lotwise.hub.pages.actions.action import Target
from lotwise.hub.pages.actions.perform import BY_NAME, batch_lines, can_undo, perform, preview, undo
from lotwise.hub.pages.camera import camera_view, kept_frame
from lotwise.hub.pages.fleet import fleet
from lotwise.hub.pages.log_routes import log_lines
from lotwise.hub.reading import HubFile
from tests.hub.pages.cast import NORTH, SOUTH, STRANGER, add_cast, asked, node_state


@pytest.fixture
def hub(any_hub: HubFile) -> Iterator[Hub]:
    """A hub with something to show, without a server."""
    opened = open_hub(any_hub)
    empty_uploads(opened.folders)
    add_cast(opened)
    yield opened
    opened.close()


def test_all_cameras_are_read(hub: Hub) -> None:
    with hub.database.reading() as session:
        found = {(one.node_name, one.camera): one for one in fleet(session, 10.0)}
    assert list(found) == [("north", "C1"), ("north", "roof east"), ("south", "C1")]
    first = found["north", "C1"]
    assert first.offer is not None and first.offer.state == "refused"
    assert first.job is not None and first.job.state == "waiting"
    assert (first.counts.free, first.counts.occupied, first.counts.unknown) == (7, 3, 1)


def test_a_camera_is_read(hub: Hub) -> None:
    with hub.database.reading() as session:
        view = camera_view(session, NORTH, "C1", 10.0)
        assert view is not None and view.newest is not None and view.chart is not None
        assert (view.new_count, view.used_count, len(view.offers), len(view.jobs), len(view.lines)) == (2, 2, 2, 1, 1)
        assert kept_frame(session, NORTH, "C1", view.newest.sha256) is not None
        assert kept_frame(session, SOUTH, "C1", view.newest.sha256) is None


def test_what_is_decided_is_noted_and_brought_back(hub: Hub) -> None:
    targets = [Target(NORTH, "C1"), Target(SOUTH, "C1"), Target(NORTH, "C1")]
    with hub.database.reading() as session:
        assert [step.why_not for step in preview(session, BY_NAME["retrain"], targets, "user otto", hub)] == ["", ""]
    with hub.database.writing() as session:
        batch = perform(session, BY_NAME["retrain"], targets, "user otto", hub)
        other = perform(session, BY_NAME["accept"], [Target(STRANGER)], "user otto", hub)
    assert batch is not None and other is not None
    assert (asked(hub), node_state(hub, STRANGER)) == ("asked for by user otto", "accepted")
    with hub.database.writing() as session:
        lines = batch_lines(session, batch)
        assert [line.subject for line in lines] == ["north C1", "south C1"]
        assert all(can_undo(session, line, hub) for line in lines)
        assert undo(session, batch, "user anna", hub) == (2, 0)
        assert undo(session, batch, "user anna", hub) == (0, 2)
    assert (asked(hub), node_state(hub, STRANGER)) == ("", "accepted"), "the other batch stays"


def test_the_log_is_searched_as_text(hub: Hub) -> None:
    with hub.database.writing() as session:
        perform(session, BY_NAME["accept"], [Target(STRANGER)], "user otto", hub)
    assert [line.action for line in log_lines(hub, "OTTO", None)] == ["accepted"]
    assert [line.action for line in log_lines(hub, "", None)] == ["accepted", "offer"]
    newest = log_lines(hub, "", None)[0].id
    assert [line.action for line in log_lines(hub, "", newest)] == ["offer"]
    assert log_lines(hub, "%", None) == [], "a percent sign is looked for as it is"
