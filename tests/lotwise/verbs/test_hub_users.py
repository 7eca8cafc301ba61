"""``lotwise hub user`` and ``lotwise hub token``."""

import io
import json
import sys
from pathlib import Path

import pytest

from lotwise.hub.database.database import open_database
from lotwise.hub.reading import HubFile
from lotwise.hub.users.accounts import find_user
from lotwise.hub.users.passwords import is_right
from lotwise.hub.users.tokens import owner_of
from tests.hub.hub_files import write_hub
from tests.lotwise.running import refused, run

PASSWORD = "four words are better"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubFile:
    monkeypatch.chdir(tmp_path)
    return write_hub(tmp_path)


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_user_is_added_changed_and_removed(
    file: HubFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("hub", "user", "list") == 0
    assert "nobody can sign in yet" in capsys.readouterr().out
    typed(monkeypatch, f"{PASSWORD}\n")
    assert run("hub", "user", "add", "anna", "--role", "admin") == 0
    typed(monkeypatch, f"{PASSWORD} too\n")
    assert run("hub", "user", "password", "anna") == 0
    assert run("hub", "user", "role", "anna", "--role", "operator") == 0
    assert run("hub", "user", "list", "--json", "users.json") == 0
    (anna,) = json.loads(Path("users.json").read_text())
    assert (anna["user"], anna["role"], anna["used"]) == ("anna", "operator", None)
    database = open_database(file)
    with database.reading() as session:
        assert is_right(find_user(session, "anna").password, f"{PASSWORD} too")
    database.close()
    assert run("hub", "user", "remove", "anna") == 0
    assert run("hub", "log", "--json", "log.json") == 0
    actions = [line["action"] for line in json.loads(Path("log.json").read_text())]
    assert actions == ["remove user", "new role", "new password", "add user"]
    assert PASSWORD not in Path("log.json").read_text() + capsys.readouterr().out


def test_a_token_is_shown_once(file: HubFile, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("hub", "token", "add", "dashboard") == 0
    token = capsys.readouterr().out.split()[-1]
    database = open_database(file)
    with database.reading() as session:
        owner = owner_of(session, token)
        assert owner is not None and (owner.name, owner.role) == ("dashboard", "viewer")
    database.close()
    assert run("hub", "token", "list", "--json", "tokens.json") == 0
    assert "dashboard" in Path("tokens.json").read_text()
    assert token not in Path("tokens.json").read_text() + capsys.readouterr().out
    assert run("hub", "token", "remove", "dashboard") == 0


@pytest.mark.parametrize(
    ("words", "given", "why"),
    [
        (("user", "add", "anna"), "short\n", "must have 12 to 200 characters"),
        (("user", "add", "anna"), "", "must have 12 to 200 characters"),  # no input at all
        (("user", "add", "a b"), f"{PASSWORD}\n", "give letters, digits"),
        (("user", "add", "anna", "--role", "root"), f"{PASSWORD}\n", "--role root: give viewer, operator or admin"),
        (("user", "remove", "anna"), "", "no user 'anna'; there are: none yet"),
        (("user", "password", "anna"), "", "no user 'anna'"),
        (("token", "remove", "x"), "", "no token 'x'; there are: none yet"),
    ],
)
def test_mistakes_are_told_in_one_line(
    file: HubFile,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    given: str,
    why: str,
) -> None:
    typed(monkeypatch, given)
    assert why in refused(capsys, "hub", *words)
