"""Admins add users, give passwords and roles, lock and remove; nobody else does, and nobody does it to himself."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from lotwise.hub.database.audit import audit_log
from lotwise.hub.users.accounts import user_of
from tests.hub.pages.cast import PASSWORD
from tests.hub.pages.conftest import Pages
from tests.hub.pages.test_browser import sign_in_at, tab_to
from tests.hub.pages.visitor import Page, Visitor
from tests.node.http.axe import serious
from tests.node.http.slot_editor.conftest import OpenPage


def make(visitor: Visitor, what: str, name: str, role: str = "viewer", token: str | None = None) -> Page:
    """Press the button of the page that asks once."""
    sent = visitor.form_token if token is None else token
    return visitor.post("/people/new", {"form_token": sent, "what": what, "name": name, "role": role})


def secret_of(page: Page) -> str:
    found = re.search(r'class="secret">([^<]+)<', page.text)
    assert found is not None, page.text
    return found[1]


def role_of(pages: Pages, name: str) -> str:
    with pages.hub.database.reading() as session:
        user = user_of(session, name)
    return "" if user is None else f"{user.role}{' locked' if user.locked else ''}"


def test_a_user_is_added_with_a_password_that_is_shown_once(pages: Pages) -> None:
    anna = pages.visitor("anna")
    asks = anna.get("/people/new?what=user&name=ben&role=operator").text
    assert "Add ben?" in asks and "may sign in as operator" in asks and role_of(pages, "ben") == ""
    made = make(anna, "user", "ben", "operator")
    password = secret_of(made)
    assert len(password) == 20 and made.headers["cache-control"] == "no-store"
    assert pages.visitor().sign_in("ben", password).status == 303 and role_of(pages, "ben") == "operator"
    again = make(anna, "user", "ben")
    assert again.status == 409 and "there is a user ben already" in again.text
    assert make(anna, "user", "../ben").status == 409
    with pages.hub.database.reading() as session:
        lines = audit_log(session)
    assert [(line.who, line.action, line.subject) for line in lines][:1] == [("user anna", "add user", "ben")]
    assert all(password not in str(line.details) for line in lines)
    assert password not in anna.get("/people").text + anna.get("/log").text


def test_another_password_ends_all_sign_ins(pages: Pages) -> None:
    anna, vera = pages.visitor("anna"), pages.visitor("vera")
    password = secret_of(make(anna, "password", "vera"))
    assert vera.get("/").status == 303 and pages.visitor().sign_in("vera").status == 401
    assert pages.visitor().sign_in("vera", password).status == 303
    assert make(anna, "password", "nobody").status == 409


def test_roles_are_changed_and_changed_back(pages: Pages) -> None:
    anna, vera = pages.visitor("anna"), pages.visitor("vera")
    done = anna.do("make_operator", "vera", "otto", "nobody")
    assert role_of(pages, "vera") == "operator"
    assert vera.get("/do?action=retrain&target=x/C1").status == 200, "from the next request on"
    undone = anna.post(done.location.replace("/done/", "/undo/"), {"form_token": anna.form_token})
    assert undone.location.endswith("?undone=1&kept=0") and role_of(pages, "vera") == "viewer"


def test_who_is_locked_is_out_until_unlocked(pages: Pages) -> None:
    anna, vera = pages.visitor("anna"), pages.visitor("vera")
    anna.do("lock", "vera")
    assert role_of(pages, "vera") == "viewer locked" and vera.get("/").status == 303
    locked = pages.visitor().sign_in("vera")
    assert locked.status == 401 and "Name or password is wrong" in locked.text, "as who mistypes is told"
    assert "locked" in anna.get("/people").text
    anna.do("unlock", "vera")
    assert pages.visitor().sign_in("vera", PASSWORD).status == 303


def test_users_and_tokens_are_removed(pages: Pages) -> None:
    anna = pages.visitor("anna")
    token = secret_of(make(anna, "token", "dashboard"))
    program = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    assert pages.visitor().get("/api/v1/cameras", program).status == 200
    done = anna.do("remove_token", "dashboard")
    assert pages.visitor().get("/api/v1/cameras", program).status == 401
    assert "Nothing of this can be undone" in anna.get(done.location).text
    anna.do("remove_user", "vera")
    assert role_of(pages, "vera") == "" and pages.visitor().sign_in("vera").status == 401
    assert "It is not there any more" in anna.get("/do?action=remove_user&target=vera").text


def test_nobody_decides_of_himself(pages: Pages) -> None:
    anna = pages.visitor("anna")
    for action in ("make_viewer", "lock", "remove_user"):
        assert "That is you" in anna.get(f"/do?action={action}&target=anna").text
        assert anna.do(action, "anna").location == "/people"
    make(anna, "user", "ada", "admin")
    ada = pages.visitor()
    ada.sign_in("ada", secret_of(make(anna, "password", "ada")))
    done = ada.do("make_admin", "otto").location
    otto = pages.visitor("otto")
    otto.post(done.replace("/done/", "/undo/"), {"form_token": otto.form_token})
    assert role_of(pages, "otto") == "admin", "what would take it from oneself is left"
    assert role_of(pages, "anna") == "admin"


@pytest.mark.parametrize("name", ["vera", "otto"])
def test_who_is_no_admin_changes_no_user_by_any_route(pages: Pages, name: str) -> None:
    someone, anna = pages.visitor(name), pages.visitor("anna")
    done = anna.do("make_operator", "vera").location if name == "otto" else ""
    for what in ("user", "password", "token"):
        assert make(someone, what, "anna", "admin").status == 403
        assert someone.get(f"/people/new?what={what}&name=anna").status == 403
    for action in ("make_admin", "make_viewer", "lock", "unlock", "remove_user", "remove_token"):
        assert someone.do(action, name).status == 403 and someone.do(action, "anna").status == 403
        assert someone.get(f"/do?action={action}&target=anna").status == 403
    if done:
        assert someone.post(done.replace("/done/", "/undo/"), {"form_token": someone.form_token}).status == 403
        assert role_of(pages, "vera") == "operator"
    assert role_of(pages, "anna") == "admin"
    for wrong in (
        make(anna, "user", "eve", token="0" * 64),
        anna.post("/people/new", {}, origin="https://evil.example"),
    ):
        assert wrong.status == 403
    assert make(anna, "nothing", "eve").status == 404 and make(anna, "user", "eve", "king").status == 400


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_a_user_is_added_and_locked_in_a_browser(pages: Pages, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{pages.url}/people", width, 844)
    sign_in_at(page, "anna")
    page.get_by_role("textbox", name="User").fill("ben")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_role("heading", name="Add ben?")).to_be_visible()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Password of ben")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    page.get_by_role("link", name="Lock: ben").click()
    expect(page.get_by_role("button", name="Lock: 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert role_of(pages, "ben") == "viewer locked"
    page.goto(f"{pages.url}/people")
    tab_to(page, "Unlock")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Unlock: 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert role_of(pages, "ben") == "viewer"


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_serious_is_found_on_people(pages: Pages, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{pages.url}/people", width, 844, bypass_csp=True)
    sign_in_at(page, "anna")
    for path in ("/people", "/people/new?what=token&name=dashboard"):
        page.goto(pages.url + path)
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
