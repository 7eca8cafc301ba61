"""What a stranger, a viewer, a thief or another site may try, each tried over real HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from starlette.routing import Mount

from lotwise.hub.database.user_tables import SignInRow
from lotwise.hub.http.app import make_app
from lotwise.hub.pages import sign_in_routes
from lotwise.hub.pages.actions.perform import BY_NAME
from lotwise.hub.pages.app import make_pages
from lotwise.hub.pages.sign_in_routes import TRIES_AT_ONCE
from lotwise.hub.users.accounts import find_user, remove_user, set_password
from lotwise.hub.users.sign_ins import IDLE
from lotwise.hub.users.tokens import add_token, remove_token
from tests.conftest import ROOT
from tests.hub.pages.cast import NORTH, PASSWORD, STRANGER, asked, node_state
from tests.hub.pages.conftest import Pages
from tests.hub.pages.visitor import Visitor

PAGES = (
    "/",
    f"/cameras/{NORTH}/C1",
    "/log",
    "/people",
    "/rollouts",
    f"/do?action=accept&target={STRANGER}",
    "/done/0011223344556677",
)
CHANGES = (("/do", {"action": "accept", "target": STRANGER}), ("/undo/0011223344556677", {}), ("/sign-out", {}))
JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def test_a_stranger_sees_no_page_and_changes_nothing(pages: Pages) -> None:
    stranger = pages.visitor()
    for path in PAGES:
        answer = stranger.get(path)
        assert (answer.status, answer.location.partition("?")[0]) == (303, "/sign-in"), path
        assert "north" not in answer.text
    for path, fields in CHANGES:
        assert stranger.post(path, fields).status in (303, 403), path
    assert stranger.get(f"/cameras/{NORTH}/C1/frames/{'0' * 64}.jpg").status == 303
    assert node_state(pages.hub, STRANGER) == "pending"


def test_a_viewer_changes_nothing_by_any_route(pages: Pages) -> None:
    vera = pages.visitor("vera")
    batch = pages.visitor("otto").do("retrain", f"{NORTH}/C1").location.removeprefix("/done/")
    for action in BY_NAME:
        answer = vera.do(action, STRANGER, f"{NORTH}/C1", f"{NORTH}/roof east")
        assert answer.status == 403 and "A viewer cannot do this" in answer.text
        assert vera.get(f"/do?action={action}&target={STRANGER}").status == 403
    assert vera.post(f"/undo/{batch}", {"form_token": vera.form_token}).status == 403
    assert vera.get("/people").status == 403
    for method in ("PUT", "DELETE", "PATCH", "POST"):
        for path in (*PAGES, "/users", f"/cameras/{NORTH}"):
            assert vera.ask(method, path).status in (403, 404, 405), (method, path)
    assert node_state(pages.hub, STRANGER) == "pending"
    assert asked(pages.hub) == "asked for by user otto", "as the operator left it"


def test_an_operator_does_not_see_who_may_sign_in(pages: Pages) -> None:
    assert pages.visitor("otto").get("/people").status == 403
    assert "vera" in pages.visitor("anna").get("/people").text


def test_a_form_of_another_site_does_nothing(pages: Pages) -> None:
    otto = pages.visitor("otto")
    fields = {"form_token": otto.form_token, "action": "accept", "target": STRANGER}
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{pages.port}.evil.example", "http://[", None):
        answer = otto.post("/do", fields, origin=origin)
        assert answer.status == 403 and "another site" in answer.text, origin
    assert otto.post("/do", fields, {"Content-Type": "text/plain"}).status == 415
    assert otto.post("/sign-in", {"name": "otto", "password": PASSWORD}, origin="https://evil.example").status == 403
    assert node_state(pages.hub, STRANGER) == "pending"


@pytest.mark.parametrize("token", ["", "0" * 64, "other"])
def test_a_stolen_form_does_nothing(pages: Pages, token: str) -> None:
    otto, anna = pages.visitor("otto"), pages.visitor("anna")
    answer = otto.do("accept", STRANGER, token=anna.form_token if token == "other" else token)
    assert answer.status == 403 and "not of your present sign-in" in answer.text
    assert node_state(pages.hub, STRANGER) == "pending"


def test_a_cookie_that_was_copied_ends_with_the_sign_in(pages: Pages) -> None:
    otto = pages.visitor("otto")
    thief = Visitor(pages.port, dict(otto.cookies))
    assert thief.get("/").status == 200
    out = otto.post("/sign-out", {"form_token": otto.form_token})
    assert out.location == "/sign-in" and "Max-Age=0" in out.headers["set-cookie"]
    assert thief.get("/").status == 303
    assert thief.do("accept", STRANGER, token=otto.form_token).status == 303
    assert node_state(pages.hub, STRANGER) == "pending"


@pytest.mark.parametrize("how", ["removed", "new password", "idle"])
def test_a_sign_in_ends_at_once(pages: Pages, how: str) -> None:
    otto = pages.visitor("otto")
    with pages.hub.database.writing() as session:
        if how == "removed":
            remove_user(session, find_user(session, "otto"))
        elif how == "new password":
            set_password(session, find_user(session, "otto"), "five other words than before")
        else:
            for row in session.scalars(select(SignInRow)):
                row.used = datetime.now(UTC) - IDLE - timedelta(seconds=1)
    assert otto.get("/").status == 303
    assert otto.do("accept", STRANGER).status == 303
    assert node_state(pages.hub, STRANGER) == "pending"


def test_a_role_that_was_taken_away_counts_from_the_next_request_on(pages: Pages) -> None:
    otto = pages.visitor("otto")
    with pages.hub.database.writing() as session:
        find_user(session, "otto").role = "viewer"
    assert otto.do("accept", STRANGER).status == 403


def test_a_made_up_cookie_is_nobodys(pages: Pages) -> None:
    with pages.hub.database.reading() as session:
        kept = [row.token_sha256 for row in session.scalars(select(SignInRow))]
    for value in ("", "0", "a" * 43, "a" * 5000, *kept):
        assert Visitor(pages.port, {"lotwise": value}).get("/").status == 303


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """A try that was used up does not come back while a busy machine looks at the others."""
    monkeypatch.setattr(sign_in_routes, "TRIES_PER_S", 0.001)


@pytest.mark.usefixtures("seldom")
def test_a_thousand_wrong_passwords(pages: Pages) -> None:
    otto = pages.visitor("otto")
    thief = pages.visitor()
    answers = [thief.post("/sign-in", {"name": "otto", "password": f"wrong {one}"}) for one in range(1000)]
    looked_at = [one for one in answers if one.status == 401]
    assert {one.status for one in answers} == {401, 429}
    assert len(looked_at) < 1000 / 2, "most were not even looked at"
    assert int(answers[-1].headers["retry-after"]) >= 1 and "Come again in" in answers[-1].text
    assert thief.sign_in("otto").status == 429, "the right one must wait too"
    assert otto.get("/").status == 200, "who has signed in stays so"


@pytest.mark.usefixtures("seldom")
def test_each_user_is_guarded_from_wherever_it_is_tried(pages: Pages) -> None:
    thief = pages.visitor()
    answers = [thief.sign_in("nobody at all", f"wrong {one}").status for one in range(TRIES_AT_ONCE)]
    assert answers == [401] * TRIES_AT_ONCE
    assert thief.sign_in("another").status == 429, "the address has used up its tries for all users"


def test_who_is_a_user_cannot_be_found_out(pages: Pages) -> None:
    known, unknown = (
        pages.visitor().sign_in("otto", "wrong password"),
        pages.visitor().sign_in("nobody", "wrong password"),
    )
    assert known.status == unknown.status == 401
    assert known.text == unknown.text


def test_a_cookie_is_out_of_reach_of_scripts_and_of_other_sites(pages: Pages, serve_pages) -> None:
    cookie = pages.visitor().sign_in("otto").headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie and "Secure" not in cookie
    proxied = serve_pages("listen: {port: 0, behind_proxy: true}\n")
    cookie = proxied.visitor().sign_in("otto").headers["set-cookie"]
    assert cookie.startswith("__Host-lotwise=") and "Secure" in cookie


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nX: y"])
def test_a_sign_in_leads_nowhere_else(pages: Pages, onward: str) -> None:
    answer = pages.visitor().post("/sign-in", {"name": "otto", "password": PASSWORD, "next": onward})
    assert (answer.status, answer.location) == (303, "/")
    right = pages.visitor().post("/sign-in", {"name": "otto", "password": PASSWORD, "next": "/log?q=a"})
    assert right.location == "/log?q=a"


def test_every_answer_is_guarded(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    otto = pages.visitor("otto")

    def broken(*arguments: object) -> None:
        raise RuntimeError("secret inside")

    answers = [pages.visitor().get("/sign-in"), pages.visitor().get("/"), otto.get("/"), otto.get("/nothing")]
    monkeypatch.setattr("lotwise.hub.pages.fleet_routes.look", broken)
    answers.append(otto.get("/"))
    assert (
        answers[-1].status == 500 and "secret inside" not in answers[-1].text and "Its log says why" in answers[-1].text
    )
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_form_that_is_too_long_or_no_form_is_refused(pages: Pages) -> None:
    otto = pages.visitor("otto")
    assert otto.post("/do", {"form_token": otto.form_token, "target": "x" * 200_000}).status == 413
    many = [("form_token", otto.form_token), *(("target", str(one)) for one in range(2000))]
    assert otto.post("/do", many).status == 400
    given = {"Content-Type": "application/x-www-form-urlencoded", "Origin": pages.url}
    assert otto.ask("POST", "/do", b"action=\xff", given).status in (400, 403)


def test_a_program_reads_and_decides_as_its_role_allows(pages: Pages) -> None:
    with pages.hub.database.writing() as session:
        viewer, operator = add_token(session, "dashboard", "viewer"), add_token(session, "robot", "operator")
    program = pages.visitor()

    def given(token: str) -> dict[str, str]:
        return JSON | {"Authorization": f"Bearer {token}"}

    body = f'{{"action": "accept", "targets": ["{STRANGER}"]}}'.encode()
    cameras = program.get("/api/v1/cameras?verdict=good", given(viewer))
    assert cameras.status == 200 and '"camera":"C1"' in cameras.text and "roof" not in cameras.text
    assert program.ask("POST", "/api/v1/do", body, given(viewer)).status == 403
    assert program.ask("POST", "/api/v1/do", body, given(viewer[:-1])).status == 401
    assert program.get("/api/v1/cameras").status == 401
    assert program.get("/", given(operator)).status == 303, "pages are for people"
    assert pages.visitor("anna").ask("POST", "/api/v1/do", body, JSON).status == 401, "a cookie is no token"
    assert node_state(pages.hub, STRANGER) == "pending"
    assert program.ask("POST", "/api/v1/do", body, given(operator)).status == 200
    assert node_state(pages.hub, STRANGER) == "accepted"
    assert program.ask("POST", "/api/v1/do", body, given(operator)).text == '{"batch":null}', "twice does nothing twice"
    wrong = b'{"action": "remove", "targets": ["x"]}'
    assert program.ask("POST", "/api/v1/do", wrong, given(operator)).status == 422
    with pages.hub.database.writing() as session:
        remove_token(session, "robot")
    assert program.ask("POST", "/api/v1/do", body, given(operator)).status == 401


def test_all_routes_of_the_pages_are_those_that_are_documented(pages: Pages) -> None:
    found = {
        f"{method} {route.path}"  # type: ignore[attr-defined]
        for route in make_pages(pages.hub).routes
        for method in sorted(route.methods)  # type: ignore[attr-defined]
    }
    text = (ROOT / "docs" / "hub-security.md").read_text(encoding="utf-8")
    assert len(found) > 10
    assert [route for route in sorted(found) if f"`{route}`" not in text] == []
    assert isinstance(make_app(pages.hub).routes[-1], Mount), "after all others, so that it takes nothing from nodes"
