"""A sign-in ends by itself, and its token is kept nowhere."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lotwise.hub.database.database import open_database
from lotwise.hub.database.user_tables import SignInRow
from lotwise.hub.reading import HubFile
from lotwise.hub.users.accounts import add_user, find_user
from lotwise.hub.users.sign_ins import IDLE, LONGEST, note_use, sign_in, sign_in_of, sign_out

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
PASSWORD = "four words are better"
SECOND = timedelta(seconds=1)


@pytest.fixture
def signed_in(any_hub: HubFile):
    database = open_database(any_hub)
    with database.writing() as session:
        token = sign_in(session, add_user(session, "anna", "viewer", PASSWORD), NOON)
    yield database, token
    database.close()


def test_only_a_hash_of_the_token_is_kept(signed_in) -> None:
    database, token = signed_in
    with database.reading() as session:
        (row,) = session.scalars(select(SignInRow)).all()
        assert token not in row.token_sha256
        assert sign_in_of(session, row.token_sha256, NOON) is None, "whoever reads the table cannot sign in with it"
        found = sign_in_of(session, token, NOON)
        assert found is not None and found[1].name == "anna"


def test_it_ends_where_it_is_not_used(signed_in) -> None:
    database, token = signed_in
    with database.writing() as session:
        assert sign_in_of(session, token, NOON + IDLE) is not None
        assert sign_in_of(session, token, NOON + IDLE + SECOND) is None
        note_use(session, token, NOON + IDLE)
        assert sign_in_of(session, token, NOON + IDLE + SECOND) is not None


def test_it_ends_however_often_it_is_used(signed_in) -> None:
    database, token = signed_in
    with database.writing() as session:
        note_use(session, token, NOON + LONGEST)
        assert sign_in_of(session, token, NOON + LONGEST) is not None
        assert sign_in_of(session, token, NOON + LONGEST + SECOND) is None


def test_it_ends_where_the_user_signs_out(signed_in) -> None:
    database, token = signed_in
    with database.writing() as session:
        sign_out(session, token)
        sign_out(session, token)
        assert sign_in_of(session, token, NOON) is None


def test_those_that_have_ended_are_forgotten(signed_in) -> None:
    database, _ = signed_in
    with database.writing() as session:
        sign_in(session, find_user(session, "anna"), NOON + LONGEST + SECOND)
        assert len(session.scalars(select(SignInRow)).all()) == 1
