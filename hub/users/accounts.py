"""Users: added, found, changed and removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.user_tables import ROLES, Role, SignInRow, UserRow
from lotwise.hub.users.passwords import check_password, hash_password

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


def users_by_name(session: Session) -> Sequence[UserRow]:
    """All users."""
    return session.scalars(select(UserRow).order_by(UserRow.name)).all()


def user_of(session: Session, name: str) -> UserRow | None:
    """A user by name."""
    return session.get(UserRow, name)


def find_user(session: Session, name: str) -> UserRow:
    """A user that somebody names.

    Raises:
        InputError: there is none of this name.
    """
    found = user_of(session, name)
    if found is None:
        there = ", ".join(one.name for one in users_by_name(session)) or "none yet"
        raise InputError(f"no user {name!r}; there are: {there}")
    return found


def add_user(session: Session, name: str, role: Role, password: str, now: datetime | None = None) -> UserRow:
    """Let somebody sign in.

    Args:
        session: to write with.
        name: letters, digits, ``_ . @`` and ``-``.
        role: what the user may do.
        password: as the user types it.
        now: the moment.

    Raises:
        InputError: name or password cannot be used, or there is such a user.
    """
    checked_name(name, "user")
    if user_of(session, name) is not None:
        raise InputError(f"there is a user {name} already; change it with: lotwise hub user password {name}")
    check_password(password, name)
    row = UserRow(name=name, role=role, password=hash_password(password), created=now or datetime.now(UTC), seen=None)
    session.add(row)
    session.flush()
    return row


def set_password(session: Session, user: UserRow, password: str) -> None:
    """Give a user another password, and sign the user out everywhere.

    Raises:
        InputError: it cannot be used.
    """
    check_password(password, user.name)
    user.password = hash_password(password)
    _sign_out_everywhere(session, user)


def lock_user(session: Session, user: UserRow) -> None:
    """Let somebody sign in no more until :func:`unlock_user`, and sign the user out everywhere."""
    user.locked = True
    _sign_out_everywhere(session, user)


def unlock_user(session: Session, user: UserRow) -> None:
    """Let somebody sign in again, with the same password."""
    user.locked = False


def remove_user(session: Session, user: UserRow) -> None:
    """Let somebody sign in no more, from this moment on."""
    session.delete(user)


def may(role: Role, needed: Role) -> bool:
    """Whether a role may do what another one is needed for.

    >>> may("admin", "operator"), may("viewer", "operator")
    (True, False)
    """
    return ROLES.index(role) >= ROLES.index(needed)


def checked_name(name: str, what: str) -> str:
    """The name itself.

    Raises:
        InputError: it cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise InputError(f"{what} {name[:80]!r}: give letters, digits, _ . @ and -, 64 of them at most")
    return name


def _sign_out_everywhere(session: Session, user: UserRow) -> None:
    session.execute(delete(SignInRow).where(SignInRow.user_name == user.name))
