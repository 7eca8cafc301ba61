"""Passwords: what is kept of them, and whether one is right."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lotwise.datasets.errors import InputError

MIN_CHARACTERS, MAX_CHARACTERS = 12, 200
MIN_DIFFERENT = 5
"""Different characters that a password has at least."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Argon2id with 19 MiB, two passes and one thread, as OWASP's cheat sheet on storing passwords has it: eight sign-ins
at once take 150 MB."""


def check_password(password: str, name: str) -> None:
    """Find a new password good enough.

    Args:
        password: to be kept.
        name: of its user.

    Raises:
        InputError: it is too short, too long, of too few characters, or the user's name.
    """
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise InputError(f"the password must have {MIN_CHARACTERS} to {MAX_CHARACTERS} characters; give another one")
    if len(set(password)) < MIN_DIFFERENT or name.lower() == password.lower():
        raise InputError("the password is too easy to guess; give another one, for instance four words")


def hash_password(password: str) -> str:
    """What is kept of a password: its Argon2id hash, with salt and parameters."""
    return _HASHER.hash(password)


def is_right(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept.

    Args:
        kept: of :func:`hash_password`; None where there is no such user, which takes as long to find out.
        password: as it was typed.
    """
    try:
        return _HASHER.verify(kept or _nobodys(), password[: MAX_CHARACTERS + 1]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return hash_password(secrets.token_hex())
