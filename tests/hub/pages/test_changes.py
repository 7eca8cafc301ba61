"""The page of what a retraining changed is shown from the camera's history, under a policy of its own."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from lotwise.eval.page.changes import ChangePage, changes_page
from lotwise.hub.jobs.queue import cancel, enqueue
from lotwise.hub.pages.changes import policy_of
from tests.eval.test_retraining import record
from tests.hub.pages.cast import LIVE, NORTH, SOUTH
from tests.hub.pages.conftest import Pages
from tests.hub.pages.test_browser import sign_in_at
from tests.node.http.axe import serious
from tests.node.http.slot_editor.conftest import OpenPage

CAMERA = f"/cameras/{NORTH}/C1"
PAGE = "run/retrainings/C1/0001/what-changed.html"


def retrained(pages: Pages, page: str = PAGE) -> str:
    """A retraining of C1 that is done, with its page; the page's address."""
    path = pages.hub.folders.work(NORTH, "C1") / PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(changes_page(ChangePage(record(), "C1: has passed", (), (), (), ())), encoding="utf-8")
    with pages.hub.database.writing() as session:
        cancel(session, NORTH, "C1")
        job = enqueue(session, "retrain", NORTH, "C1", "somebody wants it")
        assert job is not None
        session.flush()
        job.state, job.result = "done", {"word": "offered", "why": "better", "bundle": LIVE, "page": page}
        return f"{CAMERA}/changes/{job.id}"


def test_it_is_found_from_the_version_and_from_the_job(pages: Pages) -> None:
    address, vera = retrained(pages), pages.visitor("vera")
    assert vera.get(CAMERA).text.count(f'href="{address}"') == 2
    answer = vera.get(address)
    assert answer.status == 200 and "C1: has passed" in answer.text and "it &lt;agrees&gt;" in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy == policy_of(answer.content) and "style-src 'sha256-" in policy
    assert "script" not in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "page", ["../../../../hub.pem", "/etc/passwd", "run/retrainings/C1/0002/what-changed.html", ""]
)
def test_no_job_leads_to_another_file(pages: Pages, page: str) -> None:
    (pages.hub.folders.data / "hub.html").write_text("secret")
    address = retrained(pages, page)
    assert pages.visitor("anna").get(address).status == 404


def test_it_is_for_those_who_may_see_its_camera(pages: Pages) -> None:
    address, vera = retrained(pages), pages.visitor("vera")
    number = address.rpartition("/")[2]
    assert pages.visitor().get(address).status == 303
    for other in (f"/cameras/{SOUTH}/C1/changes/{number}", f"{CAMERA}/changes/999", f"{CAMERA}/changes/x"):
        assert vera.get(other).status in (404, 422), other


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_shown_as_it_was_made(pages: Pages, open_page: OpenPage, width: int) -> None:
    retrained(pages)
    page = open_page(pages.url + CAMERA, width, 844)  # whatever the policy forbids would be a complaint
    sign_in_at(page, "vera")
    page.get_by_role("link", name="What it changed").first.click()
    expect(page.get_by_role("heading", name="C1: has passed")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none", "its style counts"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_nothing_serious_is_found_in_it(pages: Pages, open_page: OpenPage) -> None:
    address = retrained(pages)
    page = open_page(pages.url + address, 390, 844, bypass_csp=True)
    sign_in_at(page, "vera")
    assert serious(page) == []
