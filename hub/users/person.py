"""Whoever asks, as the hub has found: a user in a browser, or a program with a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from lotwise.hub.database.database import Database
from lotwise.hub.database.user_tables import Role
from lotwise.hub.users.sign_ins import NOTED_EVERY, note_use, sign_in_of, token_digest
from lotwise.hub.users.tokens import owner_of


@dataclass(frozen=True)
class Person:
    """A user or a program.

    Attributes:
        name: of it.
        role: what it may do, as of this moment.
        who: how the audit log names it.
        form_token: what every form of this sign-in must carry; empty for programs, which send no forms.
    """

    name: str
    role: Role
    who: str
    form_token: str = field(default="", repr=False)


def user_of_sign_in(database: Database, token: str, now: datetime | None = None) -> Person | None:
    """The user of a browser; None where the sign-in has ended, or never was."""
    moment = now or datetime.now(UTC)
    with database.reading() as session:
        found = sign_in_of(session, token, moment)
    if found is None:
        return None
    row, user = found
    if moment - row.used >= NOTED_EVERY:
        with database.writing() as session:
            note_use(session, token, moment)
    return Person(user.name, user.role, f"user {user.name}", form_token(token))


def program_of_token(database: Database, token: str, now: datetime | None = None) -> Person | None:
    """The program that shows a token; None where it is nobody's."""
    moment = now or datetime.now(UTC)
    with database.reading() as session:
        row = owner_of(session, token)
    if row is None:
        return None
    if row.used is None or moment - row.used >= NOTED_EVERY:
        with database.writing() as session:
            if (known := owner_of(session, token)) is not None:
                known.used = moment
    return Person(row.name, row.role, f"program {row.name}")


def form_token(sign_in_token: str) -> str:
    """What forms of a sign-in carry. A page of another site cannot read the cookie from which it is made."""
    return token_digest(f"form {sign_in_token}")
