"""What people decide: shown first, done, noted, and undone."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.audit import audit_log
from lotwise.hub.database.nodes import decide, node_of
from lotwise.hub.database.offers import change_offer, offer_of
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.jobs.queue import open_job
from lotwise.hub.orders import answer
from lotwise.node.hub.messages import CameraReport, Orders, Report
from tests.cameras.bundles import add
from tests.hub.pages.cast import LIVE, NORTH, OFFERED, REFUSED, SOUTH, STRANGER, asked, node_state
from tests.hub.pages.conftest import Pages


def test_it_is_shown_first_and_changes_nothing_until_it_is_confirmed(pages: Pages) -> None:
    otto = pages.visitor("otto")
    shown = otto.get(f"/do?action=accept&target={STRANGER}&target={NORTH}&target={'9' * 32}").text
    assert "Accept?" in shown and "It is so already" in shown and "It is not there any more" in shown
    assert f"Fingerprint <code>{STRANGER}</code>" in shown
    assert f'name="target" value="{STRANGER}"' in shown and f'name="target" value="{NORTH}"' not in shown
    assert node_state(pages.hub, STRANGER) == "pending"
    done = otto.do("accept", STRANGER)
    assert done.status == 303 and re.fullmatch(r"/done/[0-9a-f]{16}", done.location)
    assert node_state(pages.hub, STRANGER) == "accepted"
    assert "Undo" in otto.get(done.location).text


@pytest.mark.parametrize(
    ("action", "targets", "back"),
    [
        ("retrain", [f"{NORTH}/roof east"], f"/cameras/{NORTH}/roof%20east"),
        ("retrain", [f"{NORTH}/C1", f"{SOUTH}/C1"], "/"),
        ("accept", [STRANGER], "/"),
        ("lock", ["vera"], "/people"),
    ],
)
def test_one_goes_on_where_one_came_from(pages: Pages, action: str, targets: list[str], back: str) -> None:
    anna = pages.visitor("anna")
    done = anna.do(action, *targets)
    assert f'<a class="button main" href="{back}">Go on</a>' in anna.get(done.location).text


def test_who_and_when_is_noted(pages: Pages) -> None:
    otto = pages.visitor("otto")
    otto.do("retrain", f"{NORTH}/C1")
    with pages.hub.database.reading() as session:
        line = audit_log(session)[0]
    assert (line.who, line.action, line.subject) == ("user otto", "retrain", "north C1")
    text = otto.get("/log?q=otto").text
    assert "user otto" in text and "north C1" in text and "user vera" not in text
    assert "user otto" in otto.get(f"/cameras/{NORTH}/C1").text


def test_several_are_decided_at_once_and_brought_back_at_once(pages: Pages) -> None:
    otto = pages.visitor("otto")
    done = otto.do("retrain", f"{NORTH}/C1", f"{SOUTH}/C1", f"{NORTH}/C9")
    assert (asked(pages.hub), asked(pages.hub, node=SOUTH)) == ("asked for by user otto",) * 2
    undone = otto.post(done.location.replace("/done/", "/undo/"), {"form_token": otto.form_token})
    assert undone.location.endswith("?undone=2&kept=0")
    assert (asked(pages.hub), asked(pages.hub, node=SOUTH)) == ("", "")
    page = otto.get(undone.location).text
    assert "2 were brought back" in page and "Nothing of this can be undone any more" in page


def test_what_has_changed_since_is_left_as_it_is(pages: Pages) -> None:
    otto = pages.visitor("otto")
    done = otto.do("accept", STRANGER)
    with pages.hub.database.writing() as session:
        decide(session, node_of(session, STRANGER), "rejected")  # type: ignore[arg-type]
    undone = otto.post(done.location.replace("/done/", "/undo/"), {"form_token": otto.form_token})
    assert undone.location.endswith("?undone=0&kept=1")
    assert node_state(pages.hub, STRANGER) == "rejected"


def test_an_offer_is_withdrawn_and_offered_again(pages: Pages) -> None:
    otto, roof = pages.visitor("otto"), f"{NORTH}/roof east"
    done = otto.do("withdraw", roof)
    with pages.hub.database.reading() as session:
        assert offer_of(session, NORTH, "roof east", OFFERED).state == "withdrawn"  # type: ignore[union-attr]
    otto.post(done.location.replace("/done/", "/undo/"), {"form_token": otto.form_token})
    with pages.hub.database.writing() as session:
        row = offer_of(session, NORTH, "roof east", OFFERED)
        assert row is not None and row.state == "offered"
        change_offer(row, "shadow", row.offered)
    assert "It runs in the shadow already" in otto.get(f"/do?action=withdraw&target={NORTH}/roof+east").text
    assert otto.do("withdraw", roof).location == "/", "nothing was done"


def test_a_job_is_cancelled(pages: Pages) -> None:
    otto = pages.visitor("otto")
    done = otto.do("cancel", f"{NORTH}/C1")
    with pages.hub.database.reading() as session:
        assert open_job(session, NORTH, "C1") is None
    assert "Nothing of this can be undone" in otto.get(done.location).text
    assert "No job of it waits or runs" in otto.get(f"/do?action=cancel&target={NORTH}/C1").text


def test_the_same_form_twice_does_nothing_twice(pages: Pages) -> None:
    otto = pages.visitor("otto")
    assert otto.do("reject", STRANGER).location.startswith("/done/")
    assert otto.do("reject", STRANGER).location == "/"
    with pages.hub.database.reading() as session:
        assert [line.action for line in audit_log(session)].count("rejected") == 1


def test_wrong_orders_are_told(pages: Pages) -> None:
    otto = pages.visitor("otto")
    assert "Nothing was chosen" in otto.get("/do?action=accept").text
    assert otto.get(f"/do?action=delete&target={NORTH}").status == 404
    assert "It is not there any more" in otto.get(f"/do?action=retrain&target={NORTH}").text, "a node is no camera"
    many = "&".join(f"target={number}" for number in range(501))
    assert "At most 500 at once" in otto.get(f"/do?action=accept&{many}").text
    assert otto.get("/done/0000").status == 404
    assert otto.post("/undo/0000", {"form_token": otto.form_token}).status == 404


def test_a_camera_goes_back_to_the_version_that_was_live_before(pages: Pages, tmp_path: Path) -> None:
    otto, c1 = pages.visitor("otto"), f"{NORTH}/C1"
    assert "The hub has no version of it that was live before" in otto.get(f"/do?action=roll_back&target={c1}").text
    registry = bundle_registry(pages.hub.folders, NORTH, "C1")
    before = add(registry, tmp_path, 0.9)
    with pages.hub.database.writing() as session:
        row = offer_of(session, NORTH, "C1", LIVE)
        assert row is not None
        values = {name: getattr(row, name) for name in ("node", "camera", "role", "how", "why", "files", "signature")}
        earlier = row.changed - timedelta(days=1)
        session.add(OfferRow(**values, identity=before, state="live", offered=earlier, changed=earlier))
    assert f"/do?action=roll_back&amp;target={NORTH}" in otto.get(f"/cameras/{c1}").text
    shown = otto.get(f"/do?action=roll_back&target={c1}").text
    assert LIVE in shown and before in shown
    done = otto.do("roll_back", c1)
    with pages.hub.database.reading() as session:
        made = offer_of(session, NORTH, "C1", before)
        assert made is not None and (made.how, made.state, len(made.files)) == ("back", "offered", 2)
    assert "Nothing of this can be undone" in otto.get(done.location).text
    assert otto.do("roll_back", c1).location == "/", "it goes back already"
    assert "back, in place of a newer one" in otto.get(f"/cameras/{c1}").text


def test_a_version_that_its_node_has_refused_is_put_live_and_taken_back(pages: Pages, tmp_path: Path) -> None:
    otto, c1 = pages.visitor("otto"), f"{NORTH}/C1"
    assert "No version waits" in otto.get(f"/do?action=promote&target={c1}").text, "the hub has none of them any more"
    live, refused = _made(pages, tmp_path, LIVE, 0.9), _made(pages, tmp_path, REFUSED, 0.8)
    _node_says(pages, live, refused=refused)
    shown = otto.get(f"/do?action=promote&target={c1}").text
    assert live in shown and refused in shown and "worse by 0.08 on 40 frames" in shown
    done = otto.do("promote", c1)
    wanted = _row(pages, refused)
    assert (wanted.how, wanted.state, len(wanted.files)) == ("promote", "offered", 2)
    assert otto.do("promote", c1).location == "/", "nothing else waits"
    orders = _node_says(pages, live, refused=refused)
    assert [(one.identity, one.how) for one in orders.offers] == [(refused, "promote")], "though it was refused before"
    assert _node_says(pages, refused).offers == () and _row(pages, refused).state == "live"
    undone = otto.post(done.location.replace("/done/", "/undo/"), {"form_token": otto.form_token})
    assert undone.location.endswith("?undone=1&kept=0")
    assert [(one.identity, one.how) for one in _node_says(pages, refused).offers] == [(live, "back")]
    _node_says(pages, live, refused=refused)
    assert (_row(pages, live).state, _row(pages, refused).state) == ("live", "refused")


def test_a_version_that_was_put_live_and_taken_back_can_be_put_live_again(pages: Pages, tmp_path: Path) -> None:
    otto, c1 = pages.visitor("otto"), f"{NORTH}/C1"
    live, later = _made(pages, tmp_path, LIVE, 0.9), _made(pages, tmp_path, REFUSED, 0.8)
    button = f"/do?action=promote&amp;target={NORTH}"
    _node_says(pages, live, shadow=later)
    otto.do("promote", c1)
    assert button not in otto.get(f"/cameras/{c1}").text, "it is on its way"
    _node_says(pages, later)
    otto.do("roll_back", c1)
    _node_says(pages, live, refused=later, why="user otto wants it back")
    text = otto.get(f"/cameras/{c1}").text
    assert button in text and "taken back" in text and "refused by the node" not in text
    otto.do("promote", c1)
    assert [(one.identity, one.how) for one in _node_says(pages, live, refused=later).offers] == [(later, "promote")]


def test_a_promotion_that_has_not_come_about_is_undone(pages: Pages, tmp_path: Path) -> None:
    otto, c1 = pages.visitor("otto"), f"{NORTH}/C1"
    live, waits = _made(pages, tmp_path, LIVE, 0.9), _made(pages, tmp_path, REFUSED, 0.8)
    _node_says(pages, live, shadow=waits)
    done = otto.do("promote", c1)
    otto.post(done.location.replace("/done/", "/undo/"), {"form_token": otto.form_token})
    assert (_row(pages, waits).how, _row(pages, waits).state) == ("shadow", "offered")
    _node_says(pages, live, shadow=waits)
    assert _row(pages, waits).state == "shadow", "judged by its node, as before"


def test_a_node_that_will_not_is_told_with_its_reason(pages: Pages, tmp_path: Path) -> None:
    otto = pages.visitor("otto")
    live, waits = _made(pages, tmp_path, LIVE, 0.9), _made(pages, tmp_path, REFUSED, 0.8)
    _node_says(pages, live, refused=waits)
    otto.do("promote", f"{NORTH}/C1")
    _node_says(pages, live, refused=waits, declined="its disk is full")
    assert (_row(pages, waits).state, _row(pages, waits).refused) == ("refused", "its disk is full")
    assert "its disk is full" in otto.get(f"/cameras/{NORTH}/C1").text


def _made(pages: Pages, aside: Path, stands_for: str, score: float) -> str:
    """Put a real bundle in the place of one of the cast; its identity."""
    identity = add(bundle_registry(pages.hub.folders, NORTH, "C1"), aside, score)
    with pages.hub.database.writing() as session:
        row = offer_of(session, NORTH, "C1", stands_for)
        assert row is not None
        row.identity, row.signature = identity, "A" * 86
        row.files = [{"name": "model.onnx", "bytes": 1, "sha256": "a" * 64}]
    return identity


def _row(pages: Pages, identity: str) -> OfferRow:
    with pages.hub.database.reading() as session:
        row = offer_of(session, NORTH, "C1", identity)
    assert row is not None
    return row


WORSE = "worse by 0.08 on 40 frames"


def _node_says(
    pages: Pages, live: str, refused: str = "", shadow: str | None = None, declined: str = "", why: str = WORSE
) -> Orders:
    """A report of north on its C1, and the hub's answer."""
    said = CameraReport(
        card="0" * 16, live=live, shadow=shadow, refused={refused: why} if refused else {},
        declined={refused: declined} if declined else {},
    )  # fmt: skip
    return answer(pages.hub, NORTH, Report(time=datetime.now(UTC), cameras={"C1": said}))
