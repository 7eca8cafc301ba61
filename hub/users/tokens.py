"""Tokens of programs, such as a dashboard: each is shown once, and its hash is kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.user_tables import Role, TokenRow
from lotwise.hub.users.accounts import checked_name
from lotwise.hub.users.sign_ins import TOKEN_BYTES, token_digest

PREFIX = "lotwise_"
"""Begins every token, so that programs which look for leaked secrets know it."""


def add_token(session: Session, name: str, role: Role, now: datetime | None = None) -> str:
    """Let a program ask.

    Args:
        session: to write with.
        name: of the program, as a user's.
        role: what it may do.
        now: the moment.

    Returns:
        The token, which cannot be shown again.

    Raises:
        InputError: the name cannot be used, or is in use.
    """
    checked_name(name, "token")
    if session.get(TokenRow, name) is not None:
        raise InputError(f"there is a token {name} already; remove it with: lotwise hub token remove {name}")
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    made = now or datetime.now(UTC)
    session.add(TokenRow(name=name, role=role, token_sha256=token_digest(token), created=made, used=None))
    session.flush()
    return token


def tokens_by_name(session: Session) -> Sequence[TokenRow]:
    """All tokens."""
    return session.scalars(select(TokenRow).order_by(TokenRow.name)).all()


def owner_of(session: Session, token: str) -> TokenRow | None:
    """The program that shows a token; None where it is nobody's."""
    return session.scalar(select(TokenRow).where(TokenRow.token_sha256 == token_digest(token)))


def remove_token(session: Session, name: str) -> None:
    """Take a token back.

    Raises:
        InputError: there is none of this name.
    """
    row = session.get(TokenRow, name)
    if row is None:
        there = ", ".join(one.name for one in tokens_by_name(session)) or "none yet"
        raise InputError(f"no token {name!r}; there are: {there}")
    session.delete(row)
