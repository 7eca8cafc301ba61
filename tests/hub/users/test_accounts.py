"""Users are added, changed and removed, on both databases."""

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.database.database import open_database
from lotwise.hub.reading import HubFile
from lotwise.hub.users.accounts import add_user, find_user, may, remove_user, set_password, users_by_name
from lotwise.hub.users.passwords import is_right
from lotwise.hub.users.sign_ins import sign_in, sign_in_of
from lotwise.hub.users.tokens import PREFIX, add_token, owner_of, remove_token

PASSWORD, OTHER = "four words are better", "five words are even better"


def test_a_user_is_added_once(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with database.writing() as session:
        add_user(session, "anna", "operator", PASSWORD)
    with pytest.raises(InputError, match="there is a user anna already"), database.writing() as session:
        add_user(session, "anna", "admin", PASSWORD)
    with database.reading() as session:
        (anna,) = users_by_name(session)
        assert (anna.role, is_right(anna.password, PASSWORD)) == ("operator", True)
        with pytest.raises(InputError, match="no user 'bob'; there are: anna"):
            find_user(session, "bob")
    database.close()


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "ä", "x" * 65, "a\n"])
def test_a_name_that_cannot_be_used_is_refused(any_hub: HubFile, name: str) -> None:
    database = open_database(any_hub)
    with pytest.raises(InputError, match="give letters, digits"), database.writing() as session:
        add_user(session, name, "viewer", PASSWORD)
    database.close()


def test_another_password_or_a_removal_ends_all_sign_ins(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with database.writing() as session:
        anna, bob = (add_user(session, name, "admin", PASSWORD) for name in ("anna", "bob"))
        first, others = sign_in(session, anna), sign_in(session, bob)
    with database.writing() as session:
        set_password(session, find_user(session, "anna"), OTHER)
        assert is_right(find_user(session, "anna").password, OTHER)
    with database.reading() as session:
        assert sign_in_of(session, first) is None
        assert sign_in_of(session, others) is not None
    with database.writing() as session:
        remove_user(session, find_user(session, "bob"))
    with database.reading() as session:
        assert sign_in_of(session, others) is None
    database.close()


def test_a_token_is_a_programs_until_it_is_removed(any_hub: HubFile) -> None:
    database = open_database(any_hub)
    with database.writing() as session:
        token = add_token(session, "dashboard", "viewer")
        with pytest.raises(InputError, match="there is a token dashboard already"):
            add_token(session, "dashboard", "admin")
    assert token.startswith(PREFIX) and len(token) > 50
    with database.writing() as session:
        owner = owner_of(session, token)
        assert owner is not None and owner.name == "dashboard" and token not in owner.token_sha256
        assert owner_of(session, token[:-1]) is None
        remove_token(session, "dashboard")
        assert owner_of(session, token) is None
        with pytest.raises(InputError, match="no token 'dashboard'; there are: none yet"):
            remove_token(session, "dashboard")
    database.close()


def test_each_role_may_do_what_those_below_it_may() -> None:
    assert [may("operator", needed) for needed in ("viewer", "operator", "admin")] == [True, True, False]
