"""Sign-ins: a browser shows a random token, of which the hub keeps the hash alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from lotwise.hub.database.user_tables import SignInRow, UserRow

IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)
"""A sign-in ends so long after its last request, and so long after its first one."""
NOTED_EVERY = timedelta(minutes=1)
"""Its last request is noted so often at most: each note is a write of the database."""
TOKEN_BYTES = 32


def sign_in(session: Session, user: UserRow, now: datetime | None = None) -> str:
    """Begin a sign-in, and forget those that have ended.

    Args:
        session: to write with.
        user: whose password was right.
        now: the moment.

    Returns:
        The token that the browser shows from now on.
    """
    moment = now or datetime.now(UTC)
    session.execute(delete(SignInRow).where(or_(SignInRow.used < moment - IDLE, SignInRow.started < moment - LONGEST)))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(SignInRow(token_sha256=token_digest(token), user_name=user.name, started=moment, used=moment))
    user.seen = moment
    return token


def sign_in_of(session: Session, token: str, now: datetime | None = None) -> tuple[SignInRow, UserRow] | None:
    """The sign-in of a token, and its user as the user is now; None where it has ended or the user is locked."""
    moment = now or datetime.now(UTC)
    row = session.get(SignInRow, token_digest(token))
    if row is None or row.used < moment - IDLE or row.started < moment - LONGEST:
        return None
    user = session.get(UserRow, row.user_name)
    return None if user is None or user.locked else (row, user)


def note_use(session: Session, token: str, now: datetime | None = None) -> None:
    """Note that a sign-in is used at this moment."""
    row = session.get(SignInRow, token_digest(token))
    if row is not None:
        row.used = now or datetime.now(UTC)


def sign_out(session: Session, token: str) -> None:
    """End a sign-in; nothing happens where it has ended."""
    session.execute(delete(SignInRow).where(SignInRow.token_sha256 == token_digest(token)))


def token_digest(token: str) -> str:
    """What is kept of a token, hex. It is random and long, so that a plain hash cannot be guessed backwards."""
    return hashlib.sha256(token.encode()).hexdigest()
